package graph

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/btree"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// ErrNotLive is the error of a [Live] graph for a database that it cannot follow, because the name of a snapshotter
// has a "/", or because a record makes collections fail. [Collect] handles such databases as the daemon does.
var ErrNotLive = errors.New("the reference graph of this database cannot be kept")

// A Live is the reference graph of a database that changes, without sizes and explanations. [Live.Follow] brings it up
// to date in time that depends on the changes since the last call: the statements of a record change only with the
// record, with the time, and with the following parts of other records.
//
//   - Expiries and conditions depend on the time. flips has the times at which they change.
//   - A condition depends on values in the record of its target. values has these, and dependents the records with
//     conditions.
//   - Flat leases make other records of their namespace state edges between flat visits. If a namespace gets its first
//     flat lease, all its records are read again. The edges stay after the last flat lease, and have no effect then.
//
// A Live is not safe for concurrent use.
//
// Invariants between calls: tracker has the statements of exactly the records in the state at position at, evaluated at
// the time now. flips contains node n with time t if and only if timed[n] contains t. dependents[to][from] exists if
// and only if conditions[from] contains a condition with the target to. leases has exactly the leases that are roots.
type Live struct {
	version  rules.Version
	external []rules.Rule // labels by which records refer to resources of collectors
	tracker  *gc.Tracker  // nil before the first call, and after a failed one
	at       memkv.Position
	now      time.Time

	flat       map[string]bool // by namespace: its records state edges between flat visits
	flips      *btree.BTreeG[flip]
	timed      map[gc.Node][]time.Time
	values     map[gc.Node][]time.Time
	conditions map[gc.Node][]liveCondition
	dependents map[gc.Node]map[gc.Node]bool
	resources  map[gc.Node]bool                     // of collectors, to which records have referred
	leases     map[string]*btree.Map[string, gc.ID] // that have not expired, by namespace and name

	// Scratch space: IDs for play, and memory for the keys of snapshots.
	ids  []gc.ID
	text []byte
}

// A flip is a time at which the statements of a record can change.
type flip struct {
	at   time.Time
	node gc.Node
}

func (f flip) before(g flip) bool {
	if c := f.at.Compare(g.at); c != 0 {
		return c < 0
	}
	return gc.Compare(f.node, g.node) < 0
}

type liveCondition struct {
	to gc.Node
	rules.AgeTerm
}

// A Delta describes the changes that a [Live] graph has followed.
type Delta struct {
	// Rebuilt reports that the graph was read anew. The other fields are empty then.
	Rebuilt bool
	// Nodes are the objects with changed records, those that have become reachable, and perhaps others. They are in
	// no particular order, and can occur several times.
	Nodes []gc.Node
	// Structures are the paths of buckets for records that were created, replaced or deleted, and the paths of changed
	// sequences of such buckets.
	Structures [][]string
}

// NewLive returns a graph that follows no database yet. The rules in external are those of [Collectors].
func NewLive(v rules.Version, external ...rules.Rule) *Live {
	if v == 0 {
		v = rules.Newest
	}
	return &Live{version: v, external: external}
}

// Position returns the position that the last successful call of Follow has reached.
func (l *Live) Position() memkv.Position { return l.at }

// Len returns the number of nodes, existing or not.
func (l *Live) Len() int {
	if l.tracker == nil {
		return 0
	}
	return l.tracker.Nodes()
}

// Follow brings the graph up to date: to the state of tx, and to the time now, which can be earlier than that of the
// last call. tx must not have changed anything itself. The first call reads the whole database. So does a call after a
// failed one, and one with a tx that does not know the changes since the last call, as in another database.
//
// Follow fails with [ErrNotLive].
func (l *Live) Follow(tx *memkv.Tx, now time.Time) (Delta, error) {
	now = now.Round(0) // stored times have no monotonic reading
	at, db := tx.Position(), tx.Freeze()
	changes, known := tx.Changes(l.at)
	var d Delta
	var err error
	if l.tracker == nil || !known || replaceAll(changes) {
		d.Rebuilt, err = true, l.build(db, now)
	} else {
		d, err = l.update(db, changes, now)
	}
	if err != nil {
		*l = Live{version: l.version, external: l.external}
		return Delta{}, err
	}
	l.at, l.now = at, now
	return d, nil
}

// Rewind makes the next call of Follow start from an earlier position of the same graph, after a transaction that was
// not committed, or perhaps not. Changes that the graph knows already do no harm.
func (l *Live) Rewind(to memkv.Position) { l.at = to }

