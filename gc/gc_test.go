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

// TestLongChainsAreNotAllListed: all requested chains would not fit in memory. Two of them have 2^20 steps together.
func TestLongChainsAreNotAllListed(t *testing.T) {
	const length = 1<<19 - 2
	b := gc.NewBuilder(length)
	for i := range length {
		if id := b.Intern(blob(fmt.Sprint(i))); i > 0 {
			b.Edge(id-1, id, because)
		}
	}
	b.Root(0, because)
	end := b.Intern(blob("end"))
	for side := range 5 {
		id := b.Intern(blob(fmt.Sprint("side", side)))
		b.Edge(length-1, id, because)
		b.Edge(id, end, because)
	}
	if x := gc.Why(b.Graph(), end, gc.Limits{}); x.Count != 5 || len(x.Chains) != 2 {
		t.Errorf("%d of %d chains", len(x.Chains), x.Count)
	}
}

func TestEmptyGraph(t *testing.T) {
	g := gc.NewBuilder(0).Graph()
	if p := gc.MakePlan(g, gc.WhatIf{}); len(p.Removed) != 0 || len(p.KeptCount) != 0 {
		t.Errorf("%+v", p)
	}
	if top := gc.Dominators(g).Top(0); len(top) != 0 {
		t.Errorf("%+v", top)
	}
	if _, ok := g.Lookup(blob("a")); ok {
		t.Error("Lookup finds a node that was never interned")
	}
}

func TestNothingStaysWithoutRoots(t *testing.T) {
	b := gc.NewBuilder(3)
	self, one, two := b.Intern(blob("self")), b.Intern(blob("one")), b.Intern(blob("two"))
	for _, id := range []gc.ID{self, one, two} {
		b.Define(id, 5)
	}
	b.Edge(self, self, because)
	b.Edge(one, two, because)
	b.Edge(two, one, because)
	g := b.Graph()
	p := gc.MakePlan(g, gc.WhatIf{})
	if !slices.Equal(p.Removed, []gc.ID{one, self, two}) || p.RemovedBytes != 15 {
		t.Errorf("removed %v, %d bytes", p.Removed, p.RemovedBytes)
	}
	x := gc.Why(g, one, gc.Limits{})
	if x.Kept || x.Count != 0 || x.Chains != nil || len(x.Referrers) != 1 || x.Referrers[0].From != two {
		t.Errorf("%+v", x)
	}
}

func TestDanglingReferences(t *testing.T) {
	b := gc.NewBuilder(3, gc.Explain())
	holder, missing := b.Intern(blob("holder")), b.Intern(blob("missing"))
	b.Define(holder, 5)
	b.Root(holder, because)
	label := gc.Reason{Rule: "label", Detail: "gc.ref"}
	b.Edge(holder, missing, label)
	elsewhere := b.Intern(gc.Node{Type: content, Namespace: "other", Key: "missing"})
	b.Define(elsewhere, 7)
	g := b.Graph()

	want := gc.Edge{From: holder, To: missing, Reason: label}
	if got := slices.Collect(g.Dangling()); !slices.Equal(got, []gc.Edge{want}) {
		t.Errorf("dangling: %+v", got)
	}
	if x := gc.Why(g, missing, gc.Limits{}); x.Exists || x.Kept || x.Misses != 0 || len(x.Chains) != 1 {
		t.Errorf("missing node: %+v", x)
	}
	if x := gc.Why(g, elsewhere, gc.Limits{}); !x.Exists || x.Kept || !slices.Equal(x.Astray, []gc.Edge{want}) {
		t.Errorf("node of the same name: %+v", x)
	}
	if p := gc.MakePlan(g, gc.WhatIf{}); p.KeptCount[content] != 1 || !slices.Equal(p.Removed, []gc.ID{elsewhere}) {
		t.Errorf("%+v", p)
	}
}

