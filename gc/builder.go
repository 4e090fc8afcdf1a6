package gc

// ID identifies a Node within one Builder and its Graph. IDs are dense and start at 0, in the order in which nodes were
// first interned.
type ID uint32

const (
	// maxObjects leaves numbers for flat visits and shared bytes, which follow the objects in 32 bits.
	maxObjects ID = 1 << 30

	// flatBit marks the ID of a flat visit from Builder.Flat. Its vertex is known after all objects are interned.
	flatBit ID = 1 << 31
)

// A Builder collects objects, edges and roots in any order and makes a [Graph] of them. It is not safe for concurrent
// use. It keeps the strings that it is given; their bytes must not change while the Graph is in use.
//
// Invariants: len(weights) == len(table.keys), and flatOf[flats[i]] == flatBit|i for each flat visit i.
type Builder struct {
	table   internTable
	weights []int64 // by object
	defined bitmap  // by object

	flats  []ID // object of each flat visit
	flatOf []ID // by object: its flat visit, 0 for none; may be shorter than weights

	roots  rootClaims
	edges  edgeList
	shared sharedBytes

	explain   bool
	missRoots rootClaims
	misses    edgeList

	frozen bool // Graph was called; every further call panics
}

// A BuilderOption configures a Builder.
type BuilderOption func(*Builder)

// Explain makes the graph record every Reason and every miss, for [Why]. Without it, marking and plans are the same,
// but Reasons are empty, and Miss and MissRoot have no effect.
func Explain() BuilderOption {
	return func(b *Builder) { b.explain = true }
}

// NewBuilder returns an empty Builder with room for sizeHint objects. It may hold more.
func NewBuilder(sizeHint int, options ...BuilderOption) *Builder {
	sizeHint = min(max(sizeHint, 0), 1<<24)
	b := &Builder{
		table:   newInternTable(sizeHint),
		weights: make([]int64, 0, sizeHint),
		edges:   edgeList{from: make([]ID, 0, sizeHint), to: make([]ID, 0, sizeHint)}, // graphs rarely have fewer
	}
	for _, o := range options {
		o(b)
	}
	return b
}

// Intern returns the node's ID, the same for every call. An interned node does not exist before Define; it can be the
// target of dangling references.
func (b *Builder) Intern(n Node) ID {
	b.checkFresh()
	id := b.table.intern(n)
	if int(id) == len(b.weights) {
		b.weights = append(b.weights, 0)
	}
	return id
}

// InternAll appends the IDs of the nodes to ids. It has the effect of Intern for each node in turn, but takes less
// time.
func (b *Builder) InternAll(nodes []Node, ids []ID) []ID {
	b.checkFresh()
	ids = b.table.internAll(nodes, ids)
	for len(b.weights) < len(b.table.keys) {
		b.weights = append(b.weights, 0)
	}
	return ids
}

// Define marks the object as existing. weight is the number of its own bytes, without bytes that it shares (see
// [Builder.Bytes]). A negative weight counts as 0. Another call replaces the weight.
func (b *Builder) Define(id ID, weight int64) {
	b.checkObject(id)
	b.defined.grow(len(b.weights))
	b.defined.set(int(id))
	b.weights[id] = max(weight, 0)
}

// Root makes the object, or its flat visit, a root. An object can be a root for several reasons.
func (b *Builder) Root(id ID, reason Reason) {
	b.checkVertex(id)
	b.roots.add(id, reason, b.explain)
}

// Edge makes from keep to. The record of from states the edge, so a deletion of from removes it. from and to may be
// flat visits, may be nodes that do not exist, and may be the same.
func (b *Builder) Edge(from, to ID, reason Reason) {
	b.checkVertex(from)
	b.checkVertex(to)
	b.edges.add(from, to, ofSource, reason, b.explain)
}

// BackEdge makes from keep to. Unlike Edge, the record of to states the edge, as a back reference does. So it holds
// even if from does not exist or is deleted in a [WhatIf], as long as another object refers to from.
func (b *Builder) BackEdge(from, to ID, reason Reason) {
	b.checkVertex(from)
	b.checkVertex(to)
	b.edges.add(from, to, ofTarget, reason, b.explain)
}

// JointEdge makes from keep to. Unlike Edge, it depends on the records of both, as a condition does that asks for a
// value in the record of to. So it does not hold if from or to is deleted in a [WhatIf].
func (b *Builder) JointEdge(from, to ID, reason Reason) {
	b.checkVertex(from)
	b.checkVertex(to)
	b.edges.add(from, to, ofBoth, reason, b.explain)
}

// Flat returns the flat visit of an object: a second vertex with only the edges that are added to the flat visit. The
// object stays if either vertex is reached. Reaching the full vertex includes the flat one; the graph adds that edge.
// The ID is valid only for Root, Edge, BackEdge, JointEdge, Miss and MissRoot of this Builder.
func (b *Builder) Flat(id ID) ID {
	b.checkObject(id)
	if int(id) >= len(b.flatOf) {
		b.flatOf = append(b.flatOf, make([]ID, len(b.weights)-len(b.flatOf))...)
	}
	if f := b.flatOf[id]; f != 0 {
		return f
	}
	f := flatBit | ID(len(b.flats))
	b.flats = append(b.flats, id)
	b.flatOf[id] = f
	return f
}

// Bytes adds bytes that stay while any holder stays, for example a blob in several namespaces. key identifies the
// bytes. Further calls with the same key add holders; the largest weight counts. Holders that are never defined do not
// count. Bytes with one holder become that object's own.
func (b *Builder) Bytes(key string, weight int64, holders ...ID) {
	for _, h := range holders {
		b.checkObject(h)
	}
	b.shared.add(key, weight, holders)
}

// Miss records an edge that does not hold but nearly does, such as one from an expired lease or from a label that the
// rules ignore. Only [Why] uses it.
func (b *Builder) Miss(from, to ID, reason Reason) {
	b.checkVertex(from)
	b.checkVertex(to)
	if b.explain {
		b.misses.add(from, to, ofSource, reason, true)
	}
}

// MissRoot records an object that is nearly a root, such as an expired lease. Only [Why] uses it.
func (b *Builder) MissRoot(id ID, reason Reason) {
	b.checkVertex(id)
	if b.explain {
		b.missRoots.add(id, reason, true)
	}
}

func (b *Builder) checkFresh() {
	if b.frozen {
		panic("gc: Builder used after Graph")
	}
}

func (b *Builder) checkObject(id ID) {
	if int(id) >= len(b.weights) {
		panic("gc: not the ID of an object of this Builder")
	}
}

func (b *Builder) checkVertex(id ID) {
	if int(id) >= len(b.weights) && (id&flatBit == 0 || int(id&^flatBit) >= len(b.flats)) {
		panic("gc: not an ID of this Builder")
	}
}
