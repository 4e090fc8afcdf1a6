package gc_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/gc"
)

func blob(key string) gc.Node { return gc.Node{Type: content, Namespace: "default", Key: key} }

var because = gc.Reason{Rule: "test"}

// chain returns a graph of objects in a row below one root. Each keeps the next.
func chain(length int) *gc.Graph {
	b := gc.NewBuilder(length)
	for i := range length {
		id := b.Intern(blob(fmt.Sprint(i)))
		b.Define(id, 1)
		if i > 0 {
			b.Edge(id-1, id, because)
		}
	}
	b.Root(0, because)
	return b.Graph()
}

func TestMillionLongChain(t *testing.T) {
	const length = 1_000_000
	g := chain(length)
	last := gc.ID(length - 1)
	if p := gc.MakePlan(g, gc.WhatIf{}); len(p.Removed) != 0 || p.KeptBytes != length {
		t.Errorf("removed %d, kept %d bytes", len(p.Removed), p.KeptBytes)
	}
	if p := gc.MakePlan(g, gc.WhatIf{Delete: []gc.ID{10}}); len(p.Removed) != length-11 {
		t.Errorf("plan without the eleventh object: removed %d", len(p.Removed))
	}
	if x := gc.Why(g, last, gc.Limits{}); x.Count != 1 || len(x.Chains[0]) != length {
		t.Errorf("%d chains", x.Count)
	}
	tree := gc.Dominators(g)
	if d, ok := tree.Dominator(last); !ok || d != last-1 || tree.Retained(0) != length {
		t.Errorf("dominator %d, retained by the root %d", d, tree.Retained(0))
	}
}

// TestLongChains lists eight chains with a quarter of a million steps each, until they have 2^20 steps together.
func TestLongChains(t *testing.T) {
	const steps, chains = 1 << 18, 8
	b := gc.NewBuilder(steps + chains)
	for i := range steps - 2 {
		id := b.Intern(blob(fmt.Sprint(i)))
		if i > 0 {
			b.Edge(id-1, id, because)
		}
	}
	b.Root(0, because)
	fork, end := gc.ID(steps-3), b.Intern(blob("end"))
	for i := range chains {
		side := b.Intern(blob(fmt.Sprint("side", i)))
		b.Edge(fork, side, because)
		b.Edge(side, end, because)
	}
	x := gc.Why(b.Graph(), end, gc.Limits{Chains: chains})
	if x.Count != chains || len(x.Chains) != 4 || len(x.Chains[3]) != steps {
		t.Errorf("%d chains, %d listed", x.Count, len(x.Chains))
	}
}

// TestGarbageRetainsNothing asks for garbage that keeps an object.
func TestGarbageRetainsNothing(t *testing.T) {
	b := gc.NewBuilder(2)
	garbage, below := b.Intern(blob("garbage")), b.Intern(blob("below"))
	b.Define(garbage, 1)
	b.Define(below, 1)
	b.Edge(garbage, below, because)
	tree := gc.Dominators(b.Graph())
	if got := tree.Retained(garbage); got != 0 {
		t.Errorf("%d bytes", got)
	}
	if h := tree.Holding(garbage); h != (gc.Holding{ID: garbage}) {
		t.Errorf("%+v", h)
	}
}

func TestSizesSaturate(t *testing.T) {
	b := gc.NewBuilder(2)
	huge, huger := b.Intern(blob("huge")), b.Intern(blob("huger"))
	b.Define(huge, math.MaxInt64)
	b.Define(huger, math.MaxInt64)
	negative := b.Intern(blob("negative"))
	b.Define(negative, -5)
	b.Bytes("shared", math.MaxInt64, huge, huger)
	b.Root(huge, because)
	b.Edge(huge, huger, because)
	g := b.Graph()
	if p := gc.MakePlan(g, gc.WhatIf{}); p.KeptBytes != math.MaxInt64 || p.RemovedBytes != 0 {
		t.Errorf("kept %d, removed %d", p.KeptBytes, p.RemovedBytes)
	}
	if h := gc.Dominators(g).Holding(huge); h.Retained != math.MaxInt64 || h.Shared != 0 {
		t.Errorf("%+v", h)
	}
}

func TestBytesWithOneHolder(t *testing.T) {
	b := gc.NewBuilder(2)
	one, ghost := b.Intern(blob("one")), b.Intern(blob("ghost"))
	b.Define(one, 1)
	b.Bytes("x", 10, one, ghost, one)
	b.Bytes("x", 8)
	g := b.Graph()
	if got := g.Weight(one); got != 11 {
		t.Errorf("weighs %d", got)
	}
}

