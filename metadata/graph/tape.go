package graph

import (
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A portion is a number of records in one bucket.
type portion struct {
	kind      *schema.Kind
	namespace string
	in        memkv.Frozen // the namespace
	flat      bool         // the namespace has a live flat lease
	records   []object
}

// portionSize is the number of records in a portion. Their statements fit the caches of a processor.
const portionSize = 256

// A tape is a builder that writes statements down, so that goroutines can read portions of a database beside each
// other. A [Live] graph then plays the tapes. The IDs of a tape are its own, and a node can have several.
type tape struct {
	portion
	scan   scan // reads the portion
	full   bool // has the statements of the portion
	err    error
	filled chan struct{} // is sent a value after fill, if another goroutine waits

	nodes      []gc.Node // by ID
	flats      []gc.ID   // objects: the flat visit of flats[i] has the ID firstFlat+i
	statements []statement
	flips      []flip
	resources  []gc.Node // of collectors
	leases     []gc.ID   // that have not expired
}

// firstFlat is larger than the ID of any object of a tape.
const firstFlat gc.ID = 1 << 31

// A statement is that an object exists, that from is a root, or that from keeps to.
type statement struct {
	from, to gc.ID
	kind     statementKind
}

type statementKind uint8

const (
	definition statementKind = iota
	root
	edge
	backEdge
)

// newTape returns an empty tape for portions of db, evaluated at the time now.
func (l *Live) newTape(db memkv.Frozen, now time.Time) *tape {
	t := &tape{filled: make(chan struct{}, 1)}
	t.scan = scan{builder: t, Options: Options{Version: l.version, Now: now}, db: db, rules: l.rules()}
	t.scan.flips = func(id gc.ID, at time.Time) { t.flips = append(t.flips, flip{at, t.nodes[id]}) }
	t.scan.resource = func(n gc.Node) { t.resources = append(t.resources, n) }
	t.scan.liveLease = func(o object) { t.leases = append(t.leases, o.id) }
	return t
}

// begin gives the tape another portion, without records.
func (t *tape) begin(p portion) {
	p.records = t.records[:0]
	t.portion, t.full = p, false
}

// fill replaces the statements of the tape by those of its portion, unless it has them.
func (t *tape) fill() {
	if t.full {
		return
	}
	t.full = true
	t.nodes, t.flats, t.statements = t.nodes[:0], t.flats[:0], t.statements[:0]
	t.flips, t.resources, t.leases = t.flips[:0], t.resources[:0], t.leases[:0]
	s := &t.scan
	s.values, s.pending = nil, s.pending[:0]
	s.namespace, s.flat = t.namespace, t.flat
	s.begin(t.kind.Resource)
	s.batch = t.records
	t.err = s.scanBatch(t.kind, t.in)
	s.resolve()
	t.flat = s.flat
}

// play makes the statements of a tape.
func (l *Live) play(t *tape) {
	ids := l.tracker.InternAll(t.nodes, l.ids[:0])
	l.ids = ids
	id := func(own gc.ID) gc.ID {
		if own < firstFlat {
			return ids[own]
		}
		return l.tracker.Flat(ids[t.flats[own-firstFlat]])
	}
	for i := range t.statements {
		switch s := &t.statements[i]; s.kind {
		case definition:
			l.tracker.Define(id(s.from), 0)
		case root:
			l.tracker.Root(id(s.from), gc.Reason{})
		case edge:
			l.tracker.Edge(id(s.from), id(s.to), gc.Reason{})
		case backEdge:
			l.tracker.BackEdge(id(s.from), id(s.to), gc.Reason{})
		}
	}
	for _, f := range t.flips {
		l.flip(f.node, f.at)
	}
	for _, n := range t.resources {
		l.resources[n] = true
	}
	for _, own := range t.leases {
		l.addLease(t.namespace, t.nodes[own].Key, ids[own])
	}
	for own, values := range t.scan.values {
		l.values[t.nodes[own]] = values
	}
	for _, c := range t.scan.pending {
		l.addCondition(t.nodes[c.from], t.nodes[c.to], c.AgeTerm)
	}
}

// Intern returns a new ID.
func (t *tape) Intern(n gc.Node) gc.ID {
	t.nodes = append(t.nodes, n)
	return gc.ID(len(t.nodes) - 1)
}

// InternAll appends a new ID for each node to ids.
func (t *tape) InternAll(nodes []gc.Node, ids []gc.ID) []gc.ID {
	for _, n := range nodes {
		ids = append(ids, t.Intern(n))
	}
	return ids
}

// Flat returns a new ID of the flat visit of an object.
func (t *tape) Flat(id gc.ID) gc.ID {
	t.flats = append(t.flats, id)
	return firstFlat + gc.ID(len(t.flats)-1)
}

func (t *tape) state(from, to gc.ID, kind statementKind) {
	t.statements = append(t.statements, statement{from, to, kind})
}

// Define, Root, Edge and BackEdge write a statement down.
func (t *tape) Define(id gc.ID, _ int64)             { t.state(id, 0, definition) }
func (t *tape) Root(id gc.ID, _ gc.Reason)           { t.state(id, 0, root) }
func (t *tape) Edge(from, to gc.ID, _ gc.Reason)     { t.state(from, to, edge) }
func (t *tape) BackEdge(from, to gc.ID, _ gc.Reason) { t.state(from, to, backEdge) }

// Miss and MissRoot have no effect, as in a Tracker.
func (t *tape) Miss(gc.ID, gc.ID, gc.Reason) {}
func (t *tape) MissRoot(gc.ID, gc.Reason)    {}
