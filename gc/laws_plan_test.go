package gc_test

import (
	"fmt"
	"reflect"
	"slices"

	containerd "github.com/containerd/containerd/v2/pkg/gc"

	"github.com/holdfast-gc/holdfast/gc"
)

// flatBit is containerd's mark of a flat visit; Tricolor removes it.
const flatBit = gc.ResourceType(0x20)

func marksAsContainerd(s script) error {
	as := func(v visit) gc.Node {
		if v.flat {
			v.node.Type |= flatBit
		}
		return v.node
	}
	real := func(moves []move) []gc.Node {
		var nodes []gc.Node
		for _, m := range moves {
			if !m.missed {
				nodes = append(nodes, as(m.to))
			}
		}
		return nodes
	}
	want, err := tricolor(real(s.roots(root)), func(n gc.Node) []gc.Node {
		v := visit{n, n.Type&flatBit != 0}
		v.node.Type &^= flatBit
		return real(s.moves(v))
	})
	if err != nil {
		return err
	}
	g := s.build()
	m := gc.Mark(g, gc.WhatIf{})
	for id := range gc.ID(g.Len()) {
		if _, reached := want[g.Node(id)]; reached != m.Reached(id) {
			return fmt.Errorf("%v: reached is %v, containerd has %v", g.Node(id), m.Reached(id), reached)
		}
	}
	return nil
}

func nodesOf(g *gc.Graph, ids []gc.ID) []gc.Node {
	var nodes []gc.Node
	for _, id := range ids {
		nodes = append(nodes, g.Node(id))
	}
	return nodes
}

func plansAsNaive(s script) error {
	g := s.build()
	return samePlan(g, gc.MakePlan(g, gc.WhatIf{}), s)
}

// samePlan compares a plan with the naive plan of a script.
func samePlan(g *gc.Graph, p *gc.Plan, s script) error {
	removed, keptBytes := s.removed()
	if got := nodesOf(g, p.Removed); !slices.Equal(got, removed) {
		return fmt.Errorf("removed %v, want %v", got, removed)
	}
	if p.KeptBytes != keptBytes {
		return fmt.Errorf("kept %d bytes, want %d", p.KeptBytes, keptBytes)
	}
	removedCount, keptCount := make(map[gc.ResourceType]int), make(map[gc.ResourceType]int)
	for n := range s.weights() {
		if slices.Contains(removed, n) {
			removedCount[n.Type]++
		} else {
			keptCount[n.Type]++
		}
	}
	if !reflect.DeepEqual(p.RemovedCount, removedCount) || !reflect.DeepEqual(p.KeptCount, keptCount) {
		return fmt.Errorf("counts %v and %v, want %v and %v", p.RemovedCount, p.KeptCount, removedCount, keptCount)
	}
	return nil
}

// deletions returns each object alone, and some pairs.
func deletions(g *gc.Graph) [][]gc.ID {
	var list [][]gc.ID
	for id := range gc.ID(g.Len()) {
		list = append(list, []gc.ID{id}, []gc.ID{id, (id*5 + 3) % gc.ID(g.Len())})
	}
	return list
}

func deletesAsRebuilt(s script) error {
	g := s.build()
	total := func(p *gc.Plan) int64 { return p.KeptBytes + p.RemovedBytes }
	before := gc.MakePlan(g, gc.WhatIf{})
	for _, deleted := range deletions(g) {
		p := gc.MakePlan(g, gc.WhatIf{Delete: deleted})
		if err := samePlan(g, p, s.without(nodesOf(g, deleted)...)); err != nil {
			return fmt.Errorf("without %v: %w", nodesOf(g, deleted), err)
		}
		if total(p) != total(before) {
			return fmt.Errorf("without %v: %d bytes in all, %d before", nodesOf(g, deleted), total(p), total(before))
		}
	}
	return nil
}

func unrootsAsRebuilt(s script) error {
	g := s.build()
	for id := range gc.ID(g.Len()) {
		without := slices.DeleteFunc(slices.Clone(s), func(c call) bool {
			return c.verb == root && nodeOf(c.from) == g.Node(id)
		})
		p := gc.MakePlan(g, gc.WhatIf{Unroot: []gc.ID{id}})
		if err := samePlan(g, p, without); err != nil {
			return fmt.Errorf("plan without root %v: %w", g.Node(id), err)
		}
	}
	return nil
}

func usageAddsUp(s script) error {
	g := s.build()
	p := gc.MakePlan(g, gc.WhatIf{})
	kept, removed := make(map[gc.ResourceType]int), make(map[gc.ResourceType]int)
	var own, most int64
	for _, u := range p.Marks().Usage() {
		kept[u.Type] += u.Kept
		removed[u.Type] += u.Removed
		own += u.KeptBytes
		most += u.KeptBytes + u.SharedKept
	}
	for kind := range gc.ResourceMax {
		if kept[kind] != p.KeptCount[kind] || removed[kind] != p.RemovedCount[kind] {
			return fmt.Errorf("type %d: %d kept and %d removed, want %d and %d",
				kind, kept[kind], removed[kind], p.KeptCount[kind], p.RemovedCount[kind])
		}
	}
	if own > p.KeptBytes || most < p.KeptBytes {
		return fmt.Errorf("%d to %d bytes kept, want %d", own, most, p.KeptBytes)
	}
	return nil
}

// followAddsEdges gives the graph half of the edges, and Follow the other half.
func followAddsEdges(s script) error {
	late := func(c call) bool {
		return c.verb == edge && !c.flatFrom && !c.flatTo && c.reason.Detail != "0"
	}
	g := slices.DeleteFunc(slices.Clone(s), late).build()
	m := gc.Mark(g, gc.WhatIf{Follow: func(n gc.Node, keep func(gc.Node)) {
		for _, c := range s {
			if late(c) && nodeOf(c.from) == n {
				keep(nodeOf(c.to))
			}
		}
	}})
	reached := s.reached()
	for id := range gc.ID(g.Len()) {
		if m.Reached(id) != reached[g.Node(id)] {
			return fmt.Errorf("%v: reached is %v, want %v", g.Node(id), m.Reached(id), reached[g.Node(id)])
		}
	}
	return nil
}

// tricolor is containerd's own marking.
func tricolor(roots []gc.Node, refs func(gc.Node) []gc.Node) (map[gc.Node]struct{}, error) {
	return containerd.Tricolor(roots, func(n gc.Node) ([]gc.Node, error) { return refs(n), nil })
}
