package generate

import (
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/leanovate/gopter"

	"github.com/holdfast-gc/holdfast/engine/op"
)

// A Lease is a lease with its resources.
type Lease struct {
	op.LeasesCreateArgs
	Resources []leases.Resource
}

// Leases draws a set of leases that hold some of the resources. Leases may overlap, be empty, be flat, or expire.
func (c Chance) Leases(resources []leases.Resource) (all []Lease) {
	for i := range c.UpTo(4) {
		l := Lease{LeasesCreateArgs: op.LeasesCreateArgs{ID: letter(len(letters) - 1 - i), Labels: map[string]string{}}}
		if c.OneIn(3) {
			l.Labels[Prefix+"flat"] = "x"
		}
		if c.OneIn(2) {
			l.Labels[Prefix+"expire"] = timeValue(c, Start)
		}
		for _, r := range resources {
			if c.OneIn(3) {
				l.Resources = append(l.Resources, r)
			}
		}
		all = append(all, l)
	}
	return all
}

// LeaseSets generates sets of leases over the hottest blobs and snapshots. They shrink to fewer leases.
func LeaseSets() gopter.Gen {
	return Of(func(c Chance) []Lease { return c.Leases(hottest) }, func(all []Lease) (fewer [][]Lease) {
		for i := range all {
			fewer = append(fewer, append(append([]Lease(nil), all[:i]...), all[i+1:]...))
		}
		return fewer
	})
}

var hottest = []leases.Resource{
	{Type: "content", ID: DigestOf("a").String()}, {Type: "content", ID: DigestOf("b").String()},
	{Type: "snapshots/s", ID: "u"}, {Type: "snapshots/s", ID: "v"}, {Type: "images", ID: "i"}, {Type: "ingests", ID: "r"},
}

// LeaseHistories generates histories that make a graph held by leases alone. Then time passes, garbage is collected,
// and leases are deleted, in turns.
func LeaseHistories(sorts Sort) gopter.Gen {
	return HistoriesOf(func(c Chance) History {
		g := c.Graph()
		var resources []leases.Resource
		for i := range g.Nodes {
			g.Nodes[i].Held = nil
			switch name := letter(i); g.Nodes[i].Kind {
			case KindContent:
				resources = append(resources, leases.Resource{Type: "content", ID: DigestOf(name).String()})
			case KindSnapshot:
				resources = append(resources, leases.Resource{Type: "snapshots/s", ID: name})
			}
		}
		b := builder{h: g.History(NewSetup())}
		set := c.Leases(resources)
		for _, l := range set {
			b.add("a", op.LeasesCreate, l.LeasesCreateArgs)
			for _, r := range l.Resources {
				b.add("a", op.LeasesAddResource, op.LeaseResource{ID: l.ID, Resource: r})
			}
		}
		for _, l := range set {
			if sorts&Time != 0 && c.OneIn(2) {
				b.add("", op.ClockAdvance, op.ClockAdvanceArgs{By: Pick(c, spans...)})
			}
			b.add("", op.Collect, nil)
			b.add("a", op.LeasesDelete, op.LeasesDeleteArgs{ID: l.ID})
		}
		return b.h
	})
}
