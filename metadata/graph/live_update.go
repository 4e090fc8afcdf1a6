package graph

import (
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// update brings the graph up to date with changes. db has the new state.
func (l *Live) update(db memkv.Frozen, changes iter.Seq[memkv.Change], now time.Time) (Delta, error) {
	u := update{Live: l, db: db, scan: l.scan(db, l.tracker, now), seen: map[gc.Node]bool{}, from: map[gc.Node]bool{}}
	for c := range changes {
		u.note(c)
	}
	u.pass(l.now, now)
	err := u.run()
	l.text = u.scan.text
	return u.Delta, err
}

// replaceAll reports whether a change replaces or deletes the bucket of all namespaces.
func replaceAll(changes iter.Seq[memkv.Change]) bool {
	for c := range changes {
		if len(c.Path) == 0 && c.Key == schema.KeyVersion1 {
			return true
		}
	}
	return false
}

// An update is one call of [Live.Follow].
type update struct {
	*Live
	Delta
	db   memkv.Frozen
	scan *scan
	path []string // scratch space

	pending []gc.Node        // records to be read
	seen    map[gc.Node]bool // that were ever pending
	from    map[gc.Node]bool // records with conditions that are not evaluated yet
}

// add adds a record to be read.
func (u *update) add(n gc.Node) {
	if !u.seen[n] {
		u.seen[n] = true
		u.pending = append(u.pending, n)
	}
}

// note adds the records that a change affects.
func (u *update) note(c memkv.Change) {
	path := append(append(u.path[:0], c.Path...), c.Key)
	u.path = path
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
		u.Structures = append(u.Structures, slices.Clone(path))
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
	ns, _ := u.db.BucketAt(path[:2]...)
	record, ok := ns.BucketAt(path[2:]...)
	if !ok {
		return nil
	}
	k, _ := schema.KindOf(n.Type)
	s.namespace, s.flat = n.Namespace, u.flat[n.Namespace]
	s.begin(n.Type)
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
		u.addCondition(n, u.tracker.Node(c.to), c.AgeTerm)
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
