package oracle

import (
	"cmp"
	"context"
	"maps"
	"slices"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/memkv"
)

// checkAllEvery is the number of collections between two checks of everything.
const checkAllEvery = 64

// checkNext checks the stored records after a collection: the number of records of each kind, and the next objects in
// turn, as many as Ops since the last collection, but at least minChecks. So each object is checked again and again,
// and the cost of an Op does not grow with the database.
func (o *Oracle) checkNext() *Problem {
	turns := min(max(o.ops, minChecks), len(o.model.objects))
	o.ops = 0
	o.readSpaces()
	if !o.countsMatch() {
		if p := o.checkObjects(o.model.objects); p != nil {
			return p
		}
		return o.checkModel()
	}
	if p := o.checkObjects(o.nextObjects(turns)); p != nil {
		return p
	}
	if o.Collections%checkAllEvery == 0 {
		return o.checkAll()
	}
	return nil
}

// minChecks is the least number of objects that a collection checks.
const minChecks = 64

// nextObjects returns the next n objects to check.
func (o *Oracle) nextObjects(n int) []*slot {
	all := o.model.objects
	if o.position >= len(all) {
		o.position = 0
	}
	some := all[o.position:min(o.position+n, len(all))]
	if more := n - len(some); more > 0 {
		some = append(slices.Clip(some), all[:more]...)
	}
	o.position = (o.position + n) % max(len(all), 1)
	return some
}

// countsMatch reports whether the database has as many records of each kind as the model. The caller has called
// readSpaces.
func (o *Oracle) countsMatch() bool {
	for _, s := range o.model.spaces {
		if s.stored.count != s.count {
			return false
		}
	}
	return true
}

// checkObjects checks that the objects are stored, equal their records, and are present in the backends. Of several
// problems it returns the one with the smallest detail. The caller has called readSpaces.
func (o *Oracle) checkObjects(objects []*slot) *Problem {
	var worst *Problem
	for _, at := range objects {
		record, there := at.space.stored.find(at.key)
		if found := o.checkObject(at, record, there); found != nil && (worst == nil || cmp.Compare(found.Detail, worst.Detail) < 0) {
			worst = found
		}
	}
	return worst
}

// checkObject checks one object against its record and its backend. It compares the fields only if the record is
// another one than at the last check.
func (o *Oracle) checkObject(at *slot, record memkv.Frozen, there bool) *Problem {
	ctx := context.Background()
	var err error
	switch {
	case !there:
		return problem(LostObject, "%s/%s", at.space.name, at.key)
	case at.object.checked != record.Identity() || at.object.checked == memkv.Identity{}:
		if !at.object.matches(at.key, record) {
			return problem(WrongDatabase, "%s/%s is %s and should be %s", at.space.name, at.key, decode(at.key, record), at.object)
		}
		at.object.checked = record.Identity()
	}
	switch at.kind {
	case content:
		_, err = o.node.ContentBackend().Info(ctx, digest.Digest(at.name))
	case ingest:
		if at.object.expected != "" { // an ingest keeps the bytes of the blob that it shares
			_, err = o.node.ContentBackend().Info(ctx, digest.Digest(at.object.expected))
		}
	case snapshot:
		snapshotter, _ := splitSnapshot(at.name)
		_, err = o.node.SnapshotterBackend(snapshotter).Stat(ctx, string(record.Get("name")))
	}
	if err != nil && !at.object.backendUnknown {
		return problem(LostBytes, "%s/%s: %v", at.space.name, at.key, err)
	}
	return nil
}

// A storedSpace has the buckets of a namespace in the database, for repeated lookups. The zero value is a namespace
// that is not stored.
type storedSpace struct {
	there        bool
	of           memkv.Identity // of the namespace's bucket
	at           [kinds]memkv.Frozen
	snapshotters []snapshotterBucket
	count        [kinds]int // of records
}

type snapshotterBucket struct {
	name string
	memkv.Frozen
}

