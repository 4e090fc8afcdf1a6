package gc

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/graph/flow"
	"gonum.org/v1/gonum/graph/simple"
)

// TestDominatorsAgreeWithGonum compares the dominator of every vertex, including flat visits and shared bytes. The
// graphs range from long paths to dense ones.
func TestDominatorsAgreeWithGonum(t *testing.T) {
	const seed = 5
	for size := 1; size <= 3000; size += 1 + size/3 {
		for _, density := range []float64{0.5, 1, 1.2, 2, 6} {
			t.Run(fmt.Sprintf("seed=%d/objects=%d/density=%v", seed, size, density), func(t *testing.T) {
				g := randomGraph(rand.New(rand.NewPCG(seed, uint64(size))), size, density)
				compareWithGonum(t, g)
			})
		}
	}
}

func randomGraph(r *rand.Rand, size int, density float64) *Graph {
	b := NewBuilder(size)
	ids := make([]ID, size)
	for i := range ids {
		ids[i] = b.Intern(Node{Type: 1, Key: fmt.Sprint(i)})
		b.Define(ids[i], 1)
	}
	randomID := func() ID {
		if id := ids[r.IntN(size)]; r.IntN(8) == 0 {
			return b.Flat(id)
		} else {
			return id
		}
	}
	for range 1 + size/50 {
		b.Root(randomID(), Reason{})
	}
	for i := range int(float64(size) * density) {
		if i%3 == 0 {
			// Short edges make long paths.
			at := r.IntN(size)
			b.Edge(ids[at], ids[min(at+1+r.IntN(3), size-1)], Reason{})
		} else {
			b.Edge(randomID(), randomID(), Reason{})
		}
	}
	for i := range size / 10 {
		b.Bytes(fmt.Sprint(i), 1, ids[r.IntN(size)], ids[r.IntN(size)])
	}
	return b.Graph()
}

func compareWithGonum(t *testing.T, g *Graph) {
	t.Helper()
	virtual := int64(len(g.weights))
	oracle := simple.NewDirectedGraph()
	link := func(v, w int64) {
		if v != w { // gonum's simple graphs reject self loops
			oracle.SetEdge(oracle.NewEdge(simple.Node(v), simple.Node(w)))
		}
	}
	for _, root := range g.roots.ids {
		link(virtual, int64(root))
	}
	for v := range uint32(len(g.weights)) {
		for e, end := g.edges.of(v); e < end; e++ {
			link(int64(v), int64(g.edges.to[e]))
		}
	}
	want := flow.Dominators(simple.Node(virtual), oracle)
	tree := Dominators(g)
	for v := range g.weights {
		number := tree.number[v]
		dominator := want.DominatorOf(int64(v))
		if (dominator == nil) != (number == 0) {
			t.Fatalf("vertex %d: reached is %v, gonum has %v", v, number != 0, dominator != nil)
		}
		if dominator == nil {
			continue
		}
		got := virtual
		if d := tree.idom[number]; d != 0 {
			got = int64(tree.vertex[d])
		}
		if got != dominator.ID() {
			t.Fatalf("vertex %d: dominated by %d, gonum has %d", v, got, dominator.ID())
		}
	}
}
