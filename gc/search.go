package gc

import (
	"math"
	"slices"
)

// A search finds the nearest ways from the roots to one node. It walks visits: an
// object visited in full offers its flat visit's edges as well as its own, at
// no cost, so that the graph's own edge between the two is not walked. Each step
// costs 1 in length; a step that was only missed costs a miss as well, and one
// miss outweighs any length.
type search struct {
	g     *Graph
	cost  []cost   // by vertex
	ends  []uint32 // the node's visits that are nearest
	found bool

	onWay bitmap   // vertices of nearest ways, and of those that a fuller step hides
	order []uint32 // those vertices, the farthest from the roots first
}

type cost struct{ misses, length uint32 }

var unreached = cost{math.MaxUint32, math.MaxUint32}

func (c cost) less(d cost) bool {
	return c.misses < d.misses || c.misses == d.misses && c.length < d.length
}

// after is the cost of one more step.
func (c cost) after(missed bool) cost {
	c.length++
	if missed {
		c.misses++
	}
	return c
}

func newSearch(g *Graph, id ID) *search {
	s := &search{g: g, cost: make([]cost, len(g.weights))}
	for v := range s.cost {
		s.cost[v] = unreached
	}
	s.spread(id)
	near := s.near(id)
	if near == unreached {
		return s
	}
	s.found = true
	for _, v := range slices.Compact([]uint32{uint32(id), g.keeper(id)}) {
		if s.cost[v] == near {
			s.ends = append(s.ends, v)
		}
	}
	s.trace()
	return s
}

// near is the least cost of reaching the node, in full or flat.
func (s *search) near(id ID) cost {
	full, flat := s.cost[id], s.cost[s.g.keeper(id)]
	if flat.less(full) {
		return flat
	}
	return full
}

// A front is a vertex waiting at a length.
type front struct {
	vertex uint32
	length uint32
}

// spread settles the cost of every vertex nearer than the node. All vertices with no
// miss are settled before those with one, and so on: what a round's misses lead
// to seeds the next. Both the seeds and what a round reaches itself come in order
// of length, so merging the two replaces a priority queue.
func (s *search) spread(id ID) {
	var seeds, next []front
	for _, v := range s.g.roots.ids {
		seeds = append(seeds, front{uint32(v), 0})
	}
	for _, v := range s.g.missRoots.ids {
		next = append(next, front{uint32(v), 0})
	}
	for misses := uint32(0); len(seeds) > 0 || len(next) > 0; misses++ {
		var queue []front
		for len(seeds) > 0 || len(queue) > 0 {
			from := &queue
			if len(queue) == 0 || len(seeds) > 0 && seeds[0].length <= queue[0].length {
				from = &seeds
			}
			f := (*from)[0]
			*from = (*from)[1:]

			c := cost{misses, f.length}
			if s.near(id).less(c) {
				return
			}
			if s.cost[f.vertex] != unreached {
				continue
			}
			s.cost[f.vertex] = c
			s.g.steps(f.vertex, func(w uint32, missed bool) {
				switch {
				case s.cost[w] != unreached:
				case missed:
					next = append(next, front{w, f.length + 1})
				default:
					queue = append(queue, front{w, f.length + 1})
				}
			})
		}
		seeds, next = next, nil
	}
}

// steps calls visit for every step on from a vertex.
func (g *Graph) steps(v uint32, visit func(w uint32, missed bool)) {
	g.ownSteps(v, visit)
	if f := g.flatVisit(v); f != 0 {
		g.ownSteps(f, visit)
	}
	if g.isFlat(v) {
		visit(uint32(g.object(v)), true)
	}
}

func (g *Graph) ownSteps(v uint32, visit func(w uint32, missed bool)) {
	for e, end := g.edges.of(v); e < end; e++ {
		if w := g.edges.to[e]; g.isReference(v, w) {
			visit(w, false)
		}
	}
	for e, end := g.misses.of(v); e < end; e++ {
		visit(g.misses.to[e], true)
	}
}

// stepsInto calls visit for every step to a vertex.
func (g *Graph) stepsInto(w uint32, visit func(v uint32, missed bool)) {
	from := func(in incoming, missed bool) {
		for i, end := in.of(w); i < end; i++ {
			v := in.from[i]
			if !g.isReference(v, w) {
				continue
			}
			visit(v, missed)
			if g.isFlat(v) {
				visit(uint32(g.object(v)), missed)
			}
		}
	}
	from(g.into(), false)
	from(g.missesInto(), true)
	if f := g.flatVisit(w); f != 0 {
		visit(f, true)
	}
}

