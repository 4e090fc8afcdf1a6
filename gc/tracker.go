package gc

import "slices"

// A Tracker is a graph that changes, together with its marking. It takes the same statements as a [Builder], except
// joint edges, and takes them back object by object ([Tracker.Withdraw]). [Tracker.Settle] then updates the marking in
// time that depends on the changes, not on the size of the graph.
//
// Every statement belongs to an object, whose record makes it: a definition and a root to the object itself, an edge to
// the object where it starts, and a back edge to the object where it ends.
//
// An ID is valid while its object is defined or an edge starts or ends there. At the next Settle after that, the
// Tracker forgets the node and may use the ID again. A Tracker is not safe for concurrent use. It keeps the strings
// that it is given; their bytes must not change.
//
// # Marking
//
// Every reached vertex has a support: a root claim, or an edge from another reached vertex. The supports form a forest
// whose trees begin at roots. An edge that is not a support can be removed without a search. If a support is removed,
// only the vertices below it in the forest lose their mark, and look for another support among the edges that end at
// them.
//
// Invariants after Settle: a vertex has a support if and only if a path leads to it from a root; a vertex with a root
// claim has the support rootSupport; the supports contain no cycle. vertices has one element for each ID of the table,
// and each edge is in the list of its start, of its end and, unless it leads from an object to its own flat visit, of
// its owner.
type Tracker struct {
	table    internTable
	vertices []vertex
	edges    []trackedEdge // element 0 is not used, so that 0 can end a list
	unused   edgeRef       // list of free elements of edges, linked by owned

	lost       []ID      // vertices that have lost their support since the last Settle
	gained     []edgeRef // edges added since the last Settle; some may be removed or reused
	fresh      []ID      // vertices that have become roots since the last Settle
	candidates []ID      // contains all garbage, perhaps twice, and other IDs
	listed     int       // the number of candidates after the last call of Garbage
	idle       []ID      // may be without statements
}

// An edgeRef is an index in Tracker.edges; 0 is none.
type edgeRef uint32

// rootSupport is the support of a vertex with a root claim.
const rootSupport edgeRef = 1<<32 - 1

// A vertex is an object or a flat visit.
type vertex struct {
	support        edgeRef
	out, in, owned edgeRef // heads of lists
	roots          uint32  // number of claims
	pair           ID      // of an object: its flat visit plus one, or 0; of a flat visit: its object plus one
	exists         bool
	flat           bool
}

type trackedEdge struct {
	from, to                         ID
	outNext, outPrev, inNext, inPrev edgeRef
	owned                            edgeRef // the next edge of the same owner
}

// NewTracker returns an empty Tracker with room for sizeHint objects. It may hold more.
func NewTracker(sizeHint int) *Tracker {
	sizeHint = min(max(sizeHint, 0), 1<<24)
	return &Tracker{
		table:    newInternTable(sizeHint),
		vertices: make([]vertex, 0, sizeHint),
		edges:    make([]trackedEdge, 1, 1+sizeHint),
	}
}

// Intern returns the node's ID.
func (t *Tracker) Intern(n Node) ID {
	id := t.table.intern(n)
	t.cover(id)
	return id
}

// InternAll appends the IDs of the nodes to ids. It has the effect of Intern for each node in turn.
func (t *Tracker) InternAll(nodes []Node, ids []ID) []ID {
	first := len(ids)
	ids = t.table.internAll(nodes, ids)
	for _, id := range ids[first:] {
		t.cover(id)
	}
	return ids
}

// cover makes room for a vertex that the table has just returned.
func (t *Tracker) cover(id ID) {
	for int(id) >= len(t.vertices) {
		t.vertices = append(t.vertices, vertex{})
	}
	if v := &t.vertices[id]; v.out == 0 && v.in == 0 && !v.exists {
		t.idle = append(t.idle, id)
	}
}

// Lookup returns the ID of a node that has a statement.
func (t *Tracker) Lookup(n Node) (ID, bool) { return t.table.lookup(n) }

// Node returns the node with this ID.
func (t *Tracker) Node(id ID) Node { return t.table.node(id) }

// Nodes returns the number of nodes with statements, where a flat visit counts as a node.
func (t *Tracker) Nodes() int { return len(t.table.keys) - len(t.table.free) }

// IDs returns the IDs of the objects of one type and namespace that exist. It takes time proportional to the graph,
// unless there never was such an object.
func (t *Tracker) IDs(kind ResourceType, namespace string) []ID {
	g, ok := t.table.groupIDs[group{kind: kind, namespace: namespace}]
	if !ok {
		return nil
	}
	var all []ID
	for id := range t.vertices {
		if t.vertices[id].exists && t.table.groupOf[id] == g {
			all = append(all, ID(id))
		}
	}
	return all
}

// SetKey replaces the object's key by an equal string. Of the strings for one node, the Tracker keeps the first, which
// can be a part of a larger record.
func (t *Tracker) SetKey(id ID, key string) {
	t.table.keys[id] = key
	if p := t.vertices[id].pair; p != 0 {
		t.table.keys[p-1] = key
	}
}

