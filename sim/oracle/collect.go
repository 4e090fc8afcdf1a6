package oracle

import (
	"context"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
	store "github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// sweeps returns what a collection may remove now: first what it should, and then, where a fault or the time that
// passed may have kept Collectors from taking part, what it would without them.
func (o *Oracle) sweeps(c *call) []*sweep {
	if o.writeTx != nil {
		return nil // it waits for that
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
			all = append(all, o.model.garbage(before, reports, noMark)) // it reads the clock once
		}
	}
	return all
}

// collected checks what a collection did, if it has got as far as to sweep.
func (o *Oracle) checkCollection(c *call, r engine.Result) *Problem {
	swept := r.Code == engine.OK
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
		// It has not come that far, or it had nothing to remove when it did.
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

// match finds which of the sweeps was made: of those of which nothing is left one that removes the most, and of these one
// that is what the collection told; or else the first.
func (o *Oracle) matchSweep(sweeps []*sweep, r engine.Result) (g *sweep, gone int, left []string) {
	_, things := countRemoved(r)
	g = sweeps[0]
	gone, left = o.progress(g)
	for _, other := range sweeps[1:] {
		if n := len(other.objects) - len(g.objects); n < 0 && len(left) == 0 || n == 0 && (len(left) > 0 || len(g.resources) == things) {
			continue
		}
		if otherGone, otherLeft := o.progress(other); len(otherLeft) == 0 {
			g, gone, left = other, otherGone, nil
		}
	}
	return g, gone, left
}

// gone returns how much of the garbage is no longer stored, and what is, sorted.
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

// swept makes a collection in the model, and checks what remains.
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
	if r.Code != engine.OK {
		return nil
	}
	if objects, things := countRemoved(r); objects != len(g.objects) || things != len(g.resources) {
		return problem(WrongReport, "%d objects and %d of Collectors, instead of %d and %d", objects, things, len(g.objects), len(g.resources))
	}
	if c.uncertain {
		return nil
	}
	return o.checkScripts(g)
}

// lastType is the last type of resource that the database itself has; higher ones are Collectors' own.
const lastType = 7

// told returns how many objects a collection says that it removed, and how many things of Collectors.
func countRemoved(r engine.Result) (objects, things int) {
	c, _ := r.Value.(engine.Collection)
	for _, removed := range c.Removed {
		if removed.Type <= lastType {
			objects++
		} else {
			things++
		}
	}
	return objects, things
}

// Quiet checks a node on which no fault is in force any more, no call waits, and there were collections since: nothing
// that nothing keeps is left, neither in the metadata nor in the backends.
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
	if len(orphans) > 0 && !o.setup.CleanupOnce { // which containerd's own way to clean up leaves
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

// named returns what the metadata names of what is in the backends.
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