// TestAstrayReferences: Why lists references to a node of the same type and key that is missing in another namespace,
// by referrer. It omits references to existing nodes.
func TestAstrayReferences(t *testing.T) {
	b := gc.NewBuilder(0)
	in := func(namespace, key string) gc.ID {
		return b.Intern(gc.Node{Type: content, Namespace: namespace, Key: key})
	}
	define := func(id gc.ID) gc.ID {
		b.Define(id, 1)
		return id
	}
	wanted := define(in("home", "blob"))
	last, first := define(in("z", "holder")), define(in("a", "holder"))
	b.Edge(last, in("z", "blob"), because)
	b.Edge(first, in("a", "blob"), because)
	b.Edge(define(in("m", "holder")), define(in("m", "blob")), because)
	g := b.Graph()
	var from []gc.ID
	for _, e := range gc.Why(g, wanted, gc.Limits{}).Astray {
		from = append(from, e.From)
	}
	if !slices.Equal(from, []gc.ID{first, last}) {
		t.Errorf("astray from %v, want %v", from, []gc.ID{first, last})
	}
	if some := gc.Why(g, wanted, gc.Limits{Edges: 1}).Astray; len(some) != 1 || some[0].From != first {
		t.Errorf("astray with a limit of 1: %v", some)
	}
}

// TestParallelReferrers: references between the same objects are in the order of their reasons, whatever the order in
// which they were added.
func TestParallelReferrers(t *testing.T) {
	for _, rules := range [][]string{{"field", "label", "lease"}, {"lease", "field", "label"}, {"label", "lease", "field"}} {
		b := gc.NewBuilder(2, gc.Explain())
		from, to := b.Intern(blob("from")), b.Intern(blob("to"))
		for _, rule := range rules {
			b.Edge(from, to, gc.Reason{Rule: rule})
		}
		var got []string
		for _, e := range gc.Why(b.Graph(), to, gc.Limits{}).Referrers {
			got = append(got, e.Reason.Rule)
		}
		if !slices.Equal(got, []string{"field", "label", "lease"}) {
			t.Errorf("added as %v: %v", rules, got)
		}
	}
}

// TestManyHolders: object i is kept by the holders 0 to i. The lists of all these sets exceed the limit of an
// Attribution. The sets beyond it are one part, and no object is attributed to fewer holders than keep it. Two more
// objects follow: the set of one takes all but one number of the rest, so that no pair of holders fits.
func TestManyHolders(t *testing.T) {
	const holders = 6000                       // 18,000,000 numbers of holders, the limit is 16,777,216
	const rest = 1<<24 - (5792*5793/2 - 1) - 1 // a single holder takes no number
	b := gc.NewBuilder(2*holders + 2)
	roots, ids := make([]gc.ID, holders), make([]gc.ID, holders)
	for i := range roots {
		roots[i] = b.Intern(blob(fmt.Sprint("root", i)))
		b.Define(roots[i], 0)
		b.Root(roots[i], because)
	}
	pair, filler := b.Intern(blob("pair")), b.Intern(blob("filler"))
	b.Edge(roots[0], pair, because) // before other edges, so that the set of the pair comes last
	b.Edge(roots[2], pair, because)
	for i, root := range roots[:rest+1] {
		if i != 1 { // so that no object of the chain has this set
			b.Edge(root, filler, because)
		}
	}
	b.Define(pair, 0)
	b.Define(filler, 0)
	for i := range ids {
		ids[i] = b.Intern(blob(fmt.Sprint("object", i)))
		b.Define(ids[i], 1)
		b.Edge(roots[i], ids[i], because)
		if i > 0 {
			b.Edge(ids[i-1], ids[i], because)
		}
	}
	g := b.Graph()
	a := gc.Attribute(g, nil)
	var many gc.Share
	for i, id := range ids {
		switch share := a.Sets()[a.Set(id)]; {
		case share.Many:
			many = share
		case many.Many || len(share.Holders) != i+1:
			t.Fatalf("object %d is kept by %d holders, want %d or many", i, len(share.Holders), i+1)
		}
	}
	if share := a.Sets()[a.Set(filler)]; len(share.Holders) != rest {
		t.Errorf("the filler is kept by %d holders, want %d", len(share.Holders), rest)
	}
	if share := a.Sets()[a.Set(pair)]; !share.Many {
		t.Errorf("the pair is kept by %v, want many", share.Holders)
	}
	listed := holders - int(many.Bytes)
	if many.Objects != int(many.Bytes)+1 || listed*(listed+1)/2-1 > 1<<24 || (listed+1)*(listed+2)/2-1 <= 1<<24 {
		t.Errorf("%d sets are listed; the others have %d objects with %d bytes", listed, many.Objects, many.Bytes)
	}
}

