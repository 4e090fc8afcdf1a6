package metadata

import (
	"context"
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/log"
)

// A backReferrer is a CollectionContext whose active resources can attach themselves to other objects: bref says
// that its first node keeps its second.
type backReferrer interface {
	ActiveWithBackRefs(namespace string, fn func(gc.Node), bref func(gc.Node, gc.Node))
}

// A forwardReferrer is a CollectionContext whose resources keep other objects. It is asked about a resource only
// once that is known to stay, so that it never has to list all it knows.
type forwardReferrer interface {
	References(ctx context.Context, n gc.Node, fn func(gc.Node))
}

// collecting is the part that registered collectors take in one collection, in the order of their resource types.
type collecting []collectorPart

type collectorPart struct {
	resource ResourceType
	label    string // of references to the resource; "" for none
	context  CollectionContext
	all      []gc.Node
}

// startCollecting starts a collection with every collector. One that fails to start has no part in it: its resources
// are left alone.
func startCollecting(ctx context.Context, collectors map[ResourceType]Collector) collecting {
	var c collecting
	for _, t := range slices.Sorted(maps.Keys(collectors)) {
		context, err := collectors[t].StartCollection(ctx)
		if err != nil {
			log.G(ctx).WithError(err).WithField("type", t).Debug("collector left out")
			continue
		}
		c = append(c, collectorPart{resource: t, label: collectors[t].ReferenceLabel(), context: context})
	}
	return c
}

// define adds the collectors' resources, and the labels that refer to them, to a scan before it begins.
func (c collecting) define(s *scan) {
	for i := range c {
		p := &c[i]
		if p.label != "" {
			s.rules = append(s.rules, collectorRule(p.label, p.resource))
		}
		p.context.All(func(n gc.Node) {
			if n.Type >= resourceEnd { // it has no say in what the database stores
				s.Define(s.Intern(n), 0)
				p.all = append(p.all, n)
			}
		})
	}
}

// leased adds what the collectors know a live lease to hold.
func (c collecting) leased(s *scan, lease object) {
	for _, p := range c {
		p.context.Leased(s.namespace, lease.name, func(n gc.Node) {
			s.Edge(lease.id, s.Intern(n), gc.Reason{Rule: RuleCollector})
		})
	}
}

// active adds what the collectors hold by themselves in the namespace being scanned.
func (c collecting) active(s *scan) {
	reason := gc.Reason{Rule: RuleCollector}
	root := func(n gc.Node) { s.Root(s.Intern(n), reason) }
	for _, p := range c {
		if b, ok := p.context.(backReferrer); ok {
			b.ActiveWithBackRefs(s.namespace, root, func(from, to gc.Node) {
				s.BackEdge(s.Intern(from), s.Intern(to), reason)
			})
		} else {
			p.context.Active(s.namespace, root)
		}
	}
}

// follow returns what asks the collectors, while marking, what their resources keep; nil if none of them can be
// asked.
func (c collecting) follow(ctx context.Context) func(n gc.Node, keep func(gc.Node)) {
	referrers := map[ResourceType]forwardReferrer{}
	for _, p := range c {
		if r, ok := p.context.(forwardReferrer); ok {
			referrers[p.resource] = r
		}
	}
	if len(referrers) == 0 {
		return nil
	}
	return func(n gc.Node, keep func(gc.Node)) {
		if r, ok := referrers[n.Type]; ok {
			r.References(ctx, n, keep)
		}
	}
}

// sweep tells the collectors which of their resources are garbage.
func (c collecting) sweep(m *gc.Marks) {
	owner := map[ResourceType]CollectionContext{}
	for _, p := range c {
		owner[p.resource] = p.context
	}
	for _, p := range c {
		for _, n := range p.all {
			if id, _ := m.Graph().Lookup(n); !m.Reached(id) && owner[n.Type] != nil {
				owner[n.Type].Remove(n)
			}
		}
	}
}

func (c collecting) cancel(ctx context.Context) {
	for _, p := range c {
		if err := p.context.Cancel(); err != nil {
			log.G(ctx).WithError(err).WithField("type", p.resource).Error("collector failed to cancel")
		}
	}
}

func (c collecting) finish(ctx context.Context) {
	for _, p := range c {
		if err := p.context.Finish(); err != nil {
			log.G(ctx).WithError(err).WithField("type", p.resource).Error("collector failed to finish")
		}
	}
}
