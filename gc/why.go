package gc

import "slices"

// An Explanation says what keeps a node, or what came nearest to it.
type Explanation struct {
	ID     ID
	Exists bool // it is stored; otherwise something refers to it in vain
	Kept   bool // it is stored and a root leads to it

	// Chains are the shortest ways from a root to the node among those with the
	// fewest misses: with none, a root really leads to it. They are in node order
	// step by step, at most Limits.Chains of them, and fewer where they are
	// hundreds of thousands of steps long; Count says how many there are
	// (math.MaxUint64 means at least that many). There is none at all when not
	// even misses lead to the node.
	Chains []Chain
	Count  uint64
	Misses int

	// Roots are the roots that lead to the node, however far away, in node
	// order; at most Limits.Roots of RootCount.
	Roots     []ID
	RootCount int

	// Referrers are the references to a node that no root leads to, from nodes
	// that go as well or are only visited flat; at most Limits.Edges of them, by
	// From in node order.
	Referrers []Edge

	// Astray are references to the same type and key in another namespace, where
	// nothing is stored: a namespace mixed up would explain why the node is not
	// kept. At most Limits.Edges of them.
	Astray []Edge
}

// A Chain leads from a root, its first step, to the node explained, its last.
type Chain []Step

// A Step is one node of a chain.
type Step struct {
	ID   ID
	Flat bool // by its flat visit

	// Missed says that this step did not really happen, and Reasons how it
	// nearly did. A Step that goes on in full from the flat visit of the same
	// object has the Rule "flat": flatness alone stopped it.
	Missed bool

	// Reasons say why the step before keeps this one, or why the first is a root:
	// all of them, sorted. Empty unless the Builder was to explain.
	Reasons []Reason
}

// Limits bounds an Explanation; 0 or less means 16.
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

// Why explains one node. It takes time proportional to the graph, whatever the
// number of chains.
func Why(g *Graph, id ID, limits Limits) *Explanation {
	limits = limits.orDefault()
	x := &Explanation{ID: id, Exists: g.Exists(id)}

	s := newSearch(g, id)
	if !s.found {
		x.refused(g, limits)
		return x
	}
	x.Misses = int(s.cost[s.ends[0]].misses)
	x.Kept = x.Exists && x.Misses == 0
	x.Count = s.countChains()
	x.Chains = s.chains(limits.Chains)
	if x.Misses == 0 {
		x.rooted(g, limits)
	} else {
		x.refused(g, limits)
	}
	return x
}

// rooted finds the roots that lead to a node.
func (x *Explanation) rooted(g *Graph, limits Limits) {
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

// refused finds what refers to a node that no root leads to.
func (x *Explanation) refused(g *Graph, limits Limits) {
	x.Referrers = limited(g.edgesInto(x.ID), limits.Edges)
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
	x.Astray = limited(x.Astray, limits.Edges)
}

// edgesInto are the references to a node, by From in node order.
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

func limited[E any](list []E, n int) []E { return list[:min(len(list), n)] }
