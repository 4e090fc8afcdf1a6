package gc_test

import (
	"fmt"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
)

func retainsWhatDeletingFrees(s script) error {
	g := s.build()
	before := gc.MakePlan(g, gc.WhatIf{})
	tree := gc.Dominators(g)
	for id := range gc.ID(g.Len()) {
		var want gc.Holding
		var alone []gc.ID
		if before.Marks().Kept(id) {
			after := gc.MakePlan(g, gc.WhatIf{Delete: []gc.ID{id}})
			want.Retained = after.RemovedBytes - before.RemovedBytes
			for other := range gc.ID(g.Len()) {
				if before.Marks().Kept(other) && !after.Marks().Kept(other) {
					alone = append(alone, other)
				}
			}
			slices.SortFunc(alone, func(a, b gc.ID) int { return gc.Compare(g.Node(a), g.Node(b)) })
			want.RetainedObjects = len(alone)
		}
		got := tree.Holding(id)
		if got.Retained != want.Retained || tree.Retained(id) != want.Retained || got.RetainedObjects != want.RetainedObjects {
			return fmt.Errorf("%v retains %+v and %d, want %+v", g.Node(id), got, tree.Retained(id), want)
		}
		if !slices.Equal(tree.Alone(id), alone) {
			return fmt.Errorf("%v alone keeps %v, want %v", g.Node(id), nodesOf(g, tree.Alone(id)), nodesOf(g, alone))
		}
		if got.Shared < 0 || got.SharedObjects < 0 {
			return fmt.Errorf("%v: %+v", g.Node(id), got)
		}
	}
	top := tree.Top(0)
	if !slices.IsSortedFunc(top, func(a, b gc.Holding) int { return int(b.Retained - a.Retained) }) {
		return fmt.Errorf("top is not sorted: %v", top)
	}
	return nil
}

// dominatorsAreUnavoidable removes the dominator with its edges and name: the dominated object must become unreachable.
// Objects that are not dominators must not do that.
func dominatorsAreUnavoidable(s script) error {
	g := s.build()
	tree := gc.Dominators(g)
	for id := range gc.ID(g.Len()) {
		above := make(map[gc.ID]bool)
		for d, ok := tree.Dominator(id); ok; d, ok = tree.Dominator(d) {
			if above[d] {
				return fmt.Errorf("%v dominates itself", g.Node(d))
			}
			above[d] = true
		}
		for d := range above {
			cut := slices.DeleteFunc(slices.Clone(s), func(c call) bool { return nodeOf(c.from) == g.Node(d) })
			if cut.reached()[g.Node(id)] {
				return fmt.Errorf("%v dominates %v, which stays without it", g.Node(d), g.Node(id))
			}
		}
	}
	return nil
}
