package gc

import (
	"math"
	"slices"
)

// An edgeList collects edges in the order of the calls.
type edgeList struct {
	from, to []ID
	back     []uint32 // positions of back edges, ascending
	reasons  []Reason // one for each edge, or none
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

// maxEdges makes the position of an edge fit in 32 bits.
const maxEdges = math.MaxInt32

// An adjacency contains edges sorted by source. Edges with one source are in the order of the calls.
type adjacency struct {
	start   []uint32 // by vertex: position of its first edge; nil without edges
	to      []uint32
	back    bitmap   // by edge: it is a back edge; nil without back edges
	reasons []Reason // by edge; nil without Explain
}

// byFrom sorts the list by source. Its IDs must be vertices.
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

// startsOf returns the position of each vertex's first entry in the sorted list.
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

// of returns the range of the edges from a vertex.
func (a *adjacency) of(v uint32) (first, end uint32) {
	if a.start == nil {
		return 0, 0
	}
	return a.start[v], a.start[v+1]
}

// isBack reports whether the record of the target states the edge.
func (a *adjacency) isBack(e uint32) bool { return a.back != nil && a.back.has(int(e)) }

// reason returns the edge's reason, empty if reasons were not recorded.
func (a *adjacency) reason(e uint32) Reason {
	if a.reasons == nil {
		return Reason{}
	}
	return a.reasons[e]
}

// An incoming contains the same edges sorted by target.
type incoming struct {
	start []uint32 // by vertex: position of its first edge; nil without edges
	from  []uint32
	edge  []uint32 // position of the edge in the adjacency
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

// of returns the range of the edges to a vertex.
func (in *incoming) of(v uint32) (first, end uint32) {
	if in.start == nil {
		return 0, 0
	}
	return in.start[v], in.start[v+1]
}
