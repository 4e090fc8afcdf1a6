package oracle

import (
	"cmp"
	"context"
	"maps"
	"slices"

	store "github.com/containerd/containerd/v2/core/content"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// wholeEvery is after how many collections the model is compared with all that is stored.
const wholeEvery = 8

// garbage returns what a collection would remove now, by namespace.
func (o *Oracle) garbage() map[string][]key {
	all := map[string][]key{}
	now := o.now()
	for ns, s := range o.spaces {
		if g := o.rules.garbage(s, now, o.mark); len(g) > 0 {
			all[ns] = g
		}
	}
	return all
}

func size(garbage map[string][]key) (n int) {
	for _, g := range garbage {
		n += len(g)
	}
	return n
}

// collected checks what a collection did, if it has got as far as to sweep.
func (o *Oracle) collected(c *waiting, r engine.Result) *Problem {
	swept := r.Code == engine.OK
	switch {
	case !c.risky && !swept:
		return problem(ruleCollection, "%s (%s)", r.Code, r.Error)
	case !swept || c.unseen:
		gone, left := o.gone(c.sweeps)
		if len(gone) == 0 {
			// It has not come that far, or it had nothing to remove when it did.
			c.unseen = c.unseen || size(c.sweeps) == 0
			return nil
		}
		if len(left) > 0 {
			return problem(ruleHalf, "collect: %s went and %s did not", gone[0], left[0])
		}
		o.mark("a collection that swept and then waited or failed")
	}
	return o.swept(c, r)
}

// gone sorts garbage into what is no longer stored and what is.
func (o *Oracle) gone(garbage map[string][]key) (gone, left []string) {
	all := o.root()
	for _, ns := range slices.Sorted(maps.Keys(garbage)) {
		for _, k := range garbage[ns] {
			if _, there := find(all, ns, k); there {
				left = append(left, ns+"/"+k.String())
			} else {
				gone = append(gone, ns+"/"+k.String())
			}
		}
	}
	slices.Sort(gone)
	slices.Sort(left)
	return gone, left
}

// swept makes a collection in the model, and checks that the database is what remains.
func (o *Oracle) swept(c *waiting, r engine.Result) *Problem {
	c.done = true
	o.Collections++
	o.Removed += size(c.sweeps)
	if _, left := o.gone(c.sweeps); len(left) > 0 {
		return problem(ruleLeft, "%s (and %d more)", left[0], len(left)-1)
	}
	for ns, g := range c.sweeps {
		s := o.space(ns)
		for _, k := range g {
			if k.kind == snapshot && s.objects[k].form == 'c' {
				o.mark("a layer was collected")
			}
			s.remove(k)
		}
	}
	if p := o.lost(); p != nil {
		return p
	}
	if r.Code == engine.OK {
		if n := told(r); n != size(c.sweeps) {
			return problem(ruleTold, "%d objects instead of %d", n, size(c.sweeps))
		}
	}
	if o.Collections%wholeEvery == 0 {
		return o.drift()
	}
	return nil
}

// lastType is the last type of resource that the database itself has; higher ones are Collectors' own.
const lastType = 7

// told returns how many objects a collection says that it removed.
func told(r engine.Result) (n int) {
	c, _ := r.Value.(engine.Collection)
	for _, removed := range c.Removed {
		if removed.Type <= lastType {
			n++
		}
	}
	return n
}

// lost checks that everything that should be there is, with what it has in the backends. That nothing
// else is there, drift sees.
func (o *Oracle) lost() *Problem {
	all := o.root()
	ctx := context.Background()
	var worst *Problem
	note := func(ns string, k key, p *Problem) {
		if worst == nil || cmp.Compare(p.Detail, worst.Detail) < 0 {
			worst = p
		}
	}
	for ns, s := range o.spaces {
		at := newPlacesOf(all, ns)
		for k, m := range s.objects {
			record, there := at.find(k)
			if !there {
				note(ns, k, problem(ruleLost, "%s/%s", ns, k))
				continue
			}
			switch k.kind {
			case content:
				if _, err := o.node.ContentBackend().Info(ctx, digest.Digest(k.name)); err != nil && !m.shaky {
					note(ns, k, problem(ruleBytes, "%s/%s: %v", ns, k, err))
				}
			case snapshot:
				snapshotter, _ := split(k.name)
				if _, err := o.node.SnapshotterBackend(snapshotter).Stat(ctx, string(record.Get("name"))); err != nil && !m.shaky {
					note(ns, k, problem(ruleBytes, "%s/%s: %v", ns, k, err))
				}
			}
		}
	}
	return worst
}

// placesOf are the buckets of one namespace, found once.
type placesOf struct {
	at           [kinds]memkv.Frozen
	snapshotters map[string]memkv.Frozen
}

func newPlacesOf(all memkv.Frozen, ns string) *placesOf {
	p := &placesOf{snapshotters: map[string]memkv.Frozen{}}
	b, ok := all.Bucket(ns)
	if !ok {
		return p
	}
	for k := range kinds {
		p.at[k], _ = b.BucketAt(places[k]...)
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

// Quiet checks a node on which no fault is in force any more, no call waits, and there were collections
// since: nothing that nothing keeps is left, neither in the metadata nor in the backends.
//
// Two kinds of orphans only a daemon sees that was restarted since: what a call left in a backend that went wrong in the
// middle, and the ingests of a namespace that was deleted. Neither makes the backend dirty, here as in containerd.
func (o *Oracle) Quiet(restarted bool) *Problem {
	if p := o.drift(); p != nil {
		return p
	}
	if garbage := o.garbage(); size(garbage) > 0 {
		_, left := o.gone(garbage)
		return problem(ruleUnreached, "%s (and %d more)", left[0], len(left)-1)
	}
	blobs, ingests, named := o.named()
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
	if len(orphans) > 0 && !restarted && (o.faulty || o.unnamed) {
		o.mark("an orphan that only a restart finds")
		return nil
	}
	if len(orphans) > 0 {
		return problem(ruleOrphan, "%s (and %d more)", orphans[0], len(orphans)-1)
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
func (o *Oracle) named() (blobs, ingests, snapshotKeys map[string]bool) {
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
				snapshotter, _ := split(k.name)
				snapshotKeys[snapshotter+"/"+string(b.Get("name"))] = true
			}
		})
	}
	return blobs, ingests, snapshotKeys
}
