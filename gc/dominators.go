package gc

import "slices"

// A DominatorTree contains the dominators of a graph. A vertex dominates another one if every path from the roots to
// the second passes through the first: without the first, the second is garbage. The tree is immutable and safe for
// concurrent use.
//
// Vertices are numbered from 1 in the order of a depth-first walk from the roots. Number 0 is a virtual root above all
// roots.
//
// Invariants: vertex[number[v]] == v for every reached vertex v, and idom[i] < i for every i > 0.
type DominatorTree struct {
	graph   *Graph
	number  []uint32 // by vertex; 0 if no root leads to it
	vertex  []uint32 // by number
	idom    []uint32 // by number: number of the immediate dominator
	bytes   []int64  // by number: bytes of everything it dominates, including itself
	objects []uint32 // by number: existing objects that it dominates, including itself
	rooted  bitmap   // by vertex: it is a root
}

// Dominators computes the tree with the Semi-NCA algorithm (Georgiadis, "Linear-Time Algorithms for Dominators and
// Related Problems", 2005), without recursion.
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

// walk numbers the reached vertices. It returns the parent of each number in the depth-first tree.
func (t *DominatorTree) walk() (parent []uint32) {
	g := t.graph
	t.number = make([]uint32, len(g.weights))
	t.vertex = append(make([]uint32, 0, len(g.weights)+1), 0)
	parent = append(make([]uint32, 0, len(g.weights)+1), 0)

	// waiting has one entry per edge to a vertex. The last entry comes out first, which makes the walk depth-first.
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

// dominate computes idom. The semidominator of i is the smallest number with a path to i through numbers larger than i
// only. The immediate dominator is the nearest ancestor in the depth-first tree that is not larger than the
// semidominator.
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

// A forest finds the least semidominator on the path upwards, among the numbers processed so far. It shortens each path
// that it walks, so the whole algorithm takes O(m log n).
type forest struct {
	up    []uint32 // the next number on the path upwards
	least []uint32 // the least semidominator from here up to, but without, up
	path  []uint32
}

// leastAbove returns the least semidominator of from and of the numbers larger than i on its path upwards.
func (f *forest) leastAbove(from, i uint32) uint32 {
	f.path = f.path[:0]
	n := from
	for f.up[n] > i {
		f.path = append(f.path, n)
		n = f.up[n]
	}
	for last := len(f.path) - 1; last >= 0; last-- {
		below := f.path[last]
		f.least[below] = min(f.least[below], f.least[n])
		f.up[below] = f.up[n]
		n = below
	}
	return f.least[from]
}

// Dominator returns the nearest other object on every path from the roots to the node. It returns false if there is
// none: the node is a root, no root leads to it, or the paths to it have no object in common.
func (t *DominatorTree) Reached(id ID) bool { return t.number[t.graph.keeper(id)] != 0 }

// Dominator returns the nearest other object on every path from the roots to the node. It returns false if there is
// none: roots lead to the node on disjoint paths, the node is a root, or no root leads to it.
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
