package gc

import "slices"

// A WhatIf changes the graph in thought before marking: the graph stays as it
// is. The zero value changes nothing.
type WhatIf struct {
	// Delete takes these objects away, as if they had never been stored: they
	// are no roots, and what their records refer to they keep no longer. What
	// refers to them refers in vain.
	Delete []ID

	// Unroot leaves these objects stored, but they are no roots by themselves.
	Unroot []ID

	// Follow, if not nil, is called once for every node that marking reaches in
	// full, existing or not, and may call keep with further nodes that it keeps:
	// edges that are too many to be listed in advance. It is called in no
	// particular order.
	Follow func(n Node, keep func(Node))
}

// Marks says what stays: what a root reaches. Marks never change and are safe
// for concurrent use.
type Marks struct {
	graph   *Graph
	reached bitmap // by vertex
	deleted bitmap // by object; nil when nothing was
}

// Mark finds what stays. It takes time proportional to the objects and edges
// reached and uses no recursion: a chain of a million snapshots is as good as any.
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

// Graph is the one that was marked.
func (m *Marks) Graph() *Graph { return m.graph }

// Reached reports whether a root leads to the node, existing or not.
func (m *Marks) Reached(id ID) bool { return m.reached.has(int(m.graph.keeper(id))) }

// Flat reports whether a root leads to the node, but only to its flat visit.
func (m *Marks) Flat(id ID) bool { return m.Reached(id) && !m.reached.has(int(id)) }

// Exists reports whether the object is stored and not deleted in the what-if.
func (m *Marks) Exists(id ID) bool {
	return m.graph.Exists(id) && (m.deleted == nil || !m.deleted.has(int(id)))
}

// Kept reports whether the object exists and stays.
func (m *Marks) Kept(id ID) bool { return m.Exists(id) && m.Reached(id) }

// stays reports whether the vertex's weight does.
func (m *Marks) stays(v uint32) bool { return m.reached.has(int(v)) && !m.isDeleted(v) }

func (m *Marks) isDeleted(v uint32) bool {
	return m.deleted != nil && !m.graph.isShared(v) && m.deleted.has(int(m.graph.object(v)))
}

// cut reports whether an edge went with what was deleted.
func (m *Marks) cut(v, w, e uint32) bool {
	return m.isDeleted(v) && m.graph.dependsOn(v, w, e, m.graph.object(v)) ||
		m.isDeleted(w) && m.graph.dependsOn(v, w, e, m.graph.object(w))
}

// objectSet is a bitmap of the objects, nil for none.
func (g *Graph) objectSet(ids []ID) bitmap {
	if len(ids) == 0 {
		return nil
	}
	set := newBitmap(g.Len())
	for _, id := range ids {
		set.set(int(id))
	}
	return set
}
