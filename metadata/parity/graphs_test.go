package parity

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	containerd "github.com/containerd/containerd/v2/pkg/gc"

	"github.com/holdfast-gc/holdfast/gc"
)

// TestGraphs draws random graphs. It compares each answer of package gc about a graph with naive walks over the graph,
// and over the graph without some of its records. The walks themselves must agree with containerd's Tricolor.
func TestGraphs(t *testing.T) {
	seeds := uint64(480)
	if raceEnabled {
		seeds = 48
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 5))
		d := drawGraph(r, seed%2 == 0, seed%32 == 31)
		g := d.build(r, gc.Explain())
		for _, check := range []func(*drawn, *gc.Graph, *rand.Rand) error{
			checkMarks, checkLists, checkHypotheses, checkUsage, checkChains, checkDominators, checkHoldings, checkAttribution,
		} {
			if err := check(d, g, r); err != nil {
				t.Fatalf("seed %d: %v\nin %s", seed, err, d)
			}
		}
		if err := checkTracker(d, r); err != nil {
			t.Fatalf("seed %d: %v\nin %s", seed, err, d)
		}
	}
}

// TestGraphsRefuse checks that calls with an ID of another graph panic without effect, and calls of a Builder after its
// end.
func TestGraphsRefuse(t *testing.T) {
	var b *gc.Builder
	var id, other gc.ID
	begin := func() {
		b = gc.NewBuilder(0)
		id = b.Intern(gc.Node{Type: 1, Key: "a"})
		other = b.Flat(id)
	}
	begin()
	calls := map[string]func(gc.ID){
		"Define": func(id gc.ID) { b.Define(id, 1) }, "Flat": func(id gc.ID) { b.Flat(id) }, "Root": func(id gc.ID) { b.Root(id, gc.Reason{}) },
		"Edge from": func(id gc.ID) { b.Edge(id, other, gc.Reason{}) }, "Edge to": func(id gc.ID) { b.Edge(other, id, gc.Reason{}) },
		"BackEdge from": func(id gc.ID) { b.BackEdge(id, other, gc.Reason{}) }, "Miss from": func(id gc.ID) { b.Miss(id, other, gc.Reason{}) },
		"BackEdge to": func(id gc.ID) { b.BackEdge(other, id, gc.Reason{}) }, "Miss to": func(id gc.ID) { b.Miss(other, id, gc.Reason{}) },
		"MissRoot": func(id gc.ID) { b.MissRoot(id, gc.Reason{}) }, "Bytes": func(id gc.ID) { b.Bytes("x", 1, id) },
	}
	refuses := func(call func()) (refused bool) {
		defer func() { refused = recover() != nil }()
		call()
		return false
	}
	for name, call := range calls {
		for _, id := range []gc.ID{1, 1 << 20, other + 1} {
			if begin(); !refuses(func() { call(id) }) {
				t.Errorf("%s takes the ID %d", name, id)
			}
			if refuses(func() { b.Graph() }) {
				t.Errorf("after a refused %s there is no graph", name)
			}
		}
		if begin(); refuses(func() { call(id) }) {
			t.Errorf("%s refuses an ID of its Builder", name)
		}
	}
	calls["Intern"] = func(gc.ID) { b.Intern(gc.Node{Type: 1, Key: "b"}) }
	calls["InternAll"] = func(gc.ID) { b.InternAll([]gc.Node{{Type: 1, Key: "b"}}, nil) }
	calls["Graph"] = func(gc.ID) { b.Graph() }
	begin()
	b.Graph()
	for name, call := range calls {
		if !refuses(func() { call(id) }) {
			t.Errorf("%s works after Graph", name)
		}
	}
}

// flat is containerd's mark of a flat visit, a bit of the type.
const flat = gc.ResourceType(0x20)

func flatOf(n gc.Node) gc.Node   { n.Type |= flat; return n }
func objectOf(v gc.Node) gc.Node { v.Type &^= flat; return v }