// Garbage returns the objects that exist and that no root leads to, sorted by namespace, then type, then key.
func (l *Live) Garbage() []gc.Node {
	var nodes []gc.Node
	for _, id := range l.tracker.Garbage() {
		nodes = append(nodes, l.tracker.Node(id))
	}
	slices.SortFunc(nodes, CompareRemoved)
	return nodes
}

// CompareRemoved is the order of the removed objects of a collection: by namespace, then type, then key.
func CompareRemoved(a, b gc.Node) int {
	if c := strings.Compare(a.Namespace, b.Namespace); c != 0 {
		return c
	}
	return gc.Compare(a, b)
}

// IsGarbage reports whether the object exists and no root leads to it.
func (l *Live) IsGarbage(n gc.Node) bool {
	id, ok := l.tracker.Lookup(n)
	return ok && l.tracker.Exists(id) && !l.tracker.Reached(id)
}

// heldByOthers returns the objects that garbage outside a list keeps, perhaps with others. The list has the garbage at
// the last call of Garbage.
func (l *Live) heldByOthers(listed func(gc.Node) bool) []gc.Node {
	others := slices.DeleteFunc(l.tracker.NewGarbage(), func(id gc.ID) bool { return listed(l.tracker.Node(id)) })
	var nodes []gc.Node
	for _, id := range l.tracker.Below(others) {
		nodes = append(nodes, l.tracker.Node(id))
	}
	return nodes
}

// Reaches reports whether a root leads to the node, existing or not.
func (l *Live) Reaches(n gc.Node) bool {
	id, ok := l.tracker.Lookup(n)
	return ok && l.tracker.Reached(id)
}

// Forget removes objects after the caller has deleted their records in a way that Follow does not see: in the
// transaction of its last call.
func (l *Live) Forget(nodes []gc.Node) {
	for _, n := range nodes {
		l.withdraw(n)
	}
	l.tracker.Settle()
}

// rules returns the rules of the version, and of the collectors.
func (l *Live) rules() []rules.Rule { return append(rules.Of(l.version), l.external...) }

// scan returns a scan that states records in the tracker.
func (l *Live) scan(db memkv.Frozen, t *gc.Tracker, now time.Time) *scan {
	s := &scan{builder: t, Options: Options{Version: l.version, Now: now}, db: db, rules: l.rules(), text: l.text}
	s.resource = func(n gc.Node) { l.resources[n] = true }
	s.liveLease = func(o object) { l.addLease(s.namespace, o.name, o.id) }
	s.flips = func(id gc.ID, at time.Time) { l.flip(t.Node(id), at) }
	return s
}

func (l *Live) addLease(namespace, name string, id gc.ID) {
	if l.leases[namespace] == nil {
		l.leases[namespace] = new(btree.Map[string, gc.ID])
	}
	l.leases[namespace].Set(name, id)
}

func (l *Live) addCondition(from, to gc.Node, term rules.AgeTerm) {
	l.conditions[from] = append(l.conditions[from], liveCondition{to, term})
	if l.dependents[to] == nil {
		l.dependents[to] = map[gc.Node]bool{}
	}
	l.dependents[to][from] = true
}

// evaluate states the edges of the conditions of a record. All values are known.
func (l *Live) evaluate(from gc.Node, now time.Time) {
	for _, c := range l.conditions[from] {
		met := false
		for _, used := range l.values[c.to] {
			l.flip(from, used.Add(c.Age))
			met = met || c.Met(now.Sub(used))
		}
		if met {
			l.tracker.Edge(l.tracker.Intern(from), l.tracker.Intern(c.to), gc.Reason{})
		}
	}
}

func (l *Live) flip(n gc.Node, at time.Time) {
	l.flips.Set(flip{at, n})
	l.timed[n] = append(l.timed[n], at)
}

// withdraw removes everything that the record of an object has stated.
func (l *Live) withdraw(n gc.Node) {
	if id, ok := l.tracker.Lookup(n); ok {
		l.tracker.Withdraw(id)
	}
	if leases := l.leases[n.Namespace]; leases != nil && n.Type == rules.ResourceLease {
		if leases.Delete(n.Key); leases.Len() == 0 {
			delete(l.leases, n.Namespace)
		}
	}
	for _, at := range l.timed[n] {
		l.flips.Delete(flip{at, n})
	}
	for _, c := range l.conditions[n] {
		if delete(l.dependents[c.to], n); len(l.dependents[c.to]) == 0 {
			delete(l.dependents, c.to)
		}
	}
	delete(l.timed, n)
	delete(l.conditions, n)
	delete(l.values, n)
}
