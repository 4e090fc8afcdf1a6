package gc

import (
	"math"
	"slices"
)

// An edgeList gathers edges in the order they come.
type edgeList struct {
	from, to []ID
	back     []uint32 // positions of back edges
	reasons  []Reason // one for each edge, or none at all
}

func (l *edgeList) add(from, to ID, back bool, reason Reason, explain bool) {
	if len(l.from) >= maxEdges {
		panic("gc: more than 2^31 edges in one graph")
	}
	if back {
		l.back = append(l.back, uint32(len(l.from)))
	}
	l.from = append(l.from, from)
	l.to = append(l.to, to)
	if explain {
		l.reasons = append(l.reasons, reason)
	}
}

// maxEdges lets the position of an edge fit 32 bits.
const maxEdges = math.MaxInt32

// An adjacency holds edges sorted by where they come from, those of one vertex in
// the order they were added.
type adjacency struct {
	start   []uint32 // by vertex: its first edge; nil when there are none at all
	to      []uint32
	back    bitmap   // by edge: it is a back edge; nil when none is
	reasons []Reason // by edge; nil when nobody asked
}

// byFrom sorts the list, whose IDs are vertices by now.
func (l *edgeList) byFrom(vertices int) adjacency {
	if len(l.to) == 0 {
		return adjacency{}
	}
	a := adjacency{
		start: startsOf(l.from, vertices),
		to:    make([]uint32, len(l.to)),
	}
	if l.reasons != nil {
		a.reasons = make([]Reason, len(l.to))
	}
	if l.back != nil {
		a.back = newBitmap(len(l.to))
	}
	next := slices.Clone(a.start)
	back := l.back
	for i, v := range l.from {
		e := next[v]
		next[v]++
		a.to[e] = uint32(l.to[i])
		if a.reasons != nil {
			a.reasons[e] = l.reasons[i]
		}
		if len(back) > 0 && back[0] == uint32(i) {
			a.back.set(int(e))
			back = back[1:]
		}
	}
	return a
}

// startsOf is where each vertex begins once the list is sorted.
func startsOf[V ~uint32](list []V, vertices int) []uint32 {
	start := make([]uint32, vertices+1)
	for _, v := range list {
		start[v+1]++
	}
	for v := range vertices {
		start[v+1] += start[v]
	}
	return start
}

// of is the range of the edges from a vertex.
func (a *adjacency) of(v uint32) (first, end uint32) {
	if a.start == nil {
		return 0, 0
	}
	return a.start[v], a.start[v+1]
}

// isBack reports whether the edge is said by the record it leads to.
func (a *adjacency) isBack(e uint32) bool { return a.back != nil && a.back.has(int(e)) }

// reason is the edge's, empty when reasons were not recorded.
func (a *adjacency) reason(e uint32) Reason {
	if a.reasons == nil {
		return Reason{}
	}
	return a.reasons[e]
}

// An incoming holds the same edges sorted by where they go.
type incoming struct {
	start []uint32 // by vertex: its first; nil when there are none at all
	from  []uint32
	edge  []uint32 // its position in the adjacency
}

func (a *adjacency) byTo() incoming {
	if a.start == nil {
		return incoming{}
	}
	vertices := len(a.start) - 1
	in := incoming{
		start: startsOf(a.to, vertices),
		from:  make([]uint32, len(a.to)),
		edge:  make([]uint32, len(a.to)),
	}
	next := slices.Clone(in.start)
	for v := range vertices {
		for e, end := a.of(uint32(v)); e < end; e++ {
			i := next[a.to[e]]
			next[a.to[e]]++
			in.from[i], in.edge[i] = uint32(v), e
		}
	}
	return in
}

// of is the range of the edges to a vertex.
func (in *incoming) of(v uint32) (first, end uint32) {
	if in.start == nil {
		return 0, 0
	}
	return in.start[v], in.start[v+1]
}