// Define states that the object exists. The weight has no effect.
func (t *Tracker) Define(id ID, _ int64) {
	v := &t.vertices[id]
	v.exists = true
	if v.support == 0 {
		t.candidates = append(t.candidates, id)
	}
}

// Root states that the object, or its flat visit, is a root.
func (t *Tracker) Root(id ID, _ Reason) {
	v := &t.vertices[id]
	v.roots++
	if v.support == 0 {
		t.fresh = append(t.fresh, id)
	}
	v.support = rootSupport
}

// Edge states that from keeps to.
func (t *Tracker) Edge(from, to ID, _ Reason) { t.add(from, to, t.object(from)) }

// BackEdge states that from keeps to, in the record of to.
func (t *Tracker) BackEdge(from, to ID, _ Reason) { t.add(from, to, t.object(to)) }

// Claim states that from keeps to, in the record of owner.
func (t *Tracker) Claim(owner, from, to ID) { t.add(from, to, owner) }

// Miss has no effect: a Tracker explains nothing.
func (t *Tracker) Miss(ID, ID, Reason) {}

// MissRoot has no effect: a Tracker explains nothing.
func (t *Tracker) MissRoot(ID, Reason) {}

// Flat returns the flat visit of an object; see [Builder.Flat].
func (t *Tracker) Flat(id ID) ID {
	if p := t.vertices[id].pair; p != 0 {
		return p - 1
	}
	f := t.table.internFlat(id)
	t.cover(f)
	t.vertices[id].pair = f + 1
	t.vertices[f].pair, t.vertices[f].flat = id+1, true
	t.link(id, f)
	return f
}

// object returns the object of a vertex.
func (t *Tracker) object(id ID) ID {
	if v := &t.vertices[id]; v.flat {
		return v.pair - 1
	}
	return id
}

// add adds an edge to the lists of its ends and of its owner.
func (t *Tracker) add(from, to, owner ID) {
	e := t.link(from, to)
	t.edges[e].owned = t.vertices[owner].owned
	t.vertices[owner].owned = e
}

// link adds an edge to the lists of its ends.
func (t *Tracker) link(from, to ID) edgeRef {
	e := t.unused
	if e == 0 {
		e = edgeRef(len(t.edges))
		if e >= rootSupport {
			panic("gc: more than 2^32-2 edges in one graph")
		}
		t.edges = append(t.edges, trackedEdge{})
	} else {
		t.unused = t.edges[e].owned
	}
	out, in := t.vertices[from].out, t.vertices[to].in
	t.edges[e] = trackedEdge{from: from, to: to, outNext: out, inNext: in}
	if out != 0 {
		t.edges[out].outPrev = e
	}
	if in != 0 {
		t.edges[in].inPrev = e
	}
	t.vertices[from].out, t.vertices[to].in = e, e
	t.gained = append(t.gained, e)
	return e
}

// unlink removes an edge from the lists of its ends, and frees it.
func (t *Tracker) unlink(e edgeRef) {
	d := t.edges[e]
	if d.outPrev != 0 {
		t.edges[d.outPrev].outNext = d.outNext
	} else {
		t.vertices[d.from].out = d.outNext
	}
	if d.outNext != 0 {
		t.edges[d.outNext].outPrev = d.outPrev
	}
	if d.inPrev != 0 {
		t.edges[d.inPrev].inNext = d.inNext
	} else {
		t.vertices[d.to].in = d.inNext
	}
	if d.inNext != 0 {
		t.edges[d.inNext].inPrev = d.inPrev
	}
	if t.vertices[d.to].support == e {
		t.lose(d.to)
	}
	t.idle = append(t.idle, d.from, d.to)
	t.edges[e] = trackedEdge{owned: t.unused}
	t.unused = e
}

// lose removes the support of a vertex.
func (t *Tracker) lose(id ID) {
	t.vertices[id].support = 0
	t.lost = append(t.lost, id)
}

// Withdraw takes back all statements of an object.
func (t *Tracker) Withdraw(id ID) {
	v := &t.vertices[id]
	for e := v.owned; e != 0; {
		next := t.edges[e].owned
		t.unlink(e)
		e = next
	}
	v.owned, v.exists = 0, false
	t.unroot(id)
	if v.pair != 0 {
		t.unroot(v.pair - 1)
	}
	t.idle = append(t.idle, id)
}

func (t *Tracker) unroot(id ID) {
	v := &t.vertices[id]
	v.roots = 0
	if v.support == rootSupport {
		t.lose(id)
	}
}