// A statement says that from keeps to. Both are visits. Without from, to is a root.
type statement struct {
	record   gc.Node // the object that makes the statement
	from, to gc.Node
	missed   bool // the statement nearly holds
	reason   gc.Reason
	joint    bool // the statement also depends on the record of the object where it ends
}

// dependsOn reports whether a deletion of one of the objects removes the statement.
func (s statement) dependsOn(deleted []gc.Node) bool {
	return slices.Contains(deleted, s.record) || s.joint && slices.Contains(deleted, objectOf(s.to))
}

// outside is where roots come from.
var outside gc.Node

// drawn is a graph.
type drawn struct {
	nodes      []gc.Node // some have no object
	weights    map[gc.Node]int64
	statements []statement
	shared     map[string]map[gc.Node]int64 // weights by name of the bytes and holder
}

func (d *drawn) String() string {
	return fmt.Sprintf("%v\nobjects: %v\nstatements: %v\nshared bytes: %v", d.nodes, d.weights, d.statements, d.shared)
}

// drawGraph draws a graph. A large one has long paths.
func drawGraph(r *rand.Rand, withFlats, large bool) *drawn {
	d := &drawn{weights: map[gc.Node]int64{}, shared: map[string]map[gc.Node]int64{}}
	size := 2 + r.IntN(10)
	if large {
		size = 40
	}
	for len(d.nodes) < size {
		n := gc.Node{
			Type: gc.ResourceType(1 + r.IntN(3)), Namespace: []string{"", "b", "a"}[r.IntN(3)], Key: fmt.Sprint("k", r.IntN(size/2+1)),
		}
		if !slices.Contains(d.nodes, n) {
			d.nodes = append(d.nodes, n)
		}
	}
	at := func() gc.Node { return d.nodes[r.IntN(size)] }
	visit := func() gc.Node {
		if n := at(); !withFlats || r.IntN(4) > 0 {
			return n
		} else {
			return flatOf(n)
		}
	}
	reason := func() gc.Reason {
		return gc.Reason{Rule: []string{"label", "field"}[r.IntN(2)], Detail: fmt.Sprint(r.IntN(2))}
	}
	for _, n := range d.nodes {
		if r.IntN(6) > 0 {
			d.weights[n] = []int64{0, 1, 7, 1 << 40, 1<<20 + 3}[r.IntN(5)]
		}
	}
	for range r.IntN(4) {
		to := visit()
		d.statements = append(d.statements, statement{record: objectOf(to), from: outside, to: to, missed: r.IntN(5) == 0, reason: reason()})
	}
	edges := size + r.IntN(2*size)
	if r.IntN(10) == 0 {
		edges = 0
	}
	for i := range edges {
		s := statement{from: visit(), to: visit(), missed: r.IntN(8) == 0, reason: reason()}
		if j := i % (size - 1); large && i%3 > 0 { // a short edge makes long paths
			s.from, s.to = d.nodes[j], d.nodes[min(j+1+r.IntN(3), size-1)]
		}
		if s.to == flatOf(s.from) {
			s.to = s.from // a graph has this edge by itself
		}
		s.record = objectOf(s.from)
		switch kind := r.IntN(10); {
		case s.missed:
		case kind < 2:
			s.record = objectOf(s.to)
		case kind == 2:
			s.joint = true
		}
		d.statements = append(d.statements, s)
	}
	for i := range r.IntN(4) {
		holders := map[gc.Node]int64{}
		for range 1 + r.IntN(3) {
			holders[at()] = int64(5 + r.IntN(3))
		}
		d.shared[fmt.Sprint("shared ", i)] = holders
	}
	return d
}

// stated is a [gc.Builder] or a [gc.Tracker].
type stated interface {
	Intern(gc.Node) gc.ID
	Flat(gc.ID) gc.ID
	Define(gc.ID, int64)
	Root(gc.ID, gc.Reason)
	Edge(from, to gc.ID, reason gc.Reason)
	BackEdge(from, to gc.ID, reason gc.Reason)
	Miss(from, to gc.ID, reason gc.Reason)
	MissRoot(gc.ID, gc.Reason)
}