func TestEdges(t *testing.T) {
	b := gc.NewBuilder(2, gc.Explain())
	one, two := b.Intern(blob("one")), b.Intern(blob("two"))
	b.Define(one, 1)
	b.Define(two, 1)
	b.Bytes("x", 10, one, two)
	reason := func(n string) gc.Reason { return gc.Reason{Rule: n} }
	b.Edge(b.Flat(one), b.Flat(two), reason("a"))
	b.Edge(one, two, reason("b"))
	b.Edge(one, b.Flat(two), reason("c"))
	b.Edge(one, one, reason("d"))
	g := b.Graph()
	want := []gc.Edge{
		{From: one, To: two, Reason: reason("b")},
		{From: one, To: two, ToFlat: true, Reason: reason("c")},
		{From: one, To: one, Reason: reason("d")},
		{From: one, FromFlat: true, To: two, ToFlat: true, Reason: reason("a")},
	}
	if got := slices.Collect(g.Edges(one)); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestInterning(t *testing.T) {
	b := gc.NewBuilder(0)
	var nodes []gc.Node
	for i := range 5000 {
		nodes = append(nodes, gc.Node{Type: gc.ResourceType(i % 7), Namespace: fmt.Sprint(i % 3), Key: fmt.Sprint(i / 21)})
	}
	for range 2 {
		for i, n := range nodes {
			if id := b.Intern(n); id != gc.ID(i) {
				t.Fatalf("%v is %d, want %d", n, id, i)
			}
		}
	}
	g := b.Graph()
	for i, n := range nodes {
		if id, ok := g.Lookup(n); !ok || id != gc.ID(i) || g.Node(id) != n || g.Exists(id) {
			t.Fatalf("%v: %d, %v, %v", n, id, ok, g.Node(id))
		}
	}
	if g.Len() != len(nodes) {
		t.Errorf("%d nodes", g.Len())
	}
}

// TestInternAll compares InternAll with Intern: new and known nodes, repeated nodes, empty keys, and more nodes than
// the table has room for.
func TestInternAll(t *testing.T) {
	var nodes []gc.Node
	for i := range 3000 {
		n := gc.Node{Type: gc.ResourceType(i % 3), Namespace: fmt.Sprint(i % 2), Key: fmt.Sprint(i * i % 1999)}
		if i%50 == 0 {
			n.Key = ""
		}
		nodes = append(nodes, n)
	}
	one, all := gc.NewBuilder(0), gc.NewBuilder(0)
	for length := 0; len(nodes) > 0; length = (length + 7) % 100 {
		some := nodes[:min(length, len(nodes))]
		nodes = nodes[len(some):]
		ids := all.InternAll(some, []gc.ID{12345})
		if len(ids) != len(some)+1 || ids[0] != 12345 {
			t.Fatalf("%d IDs for %d nodes, after %d", len(ids), len(some), ids[0])
		}
		for i, n := range some {
			if id := one.Intern(n); ids[i+1] != id {
				t.Fatalf("%v is %d, want %d", n, ids[i+1], id)
			}
		}
	}
	last := gc.ID(one.Graph().Len() - 1)
	all.Define(last, 1) // the Builder knows every ID of its table
	if g := all.Graph(); gc.ID(g.Len()-1) != last || !g.Exists(last) {
		t.Errorf("%d nodes, want %d", g.Len(), last+1)
	}
}

func TestMisusePanics(t *testing.T) {
	for name, misuse := range map[string]func(b *gc.Builder){
		"unknown ID":                   func(b *gc.Builder) { b.Edge(0, 7, because) },
		"define a flat visit":          func(b *gc.Builder) { b.Define(b.Flat(0), 1) },
		"flat visit of a flat visit":   func(b *gc.Builder) { b.Flat(b.Flat(0)) },
		"bytes with an unknown holder": func(b *gc.Builder) { b.Bytes("x", 1, 7) },
		"Builder used after Graph":     func(b *gc.Builder) { b.Graph(); b.Intern(blob("b")) },
		"ID used after Graph":          func(b *gc.Builder) { b.Graph(); b.Root(0, because) },
		"ID out of range in the Graph": func(b *gc.Builder) { b.Graph().Node(1) },
		"Graph called twice":           func(b *gc.Builder) { b.Graph(); b.Graph() },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			b := gc.NewBuilder(0)
			b.Intern(blob("a"))
			misuse(b)
		})
	}
}

// TestNextIDIsNone uses the ID after the last one, of an object and of a flat visit.
func TestNextIDIsNone(t *testing.T) {
	for name, misuse := range map[string]func(b *gc.Builder, id, flat gc.ID){
		"define":    func(b *gc.Builder, id, _ gc.ID) { b.Define(id+1, 1) },
		"root":      func(b *gc.Builder, id, _ gc.ID) { b.Root(id+1, because) },
		"from":      func(b *gc.Builder, id, _ gc.ID) { b.Edge(id+1, id, because) },
		"to":        func(b *gc.Builder, id, _ gc.ID) { b.Edge(id, id+1, because) },
		"from flat": func(b *gc.Builder, id, flat gc.ID) { b.Edge(flat+1, id, because) },
		"back from": func(b *gc.Builder, id, _ gc.ID) { b.BackEdge(id+1, id, because) },
		"back to":   func(b *gc.Builder, id, _ gc.ID) { b.BackEdge(id, id+1, because) },
		"miss from": func(b *gc.Builder, id, _ gc.ID) { b.Miss(id+1, id, because) },
		"miss to":   func(b *gc.Builder, id, _ gc.ID) { b.Miss(id, id+1, because) },
		"miss root": func(b *gc.Builder, id, _ gc.ID) { b.MissRoot(id+1, because) },
		"holder":    func(b *gc.Builder, id, _ gc.ID) { b.Bytes("x", 1, id+1) },
		"flat":      func(b *gc.Builder, id, _ gc.ID) { b.Flat(id + 1) },
	} {
		t.Run(name, func(t *testing.T) {
			b := gc.NewBuilder(0)
			id := b.Intern(blob("only"))
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "gc: ") {
					t.Errorf("panic %q does not name the package", text)
				}
			}()
			misuse(b, id, b.Flat(id))
		})
	}
}

// TestTopOfTwiceRooted lists an object that is a root for two reasons once.
func TestTopOfTwiceRooted(t *testing.T) {
	b := gc.NewBuilder(2)
	for i, key := range []string{"a", "b"} {
		id := b.Intern(blob(key))
		b.Define(id, int64(10-i))
		b.Root(id, because)
		b.Root(b.Flat(id), because)
	}
	d := gc.Dominators(b.Graph())
	for limit, want := range []int{2, 1, 2, 2} {
		if top := d.Top(limit); len(top) != want || top[0].Retained != 10 {
			t.Errorf("limit %d: %+v", limit, top)
		}
	}
}
