package gc

import (
	"math"
	"slices"
)

// A search finds the shortest paths from the roots to one node. It walks visits: a full visit offers the edges of the
// flat visit as well as its own, so the search ignores the graph's own edge between the two. Each step adds 1 to the
// length. A missed step also adds 1 to the misses. Fewer misses are better than any difference in length.
//
// Invariant after newSearch: if found, ends is not empty, and order begins with ends.
type search struct {
	g     *Graph
	cost  []cost   // by vertex; unreached if it is farther than the node
	ends  []uint32 // the nearest visits of the node
	found bool

	onPath bitmap   // vertices on shortest paths, including flat visits that preferFull omits
	order  []uint32 // the vertices in onPath, farthest from the roots first
}

type cost struct{ misses, length uint32 }

var unreached = cost{math.MaxUint32, math.MaxUint32}

func (c cost) less(d cost) bool {
	return c.misses < d.misses || c.misses == d.misses && c.length < d.length
}

// after returns the cost after one more step.
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
	s.settle(id)
	near := s.nearest(id)
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

// nearest returns the least cost of reaching the node, in full or flat.
func (s *search) nearest(id ID) cost {
	full, flat := s.cost[id], s.cost[s.g.keeper(id)]
	if flat.less(full) {
		return flat
	}
	return full
}

// A front is a vertex in the queue, with the length of its path.
type front struct {
	vertex uint32
	length uint32
}

// settle computes the cost of every vertex up to the cost of the node. Each round has one more miss than the round
// before; the missed steps of a round seed the next one. Seeds and the round's own queue are ordered by length, so
// merging the two replaces a priority queue.
func (s *search) settle(id ID) {
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
			if s.nearest(id).less(c) {
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

// steps calls visit for every step from a vertex.
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

// trace finds the vertices on shortest paths, backwards from the node.
func (s *search) trace() {
	s.onPath = newBitmap(len(s.cost))
	for _, v := range s.ends {
		s.onPath.set(int(v))
	}
	s.order = slices.Clone(s.ends)
	// Every step has length 1, so order is sorted by length.
	for i := 0; i < len(s.order); i++ {
		w := s.order[i]
		s.g.stepsInto(w, func(v uint32, missed bool) {
			if !s.onPath.has(int(v)) && s.cost[v] != unreached && s.cost[v].after(missed) == s.cost[w] {
				s.onPath.set(int(v))
				s.order = append(s.order, v)
			}
		})
	}
}

// successors returns the next vertices after v on shortest paths, in node order.
func (s *search) successors(v uint32) []uint32 {
	var list []uint32
	s.g.steps(v, func(w uint32, missed bool) {
		if s.onPath.has(int(w)) && s.cost[v].after(missed) == s.cost[w] {
			list = append(list, w)
		}
	})
	return s.preferFull(list)
}

// starts returns the first vertices of shortest paths, in node order.
func (s *search) starts() []uint32 {
	var list []uint32
	for misses, ids := range [][]ID{s.g.roots.ids, s.g.missRoots.ids} {
		for _, v := range ids {
			if s.onPath.has(int(v)) && s.cost[v] == (cost{uint32(misses), 0}) {
				list = append(list, uint32(v))
			}
		}
	}
	return s.preferFull(list)
}

// preferFull sorts the targets of one step. It omits a flat visit if the same step also reaches the full visit.
func (s *search) preferFull(list []uint32) []uint32 {
	slices.SortFunc(list, s.g.compareVertices)
	return slices.CompactFunc(list, func(a, b uint32) bool {
		return s.g.object(a) == s.g.object(b) && s.cost[a] == s.cost[b]
	})
}

// countChains counts the shortest paths, starting at the node.
func (s *search) countChains() uint64 {
	count := make([]uint64, len(s.cost)) // number of paths from the vertex to the node
	for i, v := range s.order {
		if i < len(s.ends) {
			count[v] = 1
			continue
		}
		for _, w := range s.successors(v) {
			count[v] = addCounts(count[v], count[w])
		}
	}
	var total uint64
	for _, v := range s.starts() {
		total = addCounts(total, count[v])
	}
	return total
}

// stepsMax limits the total number of steps that chains lists: a few chains can have as many steps as the database has
// objects.
const stepsMax = 1 << 20

// chains returns the first shortest paths in node order, step by step.
func (s *search) chains(limit int) []Chain {
	var (
		list  []Chain
		steps int
		path  []uint32
		// options[i] are the vertices to try at step i of the path, including the step after its end.
		options = [][]uint32{s.starts()}
	)
	for len(options) > 0 && len(list) < limit && steps < stepsMax {
		last := len(options) - 1
		if len(options[last]) == 0 {
			options = options[:last]
			path = path[:max(last-1, 0)]
			continue
		}
		v := options[last][0]
		options[last] = options[last][1:]
		if !slices.Contains(s.ends, v) {
			path = append(path, v)
			options = append(options, s.successors(v))
			continue
		}
		list = append(list, s.chain(append(path, v)))
		steps += len(path) + 1
	}
	return list
}

// chain adds reasons to a path.
func (s *search) chain(path []uint32) Chain {
	c := make(Chain, len(path))
	for i, v := range path {
		c[i] = Step{ID: s.g.object(v), Flat: s.g.isFlat(v)}
		switch {
		case i > 0:
			c[i].Missed = s.cost[v].misses > s.cost[path[i-1]].misses
			c[i].Reasons = s.g.reasons(path[i-1], v, c[i].Missed)
		case s.cost[v].misses > 0:
			c[i].Missed = true
			c[i].Reasons = s.g.missRoots.of(v)
		default:
			c[i].Reasons = s.g.roots.of(v)
		}
	}
	return c
}

// reasons returns the reasons of the edges, or misses, between two visits.
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
