package proptest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// labels count the interesting situations and shapes of histories.
type labels map[string]int

func (l labels) add(name string) { l[name]++ }

// A Label is an interesting situation or shape of histories, with its number of occurrences.
type Label struct {
	Name  string
	Count int
}

// sorted returns the labels, the most frequent first.
func (l labels) sorted() (all []Label) {
	for name, n := range l {
		all = append(all, Label{name, n})
	}
	slices.SortFunc(all, func(a, b Label) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return all
}

// history counts the shapes of one history, each at most once.
func (l labels) history(h generate.History) {
	seen := map[string]bool{}
	for _, op := range h.Ops {
		for _, shape := range opShapes {
			if shape.of(op) {
				seen["Ops: "+shape.name] = true
			}
		}
	}
	for _, shape := range referenceShapes(h.Ops) {
		seen["references: "+shape] = true
	}
	l.add("histories")
	for _, bound := range []struct {
		below int
		name  string
	}{{1, "0"}, {5, "1 to 4"}, {15, "5 to 14"}, {40, "15 to 39"}, {1 << 30, "40 and more"}} {
		if len(h.Ops) < bound.below {
			l.add("length: " + bound.name)
			break
		}
	}
	for name := range seen {
		l.add(name)
	}
}

// opShapes are the interesting shapes of single Ops.
var opShapes = []struct {
	name string
	of   func(engine.Op) bool
}{
	{"a collection", func(op engine.Op) bool { return op.Name == collect.Name }},
	{"time passes", func(o engine.Op) bool { a, ok := o.Args.(op.ClockAdvanceArgs); return ok && a.By > 0 }},
	{"time is set back", func(o engine.Op) bool { a, ok := o.Args.(op.ClockAdvanceArgs); return ok && a.By < 0 }},
	{"under a lease", func(op engine.Op) bool { return op.Lease != nil }},
	{"canceled", func(op engine.Op) bool { return op.Canceled }},
	{"a call that may wait", func(op engine.Op) bool { return op.Call != "" }},
	{"a crash", func(o engine.Op) bool { return o.Name == op.NodeCrash }},
	{"a fault", func(o engine.Op) bool { return o.Name == op.FaultsSet }},
	{"a flat lease", func(o engine.Op) bool {
		a, ok := o.Args.(op.LeasesCreateArgs)
		return ok && a.Labels[generate.Prefix+"flat"] != ""
	}},
	{"a lease that expires", func(o engine.Op) bool {
		a, ok := o.Args.(op.LeasesCreateArgs)
		return ok && a.Labels[generate.Prefix+"expire"] != ""
	}},
	{"a second namespace", func(op engine.Op) bool { return op.NS != "" && op.NS != "a" }},
	{"a blob that another namespace may have", func(o engine.Op) bool {
		a, ok := o.Args.(op.WritersOpenArgs)
		return ok && a.Desc.Digest != ""
	}},
	{"a snapshot with a parent", func(o engine.Op) bool { a, ok := o.Args.(op.SnapshotCreate); return ok && a.Parent != "" }},
	{"a back reference", hasLabel("bref.")},
	{"a condition", hasLabel("cond.")},
	{"a root label", hasLabel("root")},
}

// hasLabel reports whether an Op sets a collection label with this prefix.
func hasLabel(prefix string) func(engine.Op) bool {
	return func(o engine.Op) bool {
		_, given, _ := made(o)
		if a, ok := o.Args.(op.ContentUpdateArgs); ok {
			given = a.Info.Labels
		}
		for key := range given {
			if strings.HasPrefix(key, generate.Prefix+prefix) {
				return true
			}
		}
		return false
	}
}

// referenceShapes returns the shapes of the reference graph that the Ops make.
func referenceShapes(ops []engine.Op) (shapes []string) {
	edges := map[object][]object{}
	for _, op := range ops {
		from, given, ok := made(op)
		if !ok {
			continue
		}
		edges[from] = append(edges[from], nil...)
		for _, key := range slices.Sorted(maps.Keys(given)) {
			if kind, name, ok := referredTo(key, given[key]); ok {
				edges[from] = append(edges[from], object{from.ns, kind, name})
			}
		}
	}
	seen := map[string]bool{}
	for from, all := range edges {
		for ns := range 3 {
			if twin := (object{string(generate.Namespaces[ns]), from.kind, from.name}); twin != from && edges[twin] != nil {
				seen["a twin in another namespace"] = true
			}
		}
		for _, to := range all {
			_, there := edges[to]
			switch {
			case to == from:
				seen["to itself"] = true
			case !there:
				seen["dangling"] = true
			}
		}
		paths := map[object]int{}
		depth := walk(edges, from, from, map[object]bool{}, paths, func() { seen["a cycle"] = true })
		if depth >= 4 {
			seen["a chain of four and more"] = true
		}
		for to, n := range paths {
			if n > 1 && to != from {
				seen["a diamond"] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// walk counts the references to each object that is reachable from root, and returns the length of the longest path it
// follows. It calls cycle for each cycle through root.
func walk(edges map[object][]object, root, at object, seen map[object]bool, paths map[object]int, cycle func()) (depth int) {
	seen[at] = true
	for _, to := range edges[at] {
		paths[to]++
		if to == root && at != root {
			cycle()
		}
		if !seen[to] {
			depth = max(depth, 1+walk(edges, root, to, seen, paths, cycle))
		}
	}
	return depth
}