// trace finds the vertices on nearest ways, from the node backwards.
func (s *search) trace() {
	s.onWay = newBitmap(len(s.cost))
	for _, v := range s.ends {
		s.onWay.set(int(v))
	}
	s.order = slices.Clone(s.ends)
	// Every step is one long, so that the order is by length.
	for i := 0; i < len(s.order); i++ {
		w := s.order[i]
		s.g.stepsInto(w, func(v uint32, missed bool) {
			if !s.onWay.has(int(v)) && s.cost[v] != unreached && s.cost[v].after(missed) == s.cost[w] {
				s.onWay.set(int(v))
				s.order = append(s.order, v)
			}
		})
	}
}

// onward are the steps from v on nearest ways, in node order.
func (s *search) onward(v uint32) []uint32 {
	var list []uint32
	s.g.steps(v, func(w uint32, missed bool) {
		if s.onWay.has(int(w)) && s.cost[v].after(missed) == s.cost[w] {
			list = append(list, w)
		}
	})
	return s.fullest(list)
}

// starts are the first vertices of nearest ways, in node order.
func (s *search) starts() []uint32 {
	var list []uint32
	for misses, ids := range [][]ID{s.g.roots.ids, s.g.missRoots.ids} {
		for _, v := range ids {
			if s.onWay.has(int(v)) && s.cost[v] == (cost{uint32(misses), 0}) {
				list = append(list, uint32(v))
			}
		}
	}
	return s.fullest(list)
}

// fullest sorts a list of vertices that one step reaches, and leaves out a flat
// visit where the same step reaches the object in full: it says less.
func (s *search) fullest(list []uint32) []uint32 {
	slices.SortFunc(list, s.g.compareVertices)
	return slices.CompactFunc(list, func(a, b uint32) bool {
		return s.g.object(a) == s.g.object(b) && s.cost[a] == s.cost[b]
	})
}

// countChains counts the nearest ways, beginning at their far end.
func (s *search) countChains() uint64 {
	count := make([]uint64, len(s.cost)) // from the vertex to the node
	for i, v := range s.order {
		if i < len(s.ends) {
			count[v] = 1
			continue
		}
		for _, w := range s.onward(v) {
			count[v] = addCounts(count[v], count[w])
		}
	}
	var total uint64
	for _, v := range s.starts() {
		total = addCounts(total, count[v])
	}
	return total
}

// stepsMax bounds the steps that chains lists in all: a few chains can be as long
// as the database is large.
const stepsMax = 1 << 20

// chains lists the first of the nearest ways in node order, step by step.
func (s *search) chains(limit int) []Chain {
	var (
		list  []Chain
		steps int
		way   []uint32
		// options are the vertices still to try at each step of the way, and
		// one past its end.
		options = [][]uint32{s.starts()}
	)
	for len(options) > 0 && len(list) < limit && (len(list) == 0 || steps < stepsMax) {
		last := len(options) - 1
		if len(options[last]) == 0 {
			options = options[:last]
			way = way[:max(last-1, 0)]
			continue
		}
		v := options[last][0]
		options[last] = options[last][1:]
		if !slices.Contains(s.ends, v) {
			way = append(way, v)
			options = append(options, s.onward(v))
			continue
		}
		list = append(list, s.chain(append(way, v)))
		steps += len(way) + 1
	}
	return list
}

// chain dresses a way with reasons.
func (s *search) chain(way []uint32) Chain {
	c := make(Chain, len(way))
	for i, v := range way {
		c[i] = Step{ID: s.g.object(v), Flat: s.g.isFlat(v)}
		switch {
		case i > 0:
			c[i].Missed = s.cost[v].misses > s.cost[way[i-1]].misses
			c[i].Reasons = s.g.reasons(way[i-1], v, c[i].Missed)
		case s.cost[v].misses > 0:
			c[i].Missed = true
			c[i].Reasons = s.g.missRoots.of(v)
		default:
			c[i].Reasons = s.g.roots.of(v)
		}
	}
	return c
}

// reasons are why one visit keeps, or nearly keeps, another.
func (g *Graph) reasons(v, w uint32, missed bool) []Reason {
	var list []Reason
	a := &g.edges
	if missed {
		a = &g.misses
		if g.isFlat(v) && g.object(v) == ID(w) {
			list = append(list, Reason{Rule: "flat"})
		}
	}
	for _, from := range []uint32{v, g.keeper(g.object(v))} {
		for e, end := a.of(from); e < end && a.reasons != nil; e++ {
			if a.to[e] == w && g.isReference(from, w) {
				list = append(list, a.reasons[e])
			}
		}
	}
	slices.SortFunc(list, compareReasons)
	return slices.Compact(list)
}