func (s statement) make(b stated) {
	visit := func(v gc.Node) gc.ID {
		if v != objectOf(v) {
			return b.Flat(b.Intern(objectOf(v)))
		}
		return b.Intern(v)
	}
	switch {
	case s.from == outside && s.missed:
		b.MissRoot(visit(s.to), s.reason)
	case s.from == outside:
		b.Root(visit(s.to), s.reason)
	case s.missed:
		b.Miss(visit(s.from), visit(s.to), s.reason)
	case s.joint:
		b.(*gc.Builder).JointEdge(visit(s.from), visit(s.to), s.reason)
	case s.record == objectOf(s.from):
		b.Edge(visit(s.from), visit(s.to), s.reason)
	default:
		b.BackEdge(visit(s.from), visit(s.to), s.reason)
	}
}

// build makes all statements in random order.
func (d *drawn) build(r *rand.Rand, options ...gc.BuilderOption) *gc.Graph {
	b := gc.NewBuilder(r.IntN(3), options...)
	if r.IntN(2) == 0 {
		b.InternAll(d.nodes, nil)
	}
	var calls []func()
	for _, s := range d.statements {
		calls = append(calls, func() { s.make(b) })
	}
	for _, n := range d.nodes {
		calls = append(calls, func() { b.Intern(n) })
		if weight, exists := d.weights[n]; exists {
			calls = append(calls, func() {
				b.Define(b.Intern(n), 99)
				b.Define(b.Intern(n), cmp.Or(weight, -1)) // a negative weight is 0
			})
		}
	}
	for name, holders := range d.shared {
		for holder, weight := range holders {
			calls = append(calls, func() { b.Bytes(name, weight, b.Intern(holder)) })
		}
	}
	r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
	for _, call := range calls {
		call()
	}
	return b.Graph()
}

// without returns the graph after a deletion of objects. The sizes of shared bytes stay known.
func (d *drawn) without(deleted ...gc.Node) *drawn {
	less := *d
	less.weights = maps.Clone(d.weights)
	for _, n := range deleted {
		delete(less.weights, n)
	}
	return less.only(func(s statement) bool { return !s.dependsOn(deleted) })
}

// only returns the graph with some of its statements.
func (d *drawn) only(fn func(statement) bool) *drawn {
	less := *d
	less.statements = slices.DeleteFunc(slices.Clone(d.statements), func(s statement) bool { return !fn(s) })
	return &less
}

// visits are the visits to which a path leads. A full visit includes the flat one.
type visits map[gc.Node]bool

// walk follows all statements from some visits, but does not enter others.
func (d *drawn) walk(avoid func(gc.Node) bool, start ...gc.Node) visits {
	all := visits{}
	for len(start) > 0 {
		v := start[0]
		start = start[1:]
		if all[v] || avoid != nil && avoid(v) {
			continue
		}
		all[v], all[flatOf(v)] = true, true
		for _, s := range d.statements {
			if !s.missed && (s.from == v || s.from == flatOf(v)) {
				start = append(start, s.to)
			}
		}
	}
	return all
}

func (d *drawn) reached() visits { return d.walk(nil, outside) }

// weigh returns the number and the bytes of the objects that a walk reaches.
func (d *drawn) weigh(all visits) (objects int, bytes int64) {
	for n, weight := range d.weights {
		if all[flatOf(n)] {
			objects, bytes = objects+1, bytes+weight
		}
	}
	for name, holders := range d.shared {
		if slices.ContainsFunc(d.existing(name), func(n gc.Node) bool { return all[flatOf(n)] }) {
			bytes += slices.Max(slices.Collect(maps.Values(holders)))
		}
	}
	return objects, bytes
}

// existing returns the holders of shared bytes that exist.
func (d *drawn) existing(name string) (holders []gc.Node) {
	for n := range d.shared[name] {
		if _, exists := d.weights[n]; exists {
			holders = append(holders, n)
		}
	}
	return holders
}

