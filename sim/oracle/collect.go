package oracle

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	store "github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// sweeps returns the sweeps that a collection may make now. The first is the expected one. If a fault or a suspension
// may have kept Collectors from taking part, or the clock has moved, the sweeps with fewer Collectors, earlier reports
// and earlier times follow. Then follow the parts of these that were garbage at an earlier moment of the collection
// too, because it finds its garbage beside the writers. It returns nil while a writable transaction blocks the
// collection.
func (o *Oracle) sweeps(c *call) []*sweep {
	if o.writeTx != nil {
		return nil // the collection waits for the transaction
	}
	reports := o.reports()
	all := []*sweep{o.model.garbage(o.now(), reports, o.mark)}
	if c.suspended || o.collectorsMayFail() {
		c.reports = append(c.reports, reports)
		for _, once := range c.reports {
			all = append(all, o.partialSweeps(once)...)
		}
		for _, once := range c.reports[:len(c.reports)-1] {
			all = append(all, o.model.garbage(o.now(), once, noMark))
		}
		for _, before := range c.times[:len(c.times)-1] {
			all = append(all, o.model.garbage(before, reports, noMark)) // the collection reads the clock once
		}
	}
	whole := all
	for _, found := range c.found {
		for _, g := range whole {
			if part := o.model.within(g, found, o.now()); len(part.objects) < len(g.objects) {
				all = append(all, part)
			}
		}
	}
	return all
}

// noteFound adds the garbage in the committed state to the garbage that a suspended collection may have found. It asks
// the Collectors later.
func (o *Oracle) noteFound(c *call) {
	if o.writeTx != nil {
		o.exchange(o.writeTx.before)
		defer o.exchange(o.writeTx.before)
	}
	reports := o.reports()
	for i := range reports {
		reports[i].resources = nil
	}
	for _, now := range c.times {
		c.found = append(c.found, o.model.garbage(now, reports, noMark).set())
	}
}

// exchange swaps the objects of the model with others.
func (o *Oracle) exchange(others map[place]*object) {
	for _, at := range slices.SortedFunc(maps.Keys(others), comparePlaces) {
		s := o.space(at.ns)
		other := others[at]
		others[at] = s.get(at.key)
		if other == nil {
			s.remove(at.key)
		} else {
			s.set(at.key, other)
		}
	}
}

// set returns the objects of a sweep.
func (g *sweep) set() map[place]bool {
	set := map[place]bool{}
	for _, at := range g.objects {
		set[place{at.space.name, at.key}] = true
	}
	return set
}

// within returns the part of a sweep whose objects are in a set and that no other garbage keeps.
func (m *model) within(g *sweep, set map[place]bool, now time.Time) *sweep {
	others := m.newMarker(now, g.reports, noMark)
	for _, at := range m.objects {
		others.addClaims(at, at.links())
	}
	for _, at := range g.objects {
		if !set[place{at.space.name, at.key}] {
			others.visit(at, false)
		}
	}
	others.followAll()
	part := &sweep{resources: g.resources, reports: g.reports}
	for _, at := range g.objects {
		if !others.kept(at) {
			part.objects = append(part.objects, at)
		}
	}
	return part
}

// checkCollection checks a collection, if it has swept.
func (o *Oracle) checkCollection(c *call, r engine.Result) *Problem {
	swept := r.Code == op.OK
	o.scriptsStale = o.scriptsStale || c.uncertain || !swept
	if !c.uncertain && !swept {
		return problem(CollectionFailed, "%s (%s)", r.Code, r.Error)
	}
	if len(c.sweeps) == 0 {
		if swept && !c.maybeNoop {
			return problem(CollectionFailed, "ok, though a transaction is open")
		}
		return nil
	}
	g, gone, left := o.matchSweep(c.sweeps, r)
	switch {
	case swept && !c.maybeNoop:
	case gone == 0:
		// The collection has not swept yet, or had nothing to remove.
		c.maybeNoop = c.maybeNoop || len(g.objects) == 0
		return nil
	case len(left) > 0:
		return problem(PartialCall, "collect: %d went and %s did not", gone, left[0])
	default:
		o.mark(CollectionSweptUnfinished)
	}
	if len(left) > 0 {
		return problem(LeftGarbage, "%s (and %d more)", left[0], len(left)-1)
	}
	return o.applySweep(c, g, r)
}

// matchSweep returns the sweep that the collection made. Among the sweeps without remaining objects, it is the sweep
// that removes most; among equals, the sweep with as many resources of Collectors as the result reports. If every sweep
// has remaining objects, it is the first. gone is the number of removed objects of the sweep, left the names of the
// remaining ones.
func (o *Oracle) matchSweep(sweeps []*sweep, r engine.Result) (g *sweep, gone int, left []string) {
	_, resources := countRemoved(r)
	g = sweeps[0]
	gone, left = o.progress(g)
	for _, other := range sweeps[1:] {
		if n := len(other.objects) - len(g.objects); n < 0 && len(left) == 0 || n == 0 && (len(left) > 0 || len(g.resources) == resources) {
			continue
		}
		if otherGone, otherLeft := o.progress(other); len(otherLeft) == 0 {
			g, gone, left = other, otherGone, nil
		}
	}
	return g, gone, left
}