// TestBackEdgeFromDeletedName: an object with a back reference from a name stays while something refers to the name,
// whether or not the name exists.
func TestBackEdgeFromDeletedName(t *testing.T) {
	b := gc.NewBuilder(3)
	lease, name, attached, own := b.Intern(blob("lease")), b.Intern(blob("name")), b.Intern(blob("attached")), b.Intern(blob("own"))
	for _, id := range []gc.ID{lease, name, attached, own} {
		b.Define(id, 1)
	}
	b.Root(lease, because)
	b.Edge(lease, name, because)
	b.BackEdge(name, attached, because)
	b.Edge(name, own, because)
	g := b.Graph()
	if p := gc.MakePlan(g, gc.WhatIf{Delete: []gc.ID{name}}); !slices.Equal(p.Removed, []gc.ID{own}) {
		t.Errorf("plan without the name: removed %v", p.Removed)
	}
	if got := gc.Dominators(g).Alone(name); !slices.Equal(got, []gc.ID{name, own}) {
		t.Errorf("objects that the name alone keeps: %v", got)
	}
}

// TestJointEdgeToDeletedName: a joint edge goes with the record of either end. Without it, nothing refers to the name
// any more, and an object with a back reference from the name goes.
func TestJointEdgeToDeletedName(t *testing.T) {
	b := gc.NewBuilder(4)
	cache, container, name, attached := b.Intern(blob("cache")), b.Intern(blob("container")), b.Intern(blob("name")), b.Intern(blob("attached"))
	for _, id := range []gc.ID{cache, container, name, attached} {
		b.Define(id, 1)
	}
	b.Root(cache, because)
	b.Root(container, because)
	b.Edge(container, name, because)
	b.JointEdge(cache, name, because)
	b.BackEdge(name, attached, because)
	g := b.Graph()
	for _, test := range []struct {
		name             string
		deleted, removed []gc.ID
	}{
		{"nothing", nil, nil},
		{"the source", []gc.ID{cache}, nil},
		{"another holder", []gc.ID{container}, nil},
		{"the target", []gc.ID{name}, nil},
		{"the target and its other holder", []gc.ID{container, name}, []gc.ID{attached}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if p := gc.MakePlan(g, gc.WhatIf{Delete: test.deleted}); !slices.Equal(p.Removed, test.removed) {
				t.Errorf("removed %v, want %v", p.Removed, test.removed)
			}
		})
	}
	a := gc.Attribute(g, [][]gc.ID{{cache}, {container, name}})
	if set := a.Sets()[a.Set(attached)]; !slices.Equal(set.Holders, []uint32{1}) {
		t.Errorf("the attached object is of holders %v", set.Holders)
	}
}