// objects returns the objects that satisfy a condition, in node order.
func (d *drawn) objects(fn func(gc.Node) bool) (list []gc.Node) {
	for n := range d.weights {
		if fn(n) {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, compareNodes)
	return list
}

func compareNodes(a, b gc.Node) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Key, b.Key))
}

// everything is a walk that reaches all.
func (d *drawn) everything() visits {
	all := visits{}
	for _, n := range d.nodes {
		all[flatOf(n)] = true
	}
	return all
}

func idOf(g *gc.Graph, n gc.Node) gc.ID {
	id, ok := g.Lookup(n)
	if !ok {
		panic(fmt.Sprintf("%v has no ID", n))
	}
	return id
}

func idsOf(g *gc.Graph, nodes []gc.Node) (ids []gc.ID) {
	for _, n := range nodes {
		ids = append(ids, idOf(g, n))
	}
	return ids
}

func nodesOf(g *gc.Graph, ids []gc.ID) (nodes []gc.Node) {
	for _, id := range ids {
		nodes = append(nodes, g.Node(id))
	}
	return nodes
}

// checkMarks compares marks with containerd's Tricolor.
func checkMarks(d *drawn, g *gc.Graph, _ *rand.Rand) error {
	follow := func(v gc.Node) (to []gc.Node) {
		for _, s := range d.statements {
			if !s.missed && (s.from == v || s.from == flatOf(v)) {
				to = append(to, s.to)
			}
		}
		return to
	}
	theirs, err := containerd.Tricolor(follow(outside), func(v gc.Node) ([]gc.Node, error) { return follow(v), nil })
	if err != nil {
		return err
	}
	m, all := gc.Mark(g, gc.WhatIf{}), d.reached()
	for _, n := range d.nodes {
		id := idOf(g, n)
		_, exists := d.weights[n]
		switch _, reached := theirs[n]; {
		case m.Graph() != g || g.Node(id) != n || g.Exists(id) != exists || m.Exists(id) != exists:
			return fmt.Errorf("%v has the ID of %v; it exists: %t", n, g.Node(id), m.Exists(id))
		case reached != all[flatOf(n)] || m.Reached(id) != reached || m.Kept(id) != (reached && exists):
			return fmt.Errorf("%v is reached: %t, and by containerd: %t", n, m.Reached(id), reached)
		case m.Flat(id) != (reached && !all[n]):
			return fmt.Errorf("%v is only reached flat: %t", n, m.Flat(id))
		}
	}
	if _, known := g.Lookup(gc.Node{Type: 1, Key: "none"}); known || g.Len() != len(d.nodes) {
		return fmt.Errorf("%d nodes of %d", g.Len(), len(d.nodes))
	}
	return nil
}

