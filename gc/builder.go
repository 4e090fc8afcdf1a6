package gc

// ID stands for a Node inside one Builder and the Graph made from it: dense,
// from 0, in the order in which nodes were first interned.
type ID uint32

const (
	// maxObjects leaves room to number the flat visits and the shared bytes
	// after the objects in 32 bits.
	maxObjects ID = 1 << 30

	// flatBit marks an ID that Builder.Flat gave out: the number of a flat
	// visit, whose vertex is only known when all objects are.
	flatBit ID = 1 << 31
)

// A Builder collects objects and what keeps them, in any order, and freezes them
// into a Graph. It is not safe for concurrent use. It keeps the strings it is
// given: their bytes must not change while the Graph is used.
type Builder struct {
	table   internTable
	weights []int64 // by object
	defined bitmap  // by object

	flats  []ID // object of each flat visit
	flatOf []ID // by object: its flat visit, 0 for none; as long as needed

	roots  claims
	edges  edgeList
	shared sharedBytes

	explain   bool
	missRoots claims
	misses    edgeList

	spent bool // Graph was called
}

// A BuilderOption changes what a Builder records.
type BuilderOption func(*Builder)

// Explain makes the graph able to say why: it keeps every Reason and every
// miss. Without it, marking and plans are the same, Reasons come back empty and
// Miss and MissRoot record nothing.
func Explain() BuilderOption {
	return func(b *Builder) { b.explain = true }
}

// NewBuilder returns an empty Builder with room for sizeHint objects; more is
// fine.
func NewBuilder(sizeHint int, options ...BuilderOption) *Builder {
	sizeHint = min(max(sizeHint, 0), 1<<24)
	b := &Builder{
		table:   newInternTable(sizeHint),
		weights: make([]int64, 0, sizeHint),
		edges:   edgeList{from: make([]ID, 0, sizeHint), to: make([]ID, 0, sizeHint)}, // seldom fewer
	}
	for _, o := range options {
		o(b)
	}
	return b
}

// Intern returns the node's ID, the same one each time. A node that is only
// interned does not exist: it is a name that something may refer to in vain,
// until Define.
func (b *Builder) Intern(n Node) ID {
	b.checkFresh()
	id := b.table.intern(n)
	if int(id) == len(b.weights) {
		b.weights = append(b.weights, 0)
	}
	return id
}

// InternAll appends the IDs of the nodes to ids. It does what Intern does for each
// in turn, in less time the more they are.
func (b *Builder) InternAll(nodes []Node, ids []ID) []ID {
	b.checkFresh()
	ids = b.table.internAll(nodes, ids)
	for len(b.weights) < len(b.table.keys) {
		b.weights = append(b.weights, 0)
	}
	return ids
}

// Define says that the object exists and takes weight bytes by itself; bytes
// that it shares with others are given to Bytes instead. A negative weight
// counts as none. Defining again replaces the weight.
func (b *Builder) Define(id ID, weight int64) {
	b.checkObject(id)
	b.defined.grow(len(b.weights))
	b.defined.set(int(id))
	b.weights[id] = max(weight, 0)
}

// Root says that the object, or its flat visit, stays by itself. An object may
// be a root for several reasons.
func (b *Builder) Root(id ID, reason Reason) {
	b.checkVertex(id)
	b.roots.add(id, reason, b.explain)
}

// Edge says that from keeps to: the record of from says so, and if that were
// deleted the edge would go with it. Either end may be a flat visit, may not
// exist, and both may be the same.
func (b *Builder) Edge(from, to ID, reason Reason) {
	b.checkVertex(from)
	b.checkVertex(to)
	b.edges.add(from, to, false, reason, b.explain)
}

// BackEdge says that from keeps to because the record of to says so, as a back
// reference does. It differs from Edge in one respect: it holds even where from
// does not exist, or is deleted in a what-if, as long as something else still
// refers to from by name.
func (b *Builder) BackEdge(from, to ID, reason Reason) {
	b.checkVertex(from)
	b.checkVertex(to)
	b.edges.add(from, to, true, reason, b.explain)
}

// Flat returns the flat visit of an object: a second way to reach it, along
// which only the edges given to the flat visit are followed. The object stays
// when it is reached either way. Being reached in full includes being reached
// flat; the graph knows that by itself. The ID is good for Root, Edge, BackEdge,
// Miss and MissRoot of this Builder, and for nothing else.
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

// Bytes says that weight bytes, named by key, stay while any of the holders does: a
// blob that several namespaces have. Saying more of the same key adds holders,
// and the largest weight counts. Holders that are never defined hold nothing,
// and bytes with one holder end up as that object's own.
func (b *Builder) Bytes(key string, weight int64, holders ...ID) {
	b.shared.add(key, weight, holders)
	for _, h := range holders {
		b.checkObject(h)
	}
}

// Miss records what nearly makes from keep to: an expired lease's resource, a
// label that the rules ignore. Only Why looks at it.
func (b *Builder) Miss(from, to ID, reason Reason) {
	b.checkVertex(from)
	b.checkVertex(to)
	if b.explain {
		b.misses.add(from, to, false, reason, true)
	}
}

// MissRoot records what nearly makes an object a root: an expired lease. Only
// Why looks at it.
func (b *Builder) MissRoot(id ID, reason Reason) {
	b.checkVertex(id)
	if b.explain {
		b.missRoots.add(id, reason, true)
	}
}

func (b *Builder) checkFresh() {
	if b.spent {
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