// progress returns how many objects of a sweep are gone, and the sorted names of the objects that are still stored.
func (o *Oracle) progress(g *sweep) (gone int, left []string) {
	all := o.root()
	for _, at := range g.objects {
		if _, there := find(all, at.space.name, at.key); there {
			left = append(left, at.String())
		} else {
			gone++
		}
	}
	slices.Sort(left)
	return gone, left
}

// applySweep applies a sweep to the model, and checks the result of the collection and the next objects in turn.
func (o *Oracle) applySweep(c *call, g *sweep, r engine.Result) *Problem {
	c.applied = true
	o.Collections++
	o.Removed += len(g.objects)
	for _, at := range g.objects {
		if at.kind == snapshot && at.object.form == 'c' {
			o.mark(LayerCollected)
		}
		o.put("", at.space.name, at.key, nil)
	}
	o.model.dropUnusedSlots()
	if p := o.checkNext(); p != nil {
		return p
	}
	if r.Code != op.OK {
		return nil
	}
	if objects, resources := countRemoved(r); objects != len(g.objects) || resources != len(g.resources) {
		return problem(WrongReport, "%d objects and %d of Collectors, instead of %d and %d", objects, resources, len(g.objects), len(g.resources))
	}
	if c.uncertain {
		return nil
	}
	return o.checkScripts(g)
}

// lastType is the last type of resource that the database stores. Collectors register higher types.
const lastType = 7

// countRemoved returns the number of records, and of resources of Collectors, that a collection reports as removed.
func countRemoved(r engine.Result) (objects, resources int) {
	c, _ := r.Value.(engine.Collection)
	for _, removed := range c.Removed {
		if removed.Type <= lastType {
			objects++
		} else {
			resources++
		}
	}
	return objects, resources
}

// Quiet checks a node at the end of a run: it compares all records with the model, and checks that neither garbage nor
// orphans are left. The caller must have cleared all faults, ended all calls and run at least two collections since.
func (o *Oracle) Quiet() *Problem {
	if p := o.checkAll(); p != nil {
		return p
	}
	if left := o.model.garbage(o.now(), o.reports(), o.mark).names(); len(left) > 0 {
		return problem(GarbageRemains, "%s (and %d more)", left[0], len(left)-1)
	}
	blobs, ingests, named := o.namedByMetadata()
	ctx := context.Background()
	var orphans []string
	_ = o.node.ContentBackend().Walk(ctx, func(info store.Info) error {
		if !blobs[string(info.Digest)] {
			orphans = append(orphans, "content "+string(info.Digest))
		}
		return nil
	})
	_ = o.node.ContentBackend().WalkStatusRefs(ctx, func(ref string) error {
		if !ingests[ref] {
			orphans = append(orphans, "ingest "+ref)
		}
		return nil
	})
	for _, snapshotter := range o.snapshotters() {
		_ = o.node.SnapshotterBackend(snapshotter).Walk(ctx, func(_ context.Context, info snapshots.Info) error {
			if !named[snapshotter+"/"+info.Name] {
				orphans = append(orphans, "snapshot "+snapshotter+" "+info.Name)
			}
			return nil
		})
	}
	if len(orphans) > 0 && !o.setup.CleanupOnce { // containerd's own clean-up leaves orphans
		return problem(OrphanRemains, "%s (and %d more)", orphans[0], len(orphans)-1)
	}
	return nil
}

func (o *Oracle) snapshotters() []string {
	if o.setup.Snapshotters == nil {
		return []string{"native", "overlayfs"}
	}
	return o.setup.Snapshotters
}

// namedByMetadata returns the blobs, ingests and snapshots that records name in the backends.
func (o *Oracle) namedByMetadata() (blobs, ingests, snapshotKeys map[string]bool) {
	blobs, ingests, snapshotKeys = map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, e := range o.root().All() {
		if !e.IsBucket() {
			continue
		}
		each(e.Bucket(), func(k key, b memkv.Frozen) {
			switch k.kind {
			case content:
				blobs[k.name] = true
			case ingest:
				ingests[string(b.Get("ref"))] = true
				blobs[string(b.Get("expected"))] = true
			case snapshot:
				snapshotter, _ := splitSnapshot(k.name)
				snapshotKeys[snapshotter+"/"+string(b.Get("name"))] = true
			}
		})
	}
	return blobs, ingests, snapshotKeys
}