// readSpaces reads the buckets of the namespaces, as far as they have changed since the last call.
func (o *Oracle) readSpaces() {
	for _, s := range o.model.spaces {
		s.stored.there = false
	}
	for ns, e := range o.root().All() {
		if e.IsBucket() {
			o.model.space(ns).stored.read(e.Bucket())
		}
	}
	for _, s := range o.model.spaces {
		if !s.stored.there {
			s.stored = storedSpace{}
		}
	}
}

// read replaces p by the buckets in a namespace's bucket.
func (p *storedSpace) read(b memkv.Frozen) {
	if p.there = true; p.of == b.Identity() && p.of != (memkv.Identity{}) {
		return
	}
	*p = storedSpace{there: true, of: b.Identity(), snapshotters: p.snapshotters[:0]}
	for k := range kinds {
		p.at[k], _ = b.BucketAt(places[k]...)
		p.count[k] = p.at[k].Len()
	}
	p.count[snapshot] = 0
	for name, e := range p.at[snapshot].All() {
		if e.IsBucket() {
			p.snapshotters = append(p.snapshotters, snapshotterBucket{name, e.Bucket()})
			p.count[snapshot] += e.Bucket().Len()
		}
	}
}

// find returns the record of an object, and whether it exists.
func (p *storedSpace) find(k key) (record memkv.Frozen, there bool) {
	if k.kind != snapshot {
		return p.at[k.kind].Bucket(k.name)
	}
	snapshotter, name := splitSnapshot(k.name)
	for _, b := range p.snapshotters {
		if b.name == snapshotter {
			return b.Bucket(name)
		}
	}
	return memkv.Frozen{}, false
}

// checkAll checks all objects and the whole model, and compares the garbage that the model derives from its caches with
// the garbage of a model that is read from the database.
func (o *Oracle) checkAll() *Problem {
	o.readSpaces()
	if p := o.checkObjects(o.model.objects); p != nil {
		return p
	}
	o.reread()
	if p := o.compareModel(o.mirror); p != nil {
		return p
	}
	reports := o.reports()
	now := o.now()
	derived, anew := o.model.garbage(now, reports, noMark), o.mirror.garbage(now, reports, noMark)
	if got, want := derived.names(), anew.names(); !slices.Equal(got, want) {
		return problem(Inconsistent, "garbage is %q, by the database %q", got, want)
	}
	return nil
}

// names returns the sorted names of the objects that the sweep removes.
func (g *sweep) names() (all []string) {
	for _, at := range g.objects {
		all = append(all, at.String())
	}
	for _, at := range g.resources {
		all = append(all, at.String())
	}
	slices.Sort(all)
	return all
}

// String returns NAMESPACE/KIND/NAME.
func (at *slot) String() string { return at.space.name + "/" + at.key.String() }

// checkModel compares the whole model with the database.
func (o *Oracle) checkModel() *Problem { return o.compareModel(o.rebuild()) }

// compareModel compares the whole model with a model of the stored records.
func (o *Oracle) compareModel(found *model) *Problem {
	if o.model.equal(found) {
		return nil
	}
	for _, ns := range slices.Sorted(maps.Keys(found.spaces)) {
		for _, f := range found.spaces[ns].sorted() {
			m := o.model.space(ns).get(f.key)
			if m == nil {
				return problem(WrongDatabase, "%s is there and should not be", f)
			}
			if !m.equal(f.object) {
				return problem(WrongDatabase, "%s is %s and should be %s", f, f.object, m)
			}
		}
	}
	for _, ns := range slices.Sorted(maps.Keys(o.model.spaces)) {
		for _, m := range o.model.spaces[ns].sorted() {
			if found.space(ns).get(m.key) == nil {
				return problem(WrongDatabase, "%s is gone and should be there", m)
			}
		}
	}
	return nil
}

// equal reports whether two models have the same records.
func (m *model) equal(other *model) bool {
	return len(m.objects) == len(other.objects) && !slices.ContainsFunc(other.objects, func(at *slot) bool {
		same := m.space(at.space.name).get(at.key)
		return same == nil || !same.equal(at.object)
	})
}
