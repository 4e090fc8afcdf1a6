package gc

import "slices"

// An Explanation lists the paths that keep a node, or the paths that nearly keep it.
type Explanation struct {
	ID     ID
	Exists bool // the node exists; otherwise references to it dangle
	Kept   bool // the node exists and a root leads to it

	// Chains are the shortest paths from a root to the node among those with the fewest misses. Without misses, the
	// root keeps the node. They are in node order step by step. There are at most Limits.Chains, and fewer if the
	// chains are hundreds of thousands of steps long. Count is the total number (math.MaxUint64 means at least that
	// many). Chains is empty if not even misses lead to the node.
	Chains []Chain
	Count  uint64
	Misses int

	// Roots are all roots that lead to the node over any distance, in node order. There are at most Limits.Roots;
	// RootCount is the total number.
	Roots     []ID
	RootCount int

	// Referrers are the references to a node that no root leads to. They come from nodes that are garbage or are only
	// visited flat. There are at most Limits.Edges, in node order of From.
	Referrers []Edge

	// Astray are references to the same type and key in another namespace, where nothing exists. For example, a client
	// used the wrong namespace. There are at most Limits.Edges.
	Astray []Edge
}

// A Chain is a path. Its first step is a root, its last step is the explained node.
type Chain []Step

// A Step is one node of a chain.
type Step struct {
	ID   ID
	Flat bool // the chain passes through its flat visit

	// Missed means that this step does not hold; Reasons contain why it nearly does. A step from the flat to the full
	// visit of the same object has the Rule "flat": only flatness prevents it.
	Missed bool

	// Reasons are all reasons for which the previous step keeps this one, or for which the first step is a root,
	// sorted. They are empty without [Explain].
	Reasons []Reason
}

// Limits limits the lists of an Explanation. 0 or less means 16.
type Limits struct {
	Chains, Roots, Edges int
}

func (l Limits) orDefault() Limits {
	for _, n := range []*int{&l.Chains, &l.Roots, &l.Edges} {
		if *n <= 0 {
			*n = 16
		}
	}
	return l
}

// Why explains one node. It takes time proportional to the graph, independent of the number of chains.
func Why(g *Graph, id ID, limits Limits) *Explanation {
	limits = limits.orDefault()
	x := &Explanation{ID: id, Exists: g.Exists(id)}

	s := newSearch(g, id)
	if !s.found {
		x.findReferrers(g, limits)
		return x
	}
	x.Misses = int(s.cost[s.ends[0]].misses)
	x.Kept = x.Exists && x.Misses == 0
	x.Count = s.countChains()
	x.Chains = s.chains(limits.Chains)
	if x.Misses == 0 {
		x.findRoots(g, limits)
	} else {
		x.findReferrers(g, limits)
	}
	return x
}

// findRoots finds the roots that lead to a node.
func (x *Explanation) findRoots(g *Graph, limits Limits) {
	into := g.into()
	leads := newBitmap(len(g.weights))
	leads.set(int(g.keeper(x.ID)))
	pending := []uint32{g.keeper(x.ID)}
	for len(pending) > 0 {
		w := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		for i, end := into.of(w); i < end; i++ {
			if v := into.from[i]; !leads.has(int(v)) {
				leads.set(int(v))
				pending = append(pending, v)
			}
		}
	}
	var last *Root
	for i := range g.Roots() {
		r := &g.Roots()[i]
		if !leads.has(int(r.vertex)) || last != nil && r.ID == last.ID {
			continue
		}
		last = r
		x.RootCount++
		if len(x.Roots) < limits.Roots {
			x.Roots = append(x.Roots, r.ID)
		}
	}
}

// findReferrers finds the references to a node that no root leads to.
func (x *Explanation) findReferrers(g *Graph, limits Limits) {
	x.Referrers = atMost(g.edgesInto(x.ID), limits.Edges)
	name := g.Node(x.ID)
	for _, group := range g.table.groups {
		if group.kind != name.Type || group.namespace == name.Namespace {
			continue
		}
		if other, ok := g.Lookup(group.node(name.Key)); ok && !g.Exists(other) {
			x.Astray = append(x.Astray, g.edgesInto(other)...)
		}
	}
	slices.SortStableFunc(x.Astray, g.compareEdges)
	x.Astray = atMost(x.Astray, limits.Edges)
}

// edgesInto returns the references to a node, in node order of From.
func (g *Graph) edgesInto(id ID) []Edge {
	into := g.into()
	var edges []Edge
	for _, w := range slices.Compact([]uint32{uint32(id), g.keeper(id)}) {
		for i, end := into.of(w); i < end; i++ {
			if v := into.from[i]; g.isReference(v, w) {
				edges = append(edges, g.edge(v, w, into.edge[i]))
			}
		}
	}
	slices.SortStableFunc(edges, g.compareEdges)
	return edges
}

func (g *Graph) compareEdges(a, b Edge) int {
	if c := g.compareIDs(a.From, b.From); c != 0 {
		return c
	}
	if c := g.compareIDs(a.To, b.To); c != 0 {
		return c
	}
	return compareReasons(a.Reason, b.Reason)
}

func atMost[E any](list []E, n int) []E { return list[:min(len(list), n)] }
