package metadata

import (
	"context"
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/log"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// collectorContexts are the contexts of all registered collectors in one collection, in the order of their resource
// types.
type collectorContexts []collectorContext

type collectorContext struct {
	resource ResourceType
	label    string // of references to the resource; "" for none
	context  CollectionContext
	all      []gc.Node
}

// startCollectors starts a collection with every collector. It skips collectors that fail to start, and their resources
// stay.
func startCollectors(ctx context.Context, collectors map[ResourceType]Collector) collectorContexts {
	var c collectorContexts
	for _, t := range slices.Sorted(maps.Keys(collectors)) {
		context, err := collectors[t].StartCollection(ctx)
		if err != nil {
			log.G(ctx).WithError(err).WithField("type", t).Debug("collector left out")
			continue
		}
		c = append(c, collectorContext{resource: t, label: collectors[t].ReferenceLabel(), context: context})
	}
	return c
}

// resources returns the collectors' resources and references for one scan, or nil without collectors.
func (c collectorContexts) resources(ctx context.Context) *graph.Collectors {
	if len(c) == 0 {
		return nil
	}
	g := &graph.Collectors{Leased: c.leased, Active: c.active, Follow: c.follow(ctx)}
	for i := range c {
		p := &c[i]
		if p.label != "" {
			g.Rules = append(g.Rules, rules.OfCollector(p.label, p.resource))
		}
		p.context.All(func(n gc.Node) {
			if n.Type >= rules.ResourceEnd { // a collector cannot define nodes of the database
				p.all = append(p.all, n)
			}
		})
		g.Nodes = append(g.Nodes, p.all...)
	}
	return g
}

// leased calls hold with the resources that a lease holds according to the collectors.
func (c collectorContexts) leased(namespace, lease string, hold func(gc.Node)) {
	for _, p := range c {
		p.context.Leased(namespace, lease, hold)
	}
}

// active calls root with the collectors' roots in a namespace, and refer with their back references.
func (c collectorContexts) active(namespace string, root func(gc.Node), refer func(from, to gc.Node)) {
	for _, p := range c {
		if b, ok := p.context.(BackReferrer); ok {
			b.ActiveWithBackRefs(namespace, root, refer)
		} else {
			p.context.Active(namespace, root)
		}
	}
}

// follow returns the function that lists the references of a collector's resource during marking, or nil if no
// collector is a [ForwardReferrer].
func (c collectorContexts) follow(ctx context.Context) func(n gc.Node, keep func(gc.Node)) {
	referrers := map[ResourceType]ForwardReferrer{}
	for _, p := range c {
		if r, ok := p.context.(ForwardReferrer); ok {
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

// sweep removes unreachable resources from their collectors. It returns all unreachable resources.
func (c collectorContexts) sweep(reached func(gc.Node) bool) (unreachable []gc.Node) {
	owner := map[ResourceType]CollectionContext{}
	for _, p := range c {
		owner[p.resource] = p.context
	}
	for _, p := range c {
		for _, n := range p.all {
			if reached(n) {
				continue
			}
			unreachable = append(unreachable, n)
			if owner[n.Type] != nil {
				owner[n.Type].Remove(n)
			}
		}
	}
	return unreachable
}

// collectorRules returns the rules of the labels by which records refer to the resources of collectors.
func collectorRules(collectors map[ResourceType]Collector) (all []rules.Rule) {
	for _, t := range slices.Sorted(maps.Keys(collectors)) {
		if label := collectors[t].ReferenceLabel(); label != "" {
			all = append(all, rules.OfCollector(label, t))
		}
	}
	return all
}

func (c collectorContexts) cancel(ctx context.Context) {
	for _, p := range c {
		if err := p.context.Cancel(); err != nil {
			log.G(ctx).WithError(err).WithField("type", p.resource).Error("collector failed to cancel")
		}
	}
}

func (c collectorContexts) finish(ctx context.Context) {
	for _, p := range c {
		if err := p.context.Finish(); err != nil {
			log.G(ctx).WithError(err).WithField("type", p.resource).Error("collector failed to finish")
		}
	}
}
