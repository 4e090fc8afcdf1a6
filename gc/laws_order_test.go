package gc_test

import (
	"fmt"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
)

func explainChangesNoPlan(s script) error {
	plain, explaining := s.build(), s.build(gc.Explain())
	a, b := gc.MakePlan(plain, gc.WhatIf{}), gc.MakePlan(explaining, gc.WhatIf{})
	if !slices.Equal(a.Removed, b.Removed) || a.KeptBytes != b.KeptBytes {
		return fmt.Errorf("%v and %v", a.Removed, b.Removed)
	}
	return nil
}

// orderDoesNotMatter builds a script forwards and backwards: the IDs differ, but all results agree.
func orderDoesNotMatter(s script) error {
	// Only the last weight of an object counts.
	var forwards script
	defined := make(map[int]bool)
	for _, c := range s {
		if c.verb == define && defined[c.from] {
			continue
		}
		defined[c.from] = defined[c.from] || c.verb == define
		forwards = append(forwards, c)
	}
	backwards := slices.Clone(forwards)
	slices.Reverse(backwards)
	there, back := answers(forwards.build(gc.Explain())), answers(backwards.build(gc.Explain()))
	for i := range there {
		if there[i] != back[i] {
			return fmt.Errorf("built forwards:\n%s\nbuilt backwards:\n%s", there[i], back[i])
		}
	}
	return nil
}

// answers prints all results about a graph with names instead of IDs.
func answers(g *gc.Graph) []string {
	var list []string
	add := func(result any) { list = append(list, fmt.Sprintf("%+v", result)) }

	p := gc.MakePlan(g, gc.WhatIf{})
	add(nodesOf(g, p.Removed))
	add([]any{p.RemovedCount, p.KeptCount, p.RemovedBytes, p.KeptBytes})
	add(p.Marks().Usage())
	for _, r := range g.Roots() {
		add([]any{g.Node(r.ID), r.Flat, r.Reasons})
	}
	tree := gc.Dominators(g)
	for _, h := range tree.Top(0) {
		node := g.Node(h.ID)
		h.ID = 0
		add([]any{node, h})
	}
	edges := func(list []gc.Edge) {
		for _, e := range list {
			add([]any{g.Node(e.From), e.FromFlat, g.Node(e.To), e.ToFlat, e.Reason})
		}
	}
	for n := range 16 {
		id, ok := g.Lookup(nodeOf(n))
		if !ok {
			continue
		}
		x := gc.Why(g, id, gc.Limits{Chains: 3, Roots: 2})
		add([]any{nodeOf(n), x.Exists, x.Kept, x.Misses, x.Count, x.RootCount, nodesOf(g, x.Roots)})
		for _, c := range x.Chains {
			for _, step := range c {
				add([]any{g.Node(step.ID), step.Flat, step.Missed, step.Reasons})
			}
		}
		edges(x.Referrers)
		edges(x.Astray)
		add(nodesOf(g, tree.Alone(id)))
	}
	return list
}
