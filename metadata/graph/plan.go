package graph

import (
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
)

// Plan returns the objects that a collection of the database would remove. It changes nothing. The function w, if not
// nil, returns a hypothetical change of the graph, such as the deletion of an image. Plan applies it first.
//
// If the change has no function Follow, Follow of the Collectors takes its place.
//
// Plan fails if a collection by the daemon would fail. Errors of w are returned unchanged.
func Plan(db memkv.Frozen, o Options, w func(*gc.Graph) (gc.WhatIf, error)) (*gc.Plan, error) {
	s, b := newScan(db, o)
	if err := s.database(); err != nil {
		return nil, err
	}
	g := s.finish(b)
	var what gc.WhatIf
	if w != nil {
		var err error
		if what, err = w(g); err != nil {
			return nil, err
		}
	}
	if o.Collectors != nil && what.Follow == nil {
		what.Follow = o.Collectors.Follow
	}
	p := gc.MakePlan(g, what)
	return p, s.checkLost(g, p.Marks())
}

// Collect removes the unreachable objects from the database and returns them, as [Plan] does. Like the daemon, it
// removes only the records of these objects. References to them in other records stay, and so do empty buckets. The
// caller commits tx or rolls it back.
func Collect(tx *memkv.Tx, o Options) (*gc.Plan, error) {
	p, err := Plan(tx.Freeze(), o, nil)
	if err != nil {
		return nil, err
	}
	return p, Delete(tx, Removed(p))
}

// Removed returns the objects that a plan removes, in node order.
func Removed(p *gc.Plan) []gc.Node {
	var nodes []gc.Node
	for _, id := range p.Removed {
		nodes = append(nodes, p.Marks().Graph().Node(id))
	}
	return nodes
}
