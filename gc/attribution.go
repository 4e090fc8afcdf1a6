package gc

import (
	"encoding/binary"
	"slices"
)

// An Attribution assigns every byte and every object of a graph to the set of holders that keep it.
//
// A holder is a list of objects that a person deletes together: all names of one image, or a container with its
// snapshot. An object that exactly one holder keeps is retained by that holder: deleting the holder frees it. An object
// that several holders keep is shared by that set: it goes when the last of them is deleted. An object that no holder
// keeps is garbage. The parts are disjoint, so their sums account for the whole graph.
//
// An Attribution is immutable and safe for concurrent use.
type Attribution struct {
	graph   *Graph
	holders [][]ID
	sets    []Share
	setOf   []uint32 // by vertex: the set that its weight is attributed to
}

// A Share is the part of a graph that one set of holders keeps.
type Share struct {
	// Holders are the numbers of the holders, in ascending order. It is empty for garbage, and if Many is set. The
	// slice belongs to the Attribution.
	Holders []uint32

	// Many reports that the holders are too many to be listed. All of these parts are added up in one Share.
	Many bool

	Bytes   int64
	Objects int
}

// The first two sets of every Attribution. Other sets follow.
const (
	setNone = 0 // keeps garbage
	setMany = 1 // too many holders to be listed
)

// holderSetBudget bounds the memory of all listed sets: 2^24 numbers of 4 bytes. A database with 500 images that share
// layers needs a few thousand.
const holderSetBudget = 1 << 24

// Attribute attributes the graph to holders.
//
// Each member of a holder must be a root, or be referred to in full by a root of the same holder. An object belongs to
// one holder: if several name it, the first does. A root that no holder names becomes a holder of its own; these follow
// the given holders in node order. If only the flat visit of that root is a root, objects that another holder keeps
// through its full visit count for that other holder alone.
//
// It takes time proportional to objects and edges, apart from building the sets.
func Attribute(g *Graph, holders [][]ID) *Attribution {
	a := &Attribution{graph: g, setOf: make([]uint32, len(g.weights))}
	a.holders = append(a.holders, holders...)
	flow := newHolderFlow(a)
	flow.order()
	flow.solve()
	a.sets = flow.table.sets
	a.sum(flow)
	return a
}

// Len returns the number of holders.
func (a *Attribution) Len() int { return len(a.holders) }

// Members returns the objects of holder h. The slice belongs to the Attribution.
func (a *Attribution) Members(h int) []ID { return a.holders[h] }

// Sets returns all parts of the graph, by set of holders: garbage first. Bytes and objects of a set with one holder are
// retained by that holder.
func (a *Attribution) Sets() []Share { return a.sets }

// Set returns the index in [Attribution.Sets] of the set that keeps an object.
func (a *Attribution) Set(id ID) uint32 { return a.setOf[a.graph.keeper(id)] }

// sum adds up the weights and objects of each set.
func (a *Attribution) sum(flow *holderFlow) {
	g := a.graph
	for v := range g.weights {
		set := flow.weightSet(uint32(v))
		a.setOf[v] = set
		s := &a.sets[set]
		s.Bytes = addBytes(s.Bytes, g.weights[v])
		if id := uint32(v); !g.isShared(id) && g.keeper(g.object(id)) == id && g.Exists(g.object(id)) {
			s.Objects++
		}
	}
}

