package gc

import (
	"math"
	"slices"
)

// An edgeKind says which records an edge depends on. A deletion of such a record removes the edge.
type edgeKind uint8

const (
	ofSource edgeKind = iota
	ofTarget          // a back edge
	ofBoth            // a joint edge
)

// An edgeList collects edges in the order of the calls.
type edgeList struct {
	from, to []ID
	back     []uint32 // positions of back edges, ascending
	joint    []uint32 // positions of joint edges, ascending
	reasons  []Reason // one for each edge, or none
}

func (l *edgeList) add(from, to ID, kind edgeKind, reason Reason, explain bool) {
	if len(l.from) >= maxEdges {
		panic("gc: more than 2^31 edges in one graph")
	}
	switch kind {
	case ofTarget:
		l.back = append(l.back, uint32(len(l.from)))
	case ofBoth:
		l.joint = append(l.joint, uint32(len(l.from)))
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
	joint   bitmap   // by edge: it is a joint edge; nil without joint edges
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
	if l.joint != nil {
		a.joint = newBitmap(len(l.to))
	}
	next := slices.Clone(a.start)
	back, joint := l.back, l.joint
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
		if len(joint) > 0 && joint[0] == uint32(i) {
			a.joint.set(int(e))
			joint = joint[1:]
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

// kind returns the kind of an edge.
func (a *adjacency) kind(e uint32) edgeKind {
	switch {
	case a.back != nil && a.back.has(int(e)):
		return ofTarget
	case a.joint != nil && a.joint.has(int(e)):
		return ofBoth
	}
	return ofSource
}

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
