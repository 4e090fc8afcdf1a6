package gc

import "slices"

// A DominatorTree says what each object alone keeps. One vertex dominates another
// when every way from the roots to the second passes through the first: without
// the first, the second goes. It never changes and is safe for concurrent use.
//
// Vertices are numbered here in the order in which a depth-first walk from the
// roots finds them: 1 and up, 0 being a virtual root above all roots.
type DominatorTree struct {
	graph   *Graph
	number  []uint32 // by vertex; 0 for those no root leads to
	vertex  []uint32 // by number
	idom    []uint32 // by number: the nearest dominator's, always smaller
	bytes   []int64  // by number: of everything it dominates, itself included
	objects []uint32 // by number: existing objects, likewise
	rooted  bitmap   // by vertex
}

// Dominators computes the tree with the Semi-NCA algorithm (Georgiadis, "Linear-Time
// Algorithms for Dominators and Related Problems", 2005), without recursion.
func Dominators(g *Graph) *DominatorTree {
	t := &DominatorTree{graph: g}
	t.dominate(t.walk())
	t.bytes = make([]int64, len(t.vertex))
	t.objects = make([]uint32, len(t.vertex))
	for i := len(t.vertex) - 1; i > 0; i-- {
		v := t.vertex[i]
		t.bytes[i] = addBytes(t.bytes[i], g.weights[v])
		if t.isKeeper(v) && g.Exists(g.object(v)) {
			t.objects[i]++
		}
		d := t.idom[i]
		t.bytes[d] = addBytes(t.bytes[d], t.bytes[i])
		t.objects[d] += t.objects[i]
	}
	return t
}

// walk numbers what the roots reach and returns each number's parent in the
// walk's tree.
func (t *DominatorTree) walk() (parent []uint32) {
	g := t.graph
	t.number = make([]uint32, len(g.weights))
	t.vertex = append(make([]uint32, 0, len(g.weights)+1), 0)
	parent = append(make([]uint32, 0, len(g.weights)+1), 0)

	// A vertex waits once for each edge to it; the last to be put there comes out
	// first, which makes the walk depth-first.
	type arrival struct{ vertex, from uint32 }
	waiting := make([]arrival, 0, len(g.roots.ids))
	for _, root := range g.roots.ids {
		waiting = append(waiting, arrival{uint32(root), 0})
	}
	for len(waiting) > 0 {
		a := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if t.number[a.vertex] != 0 {
			continue
		}
		n := uint32(len(t.vertex))
		t.number[a.vertex] = n
		t.vertex = append(t.vertex, a.vertex)
		parent = append(parent, a.from)
		for e, end := g.edges.of(a.vertex); e < end; e++ {
			if w := g.edges.to[e]; t.number[w] == 0 {
				waiting = append(waiting, arrival{w, n})
			}
		}
	}
	return parent
}

// dominate fills in idom. A semidominator of i is the smallest number from which a
// path leads to i through numbers larger than i only; the nearest dominator is
// the nearest ancestor in the walk's tree that is not larger than it.
func (t *DominatorTree) dominate(parent []uint32) {
	into := t.graph.into()
	semi := make([]uint32, len(parent))
	t.rooted = newBitmap(len(t.number))
	for _, root := range t.graph.roots.ids {
		t.rooted.set(int(root))
	}
	f := forest{up: slices.Clone(parent), least: make([]uint32, len(parent))}
	for i := uint32(len(parent) - 1); i > 0; i-- {
		s, v := parent[i], t.vertex[i]
		if t.rooted.has(int(v)) {
			s = 0
		}
		for p, end := into.of(v); p < end && s > 0; p++ {
			from := t.number[into.from[p]]
			switch {
			case from == 0: // not reached
			case from <= i:
				s = min(s, from)
			default:
				s = min(s, f.leastAbove(from, i))
			}
		}
		semi[i] = s
		f.least[i] = s
	}
	t.idom = parent
	for i := 1; i < len(t.idom); i++ {
		for t.idom[i] > semi[i] {
			t.idom[i] = t.idom[t.idom[i]]
		}
	}
}

// A forest answers, over the numbers done so far, for the least semidominator on
// the way up. It shortens each way it goes, which keeps the whole in
// O(m log n).
type forest struct {
	up    []uint32 // the next number on the way
	least []uint32 // the least semidominator from here to before up
	way   []uint32
}

// leastAbove is the least semidominator of from and of those on its way up that
// are larger than i.
func (f *forest) leastAbove(from, i uint32) uint32 {
	f.way = f.way[:0]
	n := from
	for f.up[n] > i {
		f.way = append(f.way, n)
		n = f.up[n]
	}
	for last := len(f.way) - 1; last >= 0; last-- {
		below := f.way[last]
		f.least[below] = min(f.least[below], f.least[n])
		f.up[below] = f.up[n]
		n = below
	}
	return f.least[from]
}

// Reached reports whether a root leads to the node.
func (t *DominatorTree) Reached(id ID) bool { return t.number[t.graph.keeper(id)] != 0 }

// Dominator is the nearest object through which every way from the roots to the
// node passes; false when there is none, because several roots lead to it on
// different ways, or it is a root, or nothing leads to it.
func (t *DominatorTree) Dominator(id ID) (ID, bool) {
	for i := t.idom[t.number[t.graph.keeper(id)]]; i != 0; i = t.idom[i] {
		if d := t.graph.object(t.vertex[i]); d != id {
			return d, true
		}
	}
	return 0, false
}

func (t *DominatorTree) isKeeper(v uint32) bool {
	g := t.graph
	return !g.isShared(v) && g.keeper(g.object(v)) == v
}