// A holderFlow propagates sets of holders along the edges of a graph. The set of a vertex contains the holders that
// lead to it without passing through a member of another holder, because that other holder alone decides.
//
// The record of a member goes when its holder is deleted. Therefore its own bytes and the references that its record
// states belong to its holder alone, even if other holders refer to it. A joint edge to a member passes nothing on: it
// goes with the holder too. The name of a member outlives the record: a back reference from the name, stated by another
// record, holds as long as anything else refers to the name.
//
// Invariants: order sets comp, byComp and starts; solve sets sets. Component c has the vertices
// byComp[starts[c]:starts[c+1]], each with comp c+1 and the same set.
type holderFlow struct {
	*Attribution
	into   incoming
	marks  *Marks
	holder []uint32 // by object: number of its holder + 1, 0 for none
	flat   bitmap   // by object: only its flat visit is a root, so its holder does not decide about a full visit
	table  setTable
	sets   []uint32 // by vertex: its set
	comp   []uint32 // by vertex: its strongly connected component + 1, 0 for vertices that no root reaches
	byComp []uint32 // vertices, components in reverse topological order
	starts []uint32 // by component: its first place in byComp
}

func newHolderFlow(a *Attribution) *holderFlow {
	g := a.graph
	f := &holderFlow{
		Attribution: a,
		into:        g.into(),
		marks:       Mark(g, WhatIf{}),
		holder:      make([]uint32, g.Len()),
		flat:        newBitmap(g.Len()),
		table:       newSetTable(),
		sets:        make([]uint32, len(g.weights)),
		comp:        make([]uint32, len(g.weights)),
	}
	for h, members := range a.holders {
		for _, id := range members {
			if f.holder[id] == 0 {
				f.holder[id] = uint32(h) + 1
			}
		}
	}
	for _, r := range g.Roots() {
		if f.holder[r.ID] == 0 {
			a.holders = append(a.holders, []ID{r.ID})
			f.holder[r.ID] = uint32(len(a.holders))
			if r.Flat { // a full visit would come first
				f.flat.set(int(r.ID))
			}
		}
	}
	return f
}

// holderOf returns the number of the holder of the vertex's object plus 1, or 0 if it is a member of none.
func (f *holderFlow) holderOf(v uint32) uint32 {
	if f.graph.isShared(v) {
		return 0
	}
	id := f.graph.object(v)
	if f.flat.has(int(id)) && !f.graph.isFlat(v) {
		return 0
	}
	return f.holder[id]
}

// A passage is the set of holders that an edge passes on.
type passage int

const (
	passNothing passage = iota
	passHolder          // the holder of the edge's source, alone
	passSet             // the set of the source, and its holder if it has one
)

// passage classifies the edge e from v to w. Both ends are reached.
func (f *holderFlow) passage(v, w, e uint32) passage {
	g := f.graph
	switch kind := g.edges.kind(e); {
	case kind != ofSource && f.holderOf(w) != 0:
		return passNothing // the edge depends on the record of w, and w's holder decides about that
	case f.holderOf(v) == 0:
		return passSet
	case kind != ofTarget && (g.isShared(w) || g.isReference(v, w)):
		return passHolder
	default:
		return passSet
	}
}

