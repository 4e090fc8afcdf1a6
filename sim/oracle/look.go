package oracle

import (
	"cmp"
	"context"
	"maps"
	"slices"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/memkv"
)

// wholeEvery is after how many collections the model is made anew and compared with itself.
const wholeEvery = 64

// look checks what is stored, after a collection: that there are as many objects of each kind as there should be, and
// then, one by one, that as many of them as there were Ops since the last collection are what they should be. So every
// object has its turn, the fewer there are the sooner, and no Op costs more where more is stored.
func (o *Oracle) look() *Problem {
	turns := min(max(o.ops, looksMin), len(o.model.objects))
	o.ops = 0
	if !o.counted() {
		if p := o.lookAt(o.model.objects); p != nil {
			return p
		}
		return o.drift()
	}
	if p := o.lookAt(o.next(turns)); p != nil {
		return p
	}
	if o.Collections%wholeEvery == 0 {
		return o.whole()
	}
	return nil
}

// looksMin is how many objects a collection has looked at in any case.
const looksMin = 64

// next returns the objects whose turn it is.
func (o *Oracle) next(n int) []*slot {
	all := o.model.objects
	if o.turn >= len(all) {
		o.turn = 0
	}
	some := all[o.turn:min(o.turn+n, len(all))]
	if more := n - len(some); more > 0 {
		some = append(slices.Clip(some), all[:more]...)
	}
	o.turn = (o.turn + n) % max(len(all), 1)
	return some
}

// counted reports whether as many objects are stored as there should be.
func (o *Oracle) counted() bool {
	n := 0
	for ns, e := range o.root().All() {
		if !e.IsBucket() {
			continue
		}
		at := newPlacesOf(e.Bucket())
		s := o.model.space(ns)
		for k := range kinds {
			stored := at.at[k].Len()
			if k == snapshot {
				stored = 0
				for _, b := range at.snapshotters {
					stored += b.Len()
				}
			}
			if stored != s.count[k] {
				return false
			}
			n += stored
		}
	}
	return n == len(o.model.objects)
}

// lookAt checks that objects are there and are what they should be, with what they have in the backends.
func (o *Oracle) lookAt(objects []*slot) *Problem {
	all := o.root()
	places := map[*space]*placesOf{}
	var worst *Problem
	for _, at := range objects {
		p := places[at.space]
		if p == nil {
			b, _ := all.Bucket(at.space.name)
			p = newPlacesOf(b)
			places[at.space] = p
		}
		record, there := p.find(at.key)
		if found := o.lookAtRecord(at, record, there); found != nil && (worst == nil || cmp.Compare(found.Detail, worst.Detail) < 0) {
			worst = found
		}
	}
	return worst
}

func (o *Oracle) lookAtRecord(at *slot, record memkv.Frozen, there bool) *Problem {
	ctx := context.Background()
	var err error
	switch {
	case !there:
		return problem(ruleLost, "%s/%s", at.space.name, at.key)
	case at.object.seen != record.Identity() || at.object.seen == memkv.Identity{}:
		if !at.object.is(at.key, record) {
			return problem(ruleDrift, "%s/%s is %s and should be %s", at.space.name, at.key, decode(at.key, record), at.object)
		}
		at.object.seen = record.Identity()
	}
	switch at.kind {
	case content:
		_, err = o.node.ContentBackend().Info(ctx, digest.Digest(at.name))
	case ingest:
		if at.object.expected != "" { // the bytes that it stands for are kept as its own
			_, err = o.node.ContentBackend().Info(ctx, digest.Digest(at.object.expected))
		}
	case snapshot:
		snapshotter, _ := split(at.name)
		_, err = o.node.SnapshotterBackend(snapshotter).Stat(ctx, string(record.Get("name")))
	}
	if err != nil && !at.object.shaky {
		return problem(ruleBytes, "%s/%s: %v", at.space.name, at.key, err)
	}
	return nil
}

// placesOf are the buckets of one namespace, found once.
type placesOf struct {
	at           [kinds]memkv.Frozen
	snapshotters map[string]memkv.Frozen
}

func newPlacesOf(space memkv.Frozen) *placesOf {
	p := &placesOf{snapshotters: map[string]memkv.Frozen{}}
	for k := range kinds {
		p.at[k], _ = space.BucketAt(places[k]...)
	}
	for name, e := range p.at[snapshot].All() {
		if e.IsBucket() {
			p.snapshotters[name] = e.Bucket()
		}
	}
	return p
}

func (p *placesOf) find(k key) (memkv.Frozen, bool) {
	if k.kind != snapshot {
		return p.at[k.kind].Bucket(k.name)
	}
	snapshotter, name := split(k.name)
	return p.snapshotters[snapshotter].Bucket(name)
}

// whole checks everything, and what the model derived from its objects little by little against what a new one does.
func (o *Oracle) whole() *Problem {
	if p := o.lookAt(o.model.objects); p != nil {
		return p
	}
	if p := o.drift(); p != nil {
		return p
	}
	said := o.said()
	now := o.now()
	derived, anew := o.model.garbage(now, said, silent), o.rebuild().garbage(now, said, silent)
	if got, want := derived.names(), anew.names(); !slices.Equal(got, want) {
		return problem(ruleIncrements, "garbage is %q, by the database %q", got, want)
	}
	return nil
}

// names returns what is removed, sorted.
func (g *sweep) names() (all []string) {
	for _, at := range g.objects {
		all = append(all, at.String())
	}
	for _, at := range g.things {
		all = append(all, at.String())
	}
	slices.Sort(all)
	return all
}

// String returns NAMESPACE/KIND/NAME.
func (at *slot) String() string { return at.space.name + "/" + at.key.String() }

// drift compares the model with what is stored, all of it.
func (o *Oracle) drift() *Problem {
	found := o.rebuild()
	for _, ns := range slices.Sorted(maps.Keys(found.spaces)) {
		for _, f := range found.spaces[ns].sorted() {
			m := o.model.space(ns).get(f.key)
			if m == nil {
				return problem(ruleDrift, "%s is there and should not be", f)
			}
			if !m.equal(f.object) {
				return problem(ruleDrift, "%s is %s and should be %s", f, f.object, m)
			}
		}
	}
	for _, ns := range slices.Sorted(maps.Keys(o.model.spaces)) {
		for _, m := range o.model.spaces[ns].sorted() {
			if found.space(ns).get(m.key) == nil {
				return problem(ruleDrift, "%s is gone and should be there", m)
			}
		}
	}
	return nil
}