// checkLists compares the lists of roots and of references.
func checkLists(d *drawn, g *gc.Graph, _ *rand.Rand) error {
	wants, reasons := map[gc.Node][]gc.Reason{}, func(list []gc.Reason) string {
		slices.SortFunc(list, compareReasons)
		return fmt.Sprint(slices.Compact(list))
	}
	edges, dangling := map[string]int{}, map[string]int{}
	text := func(e gc.Edge) string {
		return fmt.Sprint(g.Node(e.From), e.FromFlat, g.Node(e.To), e.ToFlat, e.Reason)
	}
	for _, s := range d.statements {
		switch {
		case s.from == outside && !s.missed:
			wants[s.to] = append(wants[s.to], s.reason)
		case !s.missed:
			edges[text(edgeOf(g, s))]++
			_, from := d.weights[objectOf(s.from)]
			if _, to := d.weights[objectOf(s.to)]; from && !to {
				dangling[text(edgeOf(g, s))]++
			}
		}
	}
	var order []gc.Node
	for _, root := range g.Roots() {
		v := g.Node(root.ID)
		if root.Flat {
			v = flatOf(v)
		}
		order = append(order, v)
		if got, want := fmt.Sprint(root.Reasons), reasons(wants[v]); got != want {
			return fmt.Errorf("%v is a root for %s and not for %s", v, got, want)
		}
	}
	want := slices.SortedFunc(maps.Keys(wants), func(a, b gc.Node) int {
		return cmp.Or(compareNodes(objectOf(a), objectOf(b)), cmp.Compare(a.Type, b.Type))
	})
	if !slices.Equal(order, want) {
		return fmt.Errorf("the roots are %v and not %v", order, want)
	}
	for id := range gc.ID(g.Len()) {
		for e := range g.Edges(id) {
			if edges[text(e)]--; e.From != id {
				return fmt.Errorf("a reference from %v is listed for %v", g.Node(e.From), g.Node(id))
			}
		}
	}
	for e := range g.Dangling() {
		dangling[text(e)]--
	}
	for _, counts := range []map[string]int{edges, dangling} {
		for edge, n := range counts {
			if n != 0 {
				return fmt.Errorf("a list of references misses %s %d times", edge, n)
			}
		}
	}
	return nil
}

func edgeOf(g *gc.Graph, s statement) gc.Edge {
	return gc.Edge{
		From: idOf(g, objectOf(s.from)), FromFlat: s.from != objectOf(s.from),
		To: idOf(g, objectOf(s.to)), ToFlat: s.to != objectOf(s.to), Reason: s.reason,
	}
}

func compareReasons(a, b gc.Reason) int {
	return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Detail, b.Detail))
}

// checkHypotheses compares plans of hypothetical changes with walks over the changed graph.
func checkHypotheses(d *drawn, g *gc.Graph, r *rand.Rand) error {
	_, total := d.weigh(d.everything())
	agree := func(what string, after *drawn, w gc.WhatIf) error {
		p, all := gc.MakePlan(g, w), after.reached()
		removed := after.objects(func(n gc.Node) bool { return !all[flatOf(n)] })
		if got := nodesOf(g, p.Removed); !slices.Equal(got, removed) {
			return fmt.Errorf("%s: %v are removed, and not %v", what, got, removed)
		}
		if _, kept := after.weigh(all); p.KeptBytes != kept || p.RemovedBytes != total-kept {
			return fmt.Errorf("%s: %d bytes are kept and %d removed, and not %d of %d", what, p.KeptBytes, p.RemovedBytes, kept, total)
		}
		counts := map[gc.ResourceType][2]int{}
		for n := range after.weights {
			c := counts[n.Type]
			if all[flatOf(n)] {
				c[0]++
			} else {
				c[1]++
			}
			counts[n.Type] = c
		}
		for kind := range gc.ResourceMax {
			_, listsKept := p.KeptCount[kind]
			_, listsRemoved := p.RemovedCount[kind]
			got := [2]int{p.KeptCount[kind], p.RemovedCount[kind]}
			if want := counts[kind]; got != want || listsKept != (want[0] > 0) || listsRemoved != (want[1] > 0) {
				return fmt.Errorf("%s: the counts of type %d are %v and not %v", what, kind, got, want)
			}
		}
		for _, id := range w.Delete {
			if p.Marks().Exists(id) || p.Marks().Kept(id) {
				return fmt.Errorf("%s: %v still exists", what, g.Node(id))
			}
		}
		return nil
	}
	if err := agree("nothing", d, gc.WhatIf{}); err != nil {
		return err
	}
	for _, n := range d.nodes {
		other := d.nodes[r.IntN(len(d.nodes))]
		unrooted := d.only(func(s statement) bool { return s.from != outside || objectOf(s.to) != n })
		rooted := *unrooted
		rooted.statements = append(slices.Clone(unrooted.statements), statement{from: outside, to: other})
		if n == other {
			rooted = *unrooted
		}
		both := gc.WhatIf{Unroot: idsOf(g, []gc.Node{n}), Root: idsOf(g, []gc.Node{n, other})}
		if err := cmp.Or(
			agree(fmt.Sprintf("without %v", n), d.without(n), gc.WhatIf{Delete: idsOf(g, []gc.Node{n}), Root: idsOf(g, []gc.Node{n})}),
			agree(fmt.Sprintf("without %v and %v", n, other), d.without(n, other), gc.WhatIf{Delete: idsOf(g, []gc.Node{n, other})}),
			agree(fmt.Sprintf("no root %v", n), unrooted, gc.WhatIf{Unroot: idsOf(g, []gc.Node{n})}),
			agree(fmt.Sprintf("root %v but not %v", other, n), &rooted, both),
		); err != nil {
			return err
		}
	}
	// Some references are only told when they are followed. Some lead through nodes outside of the graph.
	more := *d
	more.statements = slices.Clone(d.statements)
	nodes := append([]gc.Node{{Type: 1, Key: "x"}, {Type: 2, Key: "y"}}, d.nodes...)
	var told []statement
	for range 6 {
		told = append(told, statement{from: nodes[r.IntN(len(nodes))], to: nodes[r.IntN(len(nodes))]})
	}
	more.statements = append(more.statements, told...)
	return agree("with more references", &more, gc.WhatIf{Follow: func(n gc.Node, keep func(gc.Node)) {
		for _, s := range told {
			if s.from == n {
				keep(s.to)
			}
		}
	}})
}