// order finds the strongly connected components of the edges that pass sets on (Tarjan, "Depth-first search and linear
// graph algorithms", 1972), without recursion.
func (f *holderFlow) order() {
	g := f.graph
	var (
		index, low = make([]uint32, len(g.weights)), make([]uint32, len(g.weights))
		next       = make([]uint32, len(g.weights)) // the next edge to look at
		path       []uint32                         // the walk from the start to the current vertex
		open       []uint32                         // visited vertices without a component yet
		visited    uint32
	)
	enter := func(v uint32) {
		visited++
		index[v], low[v] = visited, visited
		next[v], _ = g.edges.of(v)
		path, open = append(path, v), append(open, v)
	}
	for start := range uint32(len(g.weights)) {
		if !f.marks.reached.has(int(start)) || index[start] != 0 {
			continue
		}
		for enter(start); len(path) > 0; {
			v := path[len(path)-1]
			if _, end := g.edges.of(v); next[v] < end {
				e := next[v]
				next[v]++
				w := g.edges.to[e]
				switch {
				case f.passage(v, w, e) != passSet:
				case index[w] == 0:
					enter(w)
				case f.comp[w] == 0:
					low[v] = min(low[v], index[w])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				above := path[len(path)-1]
				low[above] = min(low[above], low[v])
			}
			if low[v] != index[v] {
				continue
			}
			f.starts = append(f.starts, uint32(len(f.byComp)))
			for w := uint32(len(g.weights)); w != v; {
				w = open[len(open)-1]
				open = open[:len(open)-1]
				f.comp[w] = uint32(len(f.starts))
				f.byComp = append(f.byComp, w)
			}
		}
	}
	f.starts = append(f.starts, uint32(len(f.byComp)))
}

// solve computes the set of each component from the sets of the components that lead to it.
func (f *holderFlow) solve() {
	rooted := newBitmap(len(f.sets))
	for _, r := range f.graph.roots.ids {
		rooted.set(int(r))
	}
	var parts []uint32
	for c := len(f.starts) - 2; c >= 0; c-- {
		vertices := f.byComp[f.starts[c]:f.starts[c+1]]
		parts = parts[:0]
		for _, v := range vertices {
			own := f.holderOf(v)
			if own != 0 && rooted.has(int(v)) {
				parts = append(parts, f.table.single(own-1))
			}
			for p, end := f.into.of(v); p < end; p++ {
				u := f.into.from[p]
				if f.comp[u] == 0 {
					continue
				}
				pass := f.passage(u, v, f.into.edge[p])
				if h := f.holderOf(u); h != 0 && pass != passNothing {
					parts = append(parts, f.table.single(h-1))
				}
				if pass == passSet && f.comp[u] != uint32(c)+1 {
					parts = append(parts, f.sets[u])
				}
			}
		}
		set := f.table.union(parts)
		for _, v := range vertices {
			f.sets[v] = set
		}
	}
}

// weightSet returns the set that a vertex's weight is attributed to.
func (f *holderFlow) weightSet(v uint32) uint32 {
	if f.comp[v] == 0 {
		return setNone
	}
	if h := f.holderOf(v); h != 0 {
		return f.table.single(h - 1)
	}
	return f.sets[v]
}

// A setTable numbers sets of holders. Equal sets have one number.
type setTable struct {
	sets   []Share
	bySet  map[string]uint32 // by members
	unions map[string]uint32 // by numbers of the sets that were united
	left   int               // of holderSetBudget
	key    []byte
}

func newSetTable() setTable {
	return setTable{
		sets:   []Share{setNone: {}, setMany: {Many: true}},
		bySet:  map[string]uint32{},
		unions: map[string]uint32{},
		left:   holderSetBudget,
	}
}

func (t *setTable) single(holder uint32) uint32 { return t.number([]uint32{holder}) }

// number returns the number of the set with these members, which are sorted.
func (t *setTable) number(members []uint32) uint32 {
	t.key = t.key[:0]
	for _, m := range members {
		t.key = binary.LittleEndian.AppendUint32(t.key, m)
	}
	if set, ok := t.bySet[string(t.key)]; ok {
		return set
	}
	if len(members) > 1 {
		if len(members) > t.left {
			return setMany
		}
		t.left -= len(members)
	}
	set := uint32(len(t.sets))
	t.sets = append(t.sets, Share{Holders: slices.Clone(members)})
	t.bySet[string(t.key)] = set
	return set
}

// union returns the number of the union of sets, each with a member. It reorders parts.
func (t *setTable) union(parts []uint32) uint32 {
	slices.Sort(parts)
	parts = slices.Compact(parts)
	switch {
	case len(parts) == 0:
		return setNone
	case len(parts) == 1 || parts[0] == setMany:
		return parts[0]
	}
	var key []byte
	for _, p := range parts {
		key = binary.LittleEndian.AppendUint32(key, p)
	}
	if set, ok := t.unions[string(key)]; ok {
		return set
	}
	var members []uint32
	for _, p := range parts {
		members = append(members, t.sets[p].Holders...)
	}
	slices.Sort(members)
	set := t.number(slices.Compact(members))
	t.unions[string(key)] = set
	return set
}