// Settle updates the marking and forgets nodes without statements. It returns the objects that have become reached, in
// no particular order, and perhaps others that were reached before. The slice is valid until the next call.
func (t *Tracker) Settle() (reached []ID) {
	suspects := t.unmark()
	var pending []ID
	reach := func(id ID, e edgeRef) {
		t.vertices[id].support = e
		pending = append(pending, id)
	}
	for _, id := range t.fresh {
		if t.vertices[id].support == rootSupport {
			pending = append(pending, id)
		}
	}
	for _, id := range suspects {
		if t.vertices[id].support != 0 {
			continue
		}
		for e := t.vertices[id].in; e != 0; e = t.edges[e].inNext {
			if t.vertices[t.edges[e].from].support != 0 {
				reach(id, e)
				break
			}
		}
	}
	for _, e := range t.gained { // a freed edge has the ends 0 and 0, and is skipped
		if d := &t.edges[e]; t.vertices[d.from].support != 0 && t.vertices[d.to].support == 0 {
			reach(d.to, e)
		}
	}
	for i := 0; i < len(pending); i++ {
		for e := t.vertices[pending[i]].out; e != 0; e = t.edges[e].outNext {
			if to := t.edges[e].to; t.vertices[to].support == 0 {
				reach(to, e)
			}
		}
	}
	for i, id := range pending {
		pending[i] = t.object(id)
	}
	for _, id := range suspects {
		if o := t.object(id); t.isGarbage(o) {
			t.candidates = append(t.candidates, o)
		}
	}
	t.lost, t.gained, t.fresh = t.lost[:0], t.gained[:0], t.fresh[:0]
	t.forget()
	return pending
}

// unmark removes the support of every vertex below one that has lost its own, and returns these vertices.
func (t *Tracker) unmark() []ID {
	suspects := t.lost
	for i := 0; i < len(suspects); i++ {
		id := suspects[i]
		if t.vertices[id].support != 0 {
			continue // it has become a root since
		}
		for e := t.vertices[id].out; e != 0; e = t.edges[e].outNext {
			if to := t.edges[e].to; t.vertices[to].support == e {
				t.vertices[to].support = 0
				suspects = append(suspects, to)
			}
		}
	}
	t.lost = suspects
	return suspects
}

// forget removes the nodes without statements.
func (t *Tracker) forget() {
	for i := 0; i < len(t.idle); i++ {
		id := t.idle[i]
		v := &t.vertices[id]
		if v.exists || v.roots > 0 || v.owned != 0 || t.table.isFree(id) {
			continue
		}
		switch {
		case v.flat:
			// Only the edge from its object may be left.
			e := v.in
			if v.out != 0 || e == 0 || t.edges[e].inNext != 0 || t.edges[e].from != v.pair-1 {
				continue
			}
			object := v.pair - 1
			t.unlink(e)
			t.vertices[object].pair = 0
		case v.out != 0 || v.in != 0:
			if f := v.pair; f != 0 {
				t.idle = append(t.idle, f-1)
			}
			continue
		}
		t.vertices[id] = vertex{}
		t.table.remove(id)
	}
	t.idle = t.idle[:0]
	t.lost = t.lost[:0]
}

// Exists reports whether the object is defined.
func (t *Tracker) Exists(id ID) bool { return t.vertices[id].exists }

// Reached reports whether a root leads to the object. It is valid after Settle.
func (t *Tracker) Reached(id ID) bool {
	v := &t.vertices[id]
	return v.support != 0 || v.pair != 0 && t.vertices[v.pair-1].support != 0
}

func (t *Tracker) isGarbage(id ID) bool { return t.vertices[id].exists && !t.Reached(id) }

// Garbage returns the objects that exist and are not reached, in ascending order of their IDs. It is valid after
// Settle, and takes time proportional to the garbage and to the changes since the last call. The caller owns the slice.
func (t *Tracker) Garbage() []ID {
	t.candidates = slices.DeleteFunc(t.candidates, func(id ID) bool { return !t.isGarbage(id) })
	slices.Sort(t.candidates)
	t.candidates = slices.Compact(t.candidates)
	t.listed = len(t.candidates)
	return slices.Clone(t.candidates)
}

// NewGarbage returns the garbage that has come up since the last call of Garbage, perhaps with some that was listed
// then, and perhaps twice. It takes time proportional to the changes since then.
func (t *Tracker) NewGarbage() []ID {
	var all []ID
	for _, id := range t.candidates[t.listed:] {
		if t.isGarbage(id) {
			all = append(all, id)
		}
	}
	return all
}

// Below returns the objects to which the given ones lead, including themselves, whether they exist or not. An object
// can occur twice.
func (t *Tracker) Below(ids []ID) []ID {
	if len(ids) == 0 {
		return nil
	}
	seen := newBitmap(len(t.vertices))
	var below []ID
	visit := func(id ID) {
		if !seen.has(int(id)) {
			seen.set(int(id))
			below = append(below, id)
		}
	}
	for _, id := range ids {
		visit(id)
	}
	for i := 0; i < len(below); i++ {
		for e := t.vertices[below[i]].out; e != 0; e = t.edges[e].outNext {
			visit(t.edges[e].to)
		}
	}
	for i, id := range below {
		below[i] = t.object(id)
	}
	return below
}
