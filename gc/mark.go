package gc

import "slices"

// A WhatIf is a hypothetical change of the graph for one marking. The graph stays unchanged. The zero value changes
// nothing.
type WhatIf struct {
	// Delete lists objects that are assumed to be deleted. They are not roots, their records keep nothing, and
	// references to them dangle. Joint edges to them do not hold.
	Delete []ID

	// Unroot lists objects that are assumed not to be roots. They still exist.
	Unroot []ID

	// Root lists objects that are assumed to be roots, unless Delete or Unroot has them too.
	Root []ID

	// Follow, if not nil, adds edges that are too numerous to be listed in advance. Marking calls it once for every
	// node reached in full, existing or not, in no particular order. It calls keep with each node that n keeps.
	Follow func(n Node, keep func(Node))
}

// Marks is the result of a marking: the nodes that a root leads to. It is immutable and safe for concurrent use.
type Marks struct {
	graph   *Graph
	reached bitmap // by vertex
	deleted bitmap // by object; nil if there are none
}

// Mark marks the nodes that the roots lead to. It takes time proportional to the reached objects and edges and uses no
// recursion, so a chain of a million snapshots is safe.
func Mark(g *Graph, w WhatIf) *Marks {
	m := &Marks{
		graph:   g,
		reached: newBitmap(len(g.weights)),
		deleted: g.objectSet(w.Delete),
	}
	unrooted := g.objectSet(slices.Concat(w.Delete, w.Unroot))

	var pending []uint32
	reach := func(v uint32) {
		if !m.reached.has(int(v)) {
			m.reached.set(int(v))
			pending = append(pending, v)
		}
	}
	for _, id := range w.Root {
		if unrooted == nil || !unrooted.has(int(id)) {
			reach(uint32(id))
		}
	}
	for _, v := range g.roots.ids {
		if unrooted == nil || !unrooted.has(int(g.object(uint32(v)))) {
			reach(uint32(v))
		}
	}
	follow := w.follower(g, reach)
	for len(pending) > 0 {
		v := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if follow != nil && int(v) < g.Len() {
			follow(g.Node(ID(v)))
		}
		for e, end := g.edges.of(v); e < end; e++ {
			if w := g.edges.to[e]; m.deleted == nil || !m.cut(v, w, e) {
				reach(w)
			}
		}
	}
	return m
}

// follower returns a function that calls Follow for a node and reaches the nodes that it keeps, or nil if Follow is
// nil. Nodes outside the graph have no edges in it, but Follow may know some. So the function follows them too.
func (w WhatIf) follower(g *Graph, reach func(v uint32)) func(Node) {
	if w.Follow == nil {
		return nil
	}
	var unknown []Node
	seen := make(map[Node]bool)
	keep := func(n Node) {
		if id, ok := g.Lookup(n); ok {
			reach(uint32(id))
		} else if !seen[n] {
			seen[n] = true
			unknown = append(unknown, n)
		}
	}
	return func(n Node) {
		w.Follow(n, keep)
		for len(unknown) > 0 {
			last := len(unknown) - 1
			n, unknown = unknown[last], unknown[:last]
			w.Follow(n, keep)
		}
	}
}

// Graph returns the marked graph.
func (m *Marks) Graph() *Graph { return m.graph }

// Reached reports whether a root leads to the node, existing or not.
func (m *Marks) Reached(id ID) bool { return m.reached.has(int(m.graph.keeper(id))) }

// Flat reports whether the roots lead only to the node's flat visit.
func (m *Marks) Flat(id ID) bool { return m.Reached(id) && !m.reached.has(int(id)) }

// Exists reports whether the object exists and is not deleted in the WhatIf.
func (m *Marks) Exists(id ID) bool {
	return m.graph.Exists(id) && (m.deleted == nil || !m.deleted.has(int(id)))
}

// Kept reports whether the object exists and stays.
func (m *Marks) Kept(id ID) bool { return m.Exists(id) && m.Reached(id) }

// stays reports whether the vertex's weight stays.
func (m *Marks) stays(v uint32) bool { return m.reached.has(int(v)) && !m.isDeleted(v) }

func (m *Marks) isDeleted(v uint32) bool {
	return m.deleted != nil && !m.graph.isShared(v) && m.deleted.has(int(m.graph.object(v)))
}

// cut reports whether a deletion removed the edge.
func (m *Marks) cut(v, w, e uint32) bool {
	return m.isDeleted(v) && m.graph.dependsOn(v, w, e, m.graph.object(v)) ||
		m.isDeleted(w) && m.graph.dependsOn(v, w, e, m.graph.object(w))
}
