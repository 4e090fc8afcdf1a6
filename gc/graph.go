package gc

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"sync"
)

// A Graph is an immutable snapshot of the objects, edges and roots added to a Builder. It is safe for concurrent use.
//
// Vertices are numbered: first objects (an object's vertex is its ID), then flat visits, then shared bytes. An object
// with a flat visit has its weight there: the object stays if either vertex is reached, and reaching the full vertex
// reaches the flat one.
//
// Invariants: len(exists)*64 >= Len(); len(weights) is the number of vertices; weights[id] is 0 for an object id with a
// flat visit.
type Graph struct {
	table     internTable
	groupRank []int // by group: its position in node order

	exists  bitmap  // by object
	weights []int64 // by vertex
	flats   []ID    // object of each flat visit
	flatOf  []ID    // by object: vertex of its flat visit, 0 for none; may be shorter than Len

	edges     adjacency
	roots     rootClaims
	misses    adjacency
	missRoots rootClaims

	// Computed on first use, because only some questions need them.
	into       func() incoming
	missesInto func() incoming
	rootList   func() []Root
}

// Graph returns the graph. The Builder must not be used again; its methods panic.
func (b *Builder) Graph() *Graph {
	b.checkFresh()
	b.defined.grow(len(b.weights))
	sinks := b.shared.settle(b.weights, b.defined)
	b.numberVertices()

	g := &Graph{
		table:     b.table,
		groupRank: rankGroups(b.table.groups),
		exists:    b.defined,
		weights:   b.weights,
		flats:     b.flats,
		flatOf:    b.flatOf,
		roots:     b.roots,
		missRoots: b.missRoots,
	}
	for _, id := range g.flats {
		b.edges.add(id, ID(g.flatVisit(uint32(id))), ofSource, Reason{}, b.explain)
		g.weights = append(g.weights, g.weights[id])
		g.weights[id] = 0
	}
	for _, s := range sinks {
		for _, h := range s.holders {
			b.edges.add(ID(g.keeper(ID(h))), ID(len(g.weights)), ofSource, Reason{}, b.explain)
		}
		g.weights = append(g.weights, s.weight)
	}
	g.edges = b.edges.byFrom(len(g.weights))
	g.misses = b.misses.byFrom(len(g.weights))

	g.into = sync.OnceValue(g.edges.byTo)
	g.missesInto = sync.OnceValue(g.misses.byTo)
	g.rootList = sync.OnceValue(func() []Root { return g.roots.sorted(g) })
	*b = Builder{frozen: true}
	return g
}

// numberVertices replaces the IDs of flat visits by their vertices.
func (b *Builder) numberVertices() {
	for _, ids := range [][]ID{
		b.flatOf, b.roots.ids, b.edges.from, b.edges.to,
		b.missRoots.ids, b.misses.from, b.misses.to,
	} {
		for i, id := range ids {
			if id&flatBit != 0 {
				ids[i] = ID(len(b.weights)) + id&^flatBit
			}
		}
	}
}

// Len returns the number of nodes, existing or not. IDs run from 0 to Len()-1.
func (g *Graph) Len() int { return len(g.table.keys) }

// Node returns the node with this ID.
func (g *Graph) Node(id ID) Node { return g.table.node(id) }

// Lookup returns the ID of a node, and false if the node was never interned.
func (g *Graph) Lookup(n Node) (ID, bool) { return g.table.lookup(n) }

// Exists reports whether the object exists. A node that does not exist is the target of a dangling reference.
func (g *Graph) Exists(id ID) bool { return g.exists.has(int(id)) }

// Weight returns the object's own bytes, without shared bytes.
func (g *Graph) Weight(id ID) int64 { return g.weights[g.keeper(id)] }

// Roots returns the roots in node order, full visits before flat ones. The graph owns the slice.
func (g *Graph) Roots() []Root { return g.rootList() }

// An Edge is a reference: From keeps To.
type Edge struct {
	From, To         ID
	FromFlat, ToFlat bool // the edge starts or ends at the flat visit
	Reason           Reason
}

