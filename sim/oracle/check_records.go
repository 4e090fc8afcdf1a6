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
	stored := o.storedSpaces()
	if !o.countsMatch(stored) {
		if p := o.checkObjects(stored, o.model.objects); p != nil {
			return p
		}
		return o.checkModel()
	}
	if p := o.checkObjects(stored, o.nextObjects(turns)); p != nil {
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

// countsMatch reports whether the database has as many records of each kind as the model.
func (o *Oracle) countsMatch(stored map[string]*spaceBuckets) bool {
	n := 0
	for ns, buckets := range stored {
		s := o.model.space(ns)
		for k := range kinds {
			records := buckets.at[k].Len()
			if k == snapshot {
				records = 0
				for _, b := range buckets.snapshotters {
					records += b.Len()
				}
			}
			if records != s.count[k] {
				return false
			}
			n += records
		}
	}
	return n == len(o.model.objects)
}

// checkObjects checks that the objects are stored, equal their records, and are present in the backends. Of several
// problems it returns the one with the smallest detail.
func (o *Oracle) checkObjects(stored map[string]*spaceBuckets, objects []*slot) *Problem {
	var worst *Problem
	for _, at := range objects {
		var record memkv.Frozen
		var there bool
		if buckets := stored[at.space.name]; buckets != nil {
			record, there = buckets.find(at.key)
		}
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

// spaceBuckets are the buckets of one namespace, for repeated lookups.
type spaceBuckets struct {
	at           [kinds]memkv.Frozen
	snapshotters []snapshotterBucket
}

type snapshotterBucket struct {
	name string
	memkv.Frozen
}

// storedSpaces returns the buckets of each namespace in the database, by name.
func (o *Oracle) storedSpaces() map[string]*spaceBuckets {
	all := map[string]*spaceBuckets{}
	for ns, e := range o.root().All() {
		if !e.IsBucket() {
			continue
		}
		p := &spaceBuckets{}
		for k := range kinds {
			p.at[k], _ = e.Bucket().BucketAt(places[k]...)
		}
		for name, e := range p.at[snapshot].All() {
			if e.IsBucket() {
				p.snapshotters = append(p.snapshotters, snapshotterBucket{name, e.Bucket()})
			}
		}
		all[ns] = p
	}
	return all
}

// find returns the record of an object, and whether it exists.
func (p *spaceBuckets) find(k key) (record memkv.Frozen, there bool) {
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
	if p := o.checkObjects(o.storedSpaces(), o.model.objects); p != nil {
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