// checkUsage compares the usage of types and namespaces.
func checkUsage(d *drawn, g *gc.Graph, r *rand.Rand) error {
	type group struct {
		kind      gc.ResourceType
		namespace string
	}
	rowOf := func(n gc.Node) group { return group{n.Type, n.Namespace} }
	deleted := d.nodes[r.IntN(len(d.nodes))]
	for _, after := range []*drawn{d, d.without(deleted)} {
		all, rows := after.reached(), map[group]gc.Usage{}
		for n := range after.weights {
			row := rows[rowOf(n)]
			row.Type, row.Namespace = n.Type, n.Namespace
			weight := g.Weight(idOf(g, n))
			if all[flatOf(n)] {
				row.Kept, row.KeptBytes = row.Kept+1, row.KeptBytes+weight
			} else {
				row.Removed, row.RemovedBytes = row.Removed+1, row.RemovedBytes+weight
			}
			rows[rowOf(n)] = row
		}
		for name, holders := range d.shared {
			if len(d.existing(name)) < 2 {
				continue // the bytes are the holder's own
			}
			there, weight := after.existing(name), slices.Max(slices.Collect(maps.Values(holders)))
			kept := slices.ContainsFunc(there, func(n gc.Node) bool { return all[flatOf(n)] })
			among := map[group]bool{}
			for _, n := range there {
				among[rowOf(n)] = true
			}
			for key := range among {
				row := rows[key]
				switch {
				case kept && len(among) == 1:
					row.KeptBytes += weight
				case kept:
					row.SharedKept += weight
				case len(among) == 1:
					row.RemovedBytes += weight
				default:
					row.SharedRemoved += weight
				}
				rows[key] = row
			}
		}
		var w gc.WhatIf
		if after != d {
			w.Delete = idsOf(g, []gc.Node{deleted})
		}
		want := slices.SortedFunc(maps.Values(rows), func(a, b gc.Usage) int {
			return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Namespace, b.Namespace))
		})
		if got := gc.Mark(g, w).Usage(); !slices.Equal(got, want) {
			return fmt.Errorf("the usage without %v is %+v and not %+v", w.Delete, got, want)
		}
	}
	for n, want := range d.weights {
		for name, holders := range d.shared {
			if there := d.existing(name); len(there) == 1 && there[0] == n {
				want += slices.Max(slices.Collect(maps.Values(holders)))
			}
		}
		if got := g.Weight(idOf(g, n)); got != want {
			return fmt.Errorf("%v has %d bytes and not %d", n, got, want)
		}
	}
	return nil
}
