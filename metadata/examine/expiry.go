package examine

import (
	"cmp"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/graph"
)

// An Expiry is a time at which leases, images or ingests expire, with the part that a collection could then remove in
// addition. Nothing is removed at that time: the next collection does it, and containerd's scheduler does not start a
// collection for an expiry.
type Expiry struct {
	At time.Time `json:"at"`

	// Nodes are the objects that expire, sorted.
	Nodes []string `json:"nodes"`

	// Freed is the part that a collection after this expiry removes and a collection before it does not: the expired
	// objects, and all objects that only they kept. It is not known ([Part.Known]) if one of Nodes is in a namespace of
	// which records are lost.
	Freed Part `json:"freed"`
}

// A Difference compares the plans before and after an event, such as a deletion.
type Difference struct {
	// Removed are the nodes that only the later plan removes, sorted. It does not contain objects that the event itself
	// deletes.
	Removed []string `json:"removed"`

	// Freed is the size of these objects and of the deleted objects. It is not known ([Part.Known]) if an object is
	// deleted in a namespace of which records are lost.
	Freed Part `json:"freed"`
}

// expiriesMax is the maximum number of expiries that are evaluated one by one.
const expiriesMax = 20

// expiries returns the times after the collection at which objects expire, in ascending order. It omits times after
// until, unless until is zero.
func (d *Database) expiries(until time.Time) []Expiry {
	at := map[time.Time][]string{}
	for n, t := range graph.Expiries(d.frozen, d.version) {
		if t = t.UTC(); !t.Before(d.options.At) && (until.IsZero() || !t.After(until)) {
			at[t] = append(at[t], metadata.NodeName(n))
		}
	}
	list := make([]Expiry, 0, len(at))
	for t, nodes := range at {
		slices.Sort(nodes)
		list = append(list, Expiry{At: t, Nodes: nodes})
	}
	slices.SortFunc(list, func(a, b Expiry) int { return a.At.Compare(b.At) })
	return list
}

// evaluate sets Freed of each expiry. before is the plan before the first of them.
func (d *Database) evaluate(list []Expiry, before *gc.Plan, delete []string) error {
	for i := range list {
		after, err := d.plan(d.version, list[i].At.Add(1), delete)
		if err != nil {
			return err
		}
		list[i].Freed = d.change(before, after).Freed
		if d.lacksAny(list[i].Nodes) {
			list[i].Freed = unknownPart
		}
		before = after
	}
	return nil
}

// plan plans a collection by a version of containerd at a time, after a hypothetical deletion.
func (d *Database) plan(v metadata.Version, at time.Time, delete []string) (*gc.Plan, error) {
	o := d.graphOptions(v, false)
	o.Now = at
	return graph.Plan(d.frozen, o, func(g *gc.Graph) (w gc.WhatIf, err error) {
		w.Delete, err = deletion(g, delete)
		w.Root = d.withheldObjects(g)
		return w, err
	})
}

// change returns the difference between two plans of the same objects.
func (d *Database) change(before, after *gc.Plan) Difference {
	c := Difference{Removed: []string{}, Freed: Part{Bytes: after.RemovedBytes - before.RemovedBytes}}
	g, old := after.Marks().Graph(), before.Marks()
	for id := range gc.ID(g.Len()) {
		if after.Marks().Kept(id) || !g.Exists(id) {
			continue
		}
		was, ok := old.Graph().Lookup(g.Node(id))
		if !ok || !old.Kept(was) {
			continue
		}
		c.Freed.Objects++
		c.Freed.UnsizedSnapshots += d.unsized(g, []gc.ID{id})
		if after.Marks().Exists(id) {
			c.Removed = append(c.Removed, metadata.NodeName(g.Node(id)))
		}
	}
	slices.SortFunc(c.Removed, cmp.Compare)
	return c
}