// Edges yields the references from an object in the order of the calls, those of its full visit first.
func (g *Graph) Edges(id ID) iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		if g.edgesOf(uint32(id), yield) && g.keeper(id) != uint32(id) {
			g.edgesOf(g.keeper(id), yield)
		}
	}
}

func (g *Graph) edgesOf(v uint32, yield func(Edge) bool) bool {
	for e, end := g.edges.of(v); e < end; e++ {
		if w := g.edges.to[e]; g.isReference(v, w) && !yield(g.edge(v, w, e)) {
			return false
		}
	}
	return true
}

func (g *Graph) edge(v, w, e uint32) Edge {
	return Edge{
		From: g.object(v), FromFlat: g.isFlat(v),
		To: g.object(w), ToFlat: g.isFlat(w),
		Reason: g.edges.reason(e),
	}
}

// Dangling yields every reference from an existing object to a node that does not exist, in ID order of From.
func (g *Graph) Dangling() iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		for id := range ID(g.Len()) {
			if !g.Exists(id) {
				continue
			}
			for e := range g.Edges(id) {
				if !g.Exists(e.To) && !yield(e) {
					return
				}
			}
		}
	}
}

// keeper returns the vertex that is reached if and only if the object stays.
func (g *Graph) keeper(id ID) uint32 {
	if f := g.flatVisit(uint32(id)); f != 0 {
		return f
	}
	return uint32(id)
}

// flatVisit returns the vertex of the flat visit of an object's vertex, or 0.
func (g *Graph) flatVisit(v uint32) uint32 {
	if int(v) < len(g.flatOf) {
		return uint32(g.flatOf[v])
	}
	return 0
}

// object returns the object of a vertex that is a full or flat visit. Shared bytes have no object.
func (g *Graph) object(v uint32) ID {
	if n := uint32(g.Len()); v >= n {
		return g.flats[v-n]
	}
	return ID(v)
}

func (g *Graph) isFlat(v uint32) bool   { n := uint32(g.Len()); return v >= n && !g.isShared(v) }
func (g *Graph) isShared(v uint32) bool { return int(v) >= g.Len()+len(g.flats) }

// isReference reports whether a caller added the edge. The graph adds edges from an object to its own flat visit and to
// its shared bytes.
func (g *Graph) isReference(v, w uint32) bool {
	return !g.isShared(w) && (g.flatVisit(v) != w || w == 0)
}

// dependsOn reports whether a deletion of the object removes the edge.
func (g *Graph) dependsOn(v, w, e uint32, id ID) bool {
	switch kind := g.edges.kind(e); {
	case kind == ofTarget:
		return g.object(w) == id
	case kind == ofBoth:
		return g.object(v) == id || g.object(w) == id
	case g.isShared(w) || g.isReference(v, w):
		return g.object(v) == id
	default:
		// References to the deleted name still visit it flat.
		return false
	}
}

// compareIDs compares two objects in node order.
func (g *Graph) compareIDs(a, b ID) int {
	ga, gb := g.table.groupOf[a], g.table.groupOf[b]
	if ga != gb {
		return cmp.Compare(g.groupRank[ga], g.groupRank[gb])
	}
	return strings.Compare(g.table.keys[a], g.table.keys[b])
}

// Sort sorts IDs in node order ([Compare]). A database is read in key order, so the IDs of each group are usually
// sorted already, which is the fast case of the sort.
func (g *Graph) Sort(ids []ID) {
	groups := make([][]ID, len(g.groupRank))
	for _, id := range ids {
		rank := g.groupRank[g.table.groupOf[id]]
		groups[rank] = append(groups[rank], id)
	}
	sorted := ids[:0]
	for _, group := range groups {
		slices.SortFunc(group, func(a, b ID) int { return strings.Compare(g.table.keys[a], g.table.keys[b]) })
		sorted = append(sorted, group...)
	}
}

// compareVertices compares two vertices in node order, full visits before flat ones.
func (g *Graph) compareVertices(v, w uint32) int {
	if a, b := g.object(v), g.object(w); a != b {
		return g.compareIDs(a, b)
	}
	return cmp.Compare(v, w)
}
