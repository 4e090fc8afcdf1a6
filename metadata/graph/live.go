package graph

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/btree"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
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
// and only if conditions[from] contains a condition with the target to.
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
	resources  map[gc.Node]bool // of collectors, to which records have referred
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
	at := tx.Position()
	changes, known := tx.Changes(l.at)
	var d Delta
	var err error
	switch {
	case l.tracker == nil || !known:
		d.Rebuilt, err = true, l.build(tx.Freeze(), now)
	default:
		u := update{Live: l, db: tx.Freeze(), scan: l.scan(tx.Freeze(), l.tracker, now), from: map[gc.Node]bool{}}
		for c := range changes {
			d.Rebuilt = d.Rebuilt || len(c.Path) == 0 && c.Key == schema.KeyVersion1
			u.note(c)
		}
		if d.Rebuilt {
			err = l.build(u.db, now)
			break
		}
		u.pass(l.now, now)
		err = u.run()
		d = u.Delta
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

// consultation is the node that states the roots and references of collectors. No object has this name.
var consultation = gc.Node{Key: "\x00consultation"}

// Consult adds the resources of collectors and their references to the graph, until Dismiss. db is the state to which
// the graph has followed. Consult returns objects that have become reachable thereby, and perhaps others.
func (l *Live) Consult(db memkv.Frozen, c *Collectors) (reached []gc.Node) {
	t := l.tracker
	owner := t.Intern(consultation)
	t.Root(owner, gc.Reason{})
	pending := slices.Clone(c.Nodes) // resources with unknown references
	for n := range l.resources {
		pending = append(pending, n)
	}
	intern := func(n gc.Node) gc.ID {
		if n.Type >= rules.ResourceEnd {
			pending = append(pending, n)
		}
		return t.Intern(n)
	}
	v1, _ := db.Bucket(schema.KeyVersion1)
	for namespace, ns := range buckets(v1) {
		leases, _ := ns.Bucket(schema.KeyLeases)
		for name := range buckets(leases) {
			id, _ := t.Lookup(gc.Node{Type: rules.ResourceLease, Namespace: namespace, Key: name})
			if c.Leased != nil && t.Rooted(id) {
				c.Leased(namespace, name, func(n gc.Node) { t.Claim(owner, id, intern(n)) })
			}
		}
		if c.Active != nil {
			root := func(n gc.Node) { t.Claim(owner, owner, intern(n)) }
			c.Active(namespace, root, func(from, to gc.Node) { t.Claim(owner, intern(from), intern(to)) })
		}
	}
	for followed := map[gc.Node]bool{}; ; {
		for _, id := range t.Settle() {
			reached = append(reached, t.Node(id))
		}
		waiting := pending
		pending = nil
		done := true
		for _, n := range waiting {
			switch {
			case c.Follow == nil || followed[n]:
			case l.Reaches(n):
				followed[n], done = true, false
				from := t.Intern(n)
				c.Follow(n, func(to gc.Node) { t.Claim(owner, from, intern(to)) })
			default:
				pending = append(pending, n)
			}
		}
		if done {
			return reached
		}
	}
}

// Dismiss takes back the statements of Consult.
func (l *Live) Dismiss() {
	if l.tracker == nil {
		return
	}
	if owner, ok := l.tracker.Lookup(consultation); ok {
		l.tracker.Withdraw(owner)
		l.tracker.Settle()
	}
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

// scan returns a scan that states records in the tracker.
func (l *Live) scan(db memkv.Frozen, t *gc.Tracker, now time.Time) *scan {
	s := &scan{builder: t, Options: Options{Version: l.version, Now: now}, db: db, rules: append(rules.Of(l.version), l.external...)}
	s.mentioned = func(n gc.Node) {
		if n.Type >= rules.ResourceEnd {
			l.resources[n] = true
		}
	}
	s.flips = func(id gc.ID, at time.Time) { l.flip(t.Node(id), at) }
	return s
}

// build reads a whole database.
func (l *Live) build(db memkv.Frozen, now time.Time) error {
	*l = Live{
		version:    l.version,
		external:   l.external,
		tracker:    gc.NewTracker(countRecords(db)),
		flat:       map[string]bool{},
		flips:      btree.NewBTreeGOptions(flip.before, btree.Options{NoLocks: true}),
		timed:      map[gc.Node][]time.Time{},
		values:     map[gc.Node][]time.Time{},
		conditions: map[gc.Node][]liveCondition{},
		dependents: map[gc.Node]map[gc.Node]bool{},
		resources:  map[gc.Node]bool{},
	}
	s := l.scan(db, l.tracker, now)
	v1, _ := db.Bucket(schema.KeyVersion1)
	for name, ns := range buckets(v1) {
		if err := s.inNamespace(name, ns); err != nil || s.odd {
			return ErrNotLive
		}
		l.flat[name] = s.flat
	}
	for id, values := range s.values {
		l.values[l.tracker.Node(id)] = values
	}
	var from []gc.Node
	for _, c := range s.pending {
		n := l.tracker.Node(c.from)
		l.addCondition(n, c)
		if len(from) == 0 || from[len(from)-1] != n {
			from = append(from, n)
		}
	}
	for _, n := range from {
		l.evaluate(n, now)
	}
	l.tracker.Settle()
	return nil
}

func (l *Live) addCondition(from gc.Node, c condition) {
	to := l.tracker.Node(c.to)
	l.conditions[from] = append(l.conditions[from], liveCondition{to, c.AgeTerm})
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

// An update is one call of Follow.
type update struct {
	*Live
	Delta
	db   memkv.Frozen
	scan *scan

	pending []gc.Node        // records to be read
	seen    map[gc.Node]bool // that were ever pending
	from    map[gc.Node]bool // records with conditions that are not evaluated yet
}

// add adds a record to be read.
func (u *update) add(n gc.Node) {
	if u.seen == nil {
		u.seen = map[gc.Node]bool{}
	}
	if !u.seen[n] {
		u.seen[n] = true
		u.pending = append(u.pending, n)
	}
}

// note adds the records that a change affects.
func (u *update) note(c memkv.Change) {
	path := append(c.Path[:len(c.Path):len(c.Path)], c.Key)
	if path[0] != schema.KeyVersion1 || len(path) == 1 {
		return // of no namespace
	}
	for i, place := range recordPlaces() {
		k := &schema.Kinds()[i]
		if !beside(path, place) {
			continue
		}
		if len(path) > len(place) && path[len(place)] != "" {
			key := path[len(place)]
			if k.Scoped {
				u.scan.odd = u.scan.odd || strings.Contains(path[len(place)-1], "/")
				key = path[len(place)-1] + "/" + key
			}
			u.add(gc.Node{Type: k.Resource, Namespace: path[1], Key: key})
			return
		}
		u.Structures = append(u.Structures, path)
		if c.Key != "" { // otherwise only a sequence has changed
			u.reread(k, path[1])
		}
	}
}

// recordPlaces returns the places of the records of each kind, where "*" is any name.
var recordPlaces = sync.OnceValue(func() (places [][]string) {
	for _, k := range schema.Kinds() {
		place := slices.Concat([]string{schema.KeyVersion1, "*"}, k.Path)
		if k.Scoped {
			place = append(place, "*")
		}
		places = append(places, place)
	}
	return places
})

// beside reports whether a path leads to a place or into it, where "*" in the place is any name.
func beside(path, place []string) bool {
	for i := range min(len(path), len(place)) {
		if place[i] != "*" && path[i] != place[i] && path[i] != "" {
			return false
		}
	}
	return true
}

// reread adds the records of a kind in a namespace, of the graph and of the database.
func (u *update) reread(k *schema.Kind, namespace string) {
	for _, id := range u.tracker.IDs(k.Resource, namespace) {
		u.add(u.tracker.Node(id))
	}
	records, _ := u.db.BucketAt(slices.Concat([]string{schema.KeyVersion1, namespace}, k.Path)...)
	for name, b := range buckets(records) {
		if !k.Scoped {
			u.add(gc.Node{Type: k.Resource, Namespace: namespace, Key: name})
			continue
		}
		u.scan.odd = u.scan.odd || strings.Contains(name, "/")
		for key := range buckets(b) {
			u.add(gc.Node{Type: k.Resource, Namespace: namespace, Key: name + "/" + key})
		}
	}
}

// pass adds the records with statements that depend on the time between was and now.
func (u *update) pass(was, now time.Time) {
	if now.Before(was) {
		was, now = now, was
	}
	u.flips.Ascend(flip{at: was}, func(f flip) bool {
		if f.at.After(now) {
			return false
		}
		u.add(f.node)
		return true
	})
}

// run reads the pending records, and others that depend on them.
func (u *update) run() error {
	for len(u.pending) > 0 {
		n := u.pending[len(u.pending)-1]
		u.pending = u.pending[:len(u.pending)-1]
		u.Nodes = append(u.Nodes, n)
		if err := u.read(n); err != nil || u.scan.odd {
			return ErrNotLive
		}
	}
	for n := range u.from {
		u.evaluate(n, u.scan.Now)
	}
	for _, id := range u.tracker.Settle() {
		u.Nodes = append(u.Nodes, u.tracker.Node(id))
	}
	return nil
}

// read replaces the statements of a record.
func (u *update) read(n gc.Node) error {
	s := u.scan
	had := u.values[n] != nil
	u.withdraw(n)
	defer func() {
		if had || u.values[n] != nil {
			for from := range u.dependents[n] {
				u.add(from)
			}
		}
	}()
	path := schema.RecordPath(n)
	record, ok := u.db.BucketAt(path...)
	if !ok {
		return nil
	}
	k, _ := schema.KindOf(n.Type)
	ns, _ := u.db.BucketAt(path[:2]...)
	s.namespace, s.flat = n.Namespace, u.flat[n.Namespace]
	s.obeyed, s.own = rules.Obeyed(n.Type, s.Version), ownReferences[n.Type]
	o := object{id: s.Intern(n), name: path[len(path)-1], record: record}
	if k.Scoped {
		o.scope = path[len(path)-2]
	}
	o.labels, _ = record.Bucket(schema.KeyLabels)
	u.tracker.SetKey(o.id, n.Key)
	if err := s.object(&k, ns, o); err != nil {
		return err
	}
	s.resolve()
	if values := s.values[o.id]; values != nil {
		u.values[n] = values
		delete(s.values, o.id)
	}
	for _, c := range s.pending {
		u.addCondition(n, c)
	}
	if len(s.pending) > 0 {
		u.from[n] = true
		s.pending = s.pending[:0]
	}
	if s.flat && !u.flat[n.Namespace] {
		u.flat[n.Namespace] = true
		kinds := schema.Kinds()
		for i := range kinds {
			u.again(&kinds[i], n.Namespace)
		}
	}
	return nil
}

// again is reread for records that may have been read in this update already.
func (u *update) again(k *schema.Kind, namespace string) {
	for _, id := range u.tracker.IDs(k.Resource, namespace) {
		delete(u.seen, u.tracker.Node(id))
	}
	u.reread(k, namespace)
}
