package examine

import (
	"cmp"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// An Expiry is a time at which leases, images or uploads stop to hold anything, and what that alone frees. Nothing
// happens by itself at that time: the next collection frees it, and containerd's scheduler starts none because of it.
type Expiry struct {
	At time.Time `json:"at"`

	// Nodes are the objects that expire, sorted.
	Nodes []string `json:"nodes"`

	// Freed is the part that a collection after this expiry removes and one before it does not: the expired objects, and
	// all that only they kept.
	Freed Part `json:"freed"`
}

// A Difference is the difference that an event makes to a plan.
type Difference struct {
	// Removed are the nodes that the collection removes because of the event, sorted. Objects that the event itself
	// deletes are not among them.
	Removed []string `json:"removed"`

	// Freed counts these objects and the deleted ones.
	Freed Part `json:"freed"`
}

// expiriesMax bounds the expiries that are evaluated one by one.
const expiriesMax = 20

// expiries returns the times at which something expires, after the time of the collection and at most until a time, in
// ascending order. A zero until means no bound.
func (d *Database) expiries(until time.Time) []Expiry {
	at := map[time.Time][]string{}
	for n, t := range metadata.Expiries(d.frozen, d.version) {
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

// evaluate fills in what each expiry of a list frees. before is the plan without any of them.
func (d *Database) evaluate(list []Expiry, before *gc.Plan, delete []string) error {
	for i := range list {
		after, err := d.plan(d.version, list[i].At.Add(1), delete)
		if err != nil {
			return err
		}
		list[i].Freed = d.change(before, after).Freed
		before = after
	}
	return nil
}

// plan plans a collection by a version of containerd at a time, after a deletion.
func (d *Database) plan(v metadata.Version, at time.Time, delete []string) (*gc.Plan, error) {
	o := d.graphOptions(v, false)
	o.Now = at
	return metadata.Plan(d.frozen, o, func(g *gc.Graph) (w gc.WhatIf, err error) {
		w.Delete, err = deletion(g, delete)
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