// TestHypotheticalRoot: an object that is assumed to be a root stays with all that it keeps, unless it is deleted too.
func TestHypotheticalRoot(t *testing.T) {
	b := gc.NewBuilder(3)
	name, own, other := b.Intern(blob("name")), b.Intern(blob("own")), b.Intern(blob("other"))
	for _, id := range []gc.ID{name, own, other} {
		b.Define(id, 1)
	}
	b.Edge(name, own, because)
	g := b.Graph()
	if p := gc.MakePlan(g, gc.WhatIf{Root: []gc.ID{name}}); !slices.Equal(p.Removed, []gc.ID{other}) {
		t.Errorf("with a root: removed %v", p.Removed)
	}
	p := gc.MakePlan(g, gc.WhatIf{Root: []gc.ID{name}, Delete: []gc.ID{name}})
	if slices.Sort(p.Removed); !slices.Equal(p.Removed, []gc.ID{own, other}) {
		t.Errorf("with a deleted root: removed %v", p.Removed)
	}
}

func TestExponentiallyManyChains(t *testing.T) {
	b := gc.NewBuilder(0)
	at := func(step, side int) gc.ID { return b.Intern(blob(fmt.Sprintf("%03d-%d", step, side))) }
	const steps = 200
	b.Root(at(0, 0), because)
	for step := range steps {
		for side := range 2 {
			b.Edge(at(step, 0), at(step, 1+side), because)
			b.Edge(at(step, 1+side), at(step+1, 0), because)
		}
	}
	end := at(steps, 0)
	g := b.Graph()
	x := gc.Why(g, end, gc.Limits{Chains: 3})
	if x.Count != math.MaxUint64 || len(x.Chains) != 3 {
		t.Fatalf("%d chains, %d listed", x.Count, len(x.Chains))
	}
	for i, sides := range []string{"1-1", "1-2", "2-1"} {
		c := x.Chains[i]
		last := g.Node(c[len(c)-4].ID).Key[4:] + "-" + g.Node(c[len(c)-2].ID).Key[4:]
		if len(c) != 2*steps+1 || last != sides {
			t.Errorf("chain %d has %d steps and ends on sides %s, want %s", i, len(c), last, sides)
		}
	}
}

// TestOrderOfRoots states many roots in another order than that of their nodes.
func TestOrderOfRoots(t *testing.T) {
	const roots = 1000
	b := gc.NewBuilder(roots)
	for i := range roots {
		b.Root(b.Intern(blob(fmt.Sprintf("%03d", i*7%roots))), because)
	}
	g := b.Graph()
	for i, r := range g.Roots() {
		if got, want := g.Node(r.ID).Key, fmt.Sprintf("%03d", i); got != want {
			t.Fatalf("root %d is %s, want %s", i, got, want)
		}
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
		"define":     func(b *gc.Builder, id, _ gc.ID) { b.Define(id+1, 1) },
		"root":       func(b *gc.Builder, id, _ gc.ID) { b.Root(id+1, because) },
		"from":       func(b *gc.Builder, id, _ gc.ID) { b.Edge(id+1, id, because) },
		"to":         func(b *gc.Builder, id, _ gc.ID) { b.Edge(id, id+1, because) },
		"from flat":  func(b *gc.Builder, id, flat gc.ID) { b.Edge(flat+1, id, because) },
		"back from":  func(b *gc.Builder, id, _ gc.ID) { b.BackEdge(id+1, id, because) },
		"back to":    func(b *gc.Builder, id, _ gc.ID) { b.BackEdge(id, id+1, because) },
		"joint from": func(b *gc.Builder, id, _ gc.ID) { b.JointEdge(id+1, id, because) },
		"joint to":   func(b *gc.Builder, id, _ gc.ID) { b.JointEdge(id, id+1, because) },
		"miss from":  func(b *gc.Builder, id, _ gc.ID) { b.Miss(id+1, id, because) },
		"miss to":    func(b *gc.Builder, id, _ gc.ID) { b.Miss(id, id+1, because) },
		"miss root":  func(b *gc.Builder, id, _ gc.ID) { b.MissRoot(id+1, because) },
		"holder":     func(b *gc.Builder, id, _ gc.ID) { b.Bytes("x", 1, id+1) },
		"flat":       func(b *gc.Builder, id, _ gc.ID) { b.Flat(id + 1) },
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
