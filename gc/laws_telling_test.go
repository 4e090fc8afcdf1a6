package gc_test

import (
	"fmt"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
)

func explainChangesNothing(s story) error {
	plain, telling := s.build(), s.build(gc.Explain())
	a, b := gc.MakePlan(plain, gc.WhatIf{}), gc.MakePlan(telling, gc.WhatIf{})
	if !slices.Equal(a.Removed, b.Removed) || a.KeptBytes != b.KeptBytes {
		return fmt.Errorf("%v and %v", a.Removed, b.Removed)
	}
	return nil
}

// orderShowsNowhere tells a story forwards and backwards: IDs differ, answers don't.
func orderShowsNowhere(s story) error {
	// Only the last weight of an object counts.
	var forwards story
	defined := make(map[int]bool)
	for _, say := range s {
		if say.verb == define && defined[say.from] {
			continue
		}
		defined[say.from] = defined[say.from] || say.verb == define
		forwards = append(forwards, say)
	}
	backwards := slices.Clone(forwards)
	slices.Reverse(backwards)
	there, back := answers(forwards.build(gc.Explain())), answers(backwards.build(gc.Explain()))
	for i := range there {
		if there[i] != back[i] {
			return fmt.Errorf("told forwards:\n%s\nand backwards:\n%s", there[i], back[i])
		}
	}
	return nil
}

// answers prints all that a graph says, by names alone.
func answers(g *gc.Graph) []string {
	var list []string
	say := func(what any) { list = append(list, fmt.Sprintf("%+v", what)) }

	p := gc.MakePlan(g, gc.WhatIf{})
	say(nodesOf(g, p.Removed))
	say([]any{p.RemovedCount, p.KeptCount, p.RemovedBytes, p.KeptBytes})
	say(p.Marks().Usage())
	for _, r := range g.Roots() {
		say([]any{g.Node(r.ID), r.Flat, r.Reasons})
	}
	tree := gc.Dominators(g)
	for _, h := range tree.Top(0) {
		node := g.Node(h.ID)
		h.ID = 0
		say([]any{node, h})
	}
	edges := func(list []gc.Edge) {
		for _, e := range list {
			say([]any{g.Node(e.From), e.FromFlat, g.Node(e.To), e.ToFlat, e.Reason})
		}
	}
	for n := range 16 {
		id, ok := g.Lookup(nodeOf(n))
		if !ok {
			continue
		}
		x := gc.Why(g, id, gc.Limits{Chains: 3, Roots: 2})
		say([]any{nodeOf(n), x.Exists, x.Kept, x.Misses, x.Count, x.RootCount, nodesOf(g, x.Roots)})
		for _, c := range x.Chains {
			for _, step := range c {
				say([]any{g.Node(step.ID), step.Flat, step.Missed, step.Reasons})
			}
		}
		edges(x.Referrers)
		edges(x.Astray)
		say(nodesOf(g, tree.Alone(id)))
	}
	return list
}
