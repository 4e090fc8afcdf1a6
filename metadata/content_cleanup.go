package metadata

import (
	"context"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// garbageCollect removes the blobs and then the ingests that no namespace names from the backend, each in ascending
// order. It walks the backend, or looks only at the suspects. Writers wait for it only while it removes a few of them.
// It returns the duration. After an error, for example a cancelled ctx, some may remain.
func (cs *contentStore) garbageCollect(ctx context.Context) (time.Duration, error) {
	if cs.backend == nil {
		return 0, nil
	}
	start := cs.db.opts.stopwatch()
	walk, suspected := cs.db.dirt.begin("")
	var remain []backendPart
	var err error
	if walk {
		remain, err = cs.cleanAll(ctx)
	} else {
		remain, err = cs.clean(ctx, suspected, false)
	}
	cs.db.dirt.end("", walk, suspected, remain, err)
	if err != nil {
		return 0, err
	}
	return cs.db.opts.stopwatch.since(start), nil
}

// cleaningSlice is the number of parts that a cleaning removes from a backend while writers wait.
const cleaningSlice = 64

// cleanAll walks the backend beside the writers, and removes its unnamed parts. It returns the parts that an open
// transaction may still name.
func (cs *contentStore) cleanAll(ctx context.Context) (remain []backendPart, err error) {
	for _, list := range []func(context.Context) ([]backendPart, error){cs.storedBlobs, cs.storedIngests} {
		parts, err := list(ctx)
		if err != nil {
			return nil, err
		}
		if parts, err = cs.unnamedOf(ctx, parts, new(ingestNames)); err != nil {
			return nil, err
		}
		open, err := cs.clean(ctx, parts, true) // writers may have made records for them meanwhile
		if err != nil {
			return nil, err
		}
		remain = append(remain, open...)
	}
	return remain, nil
}

// remove removes a blob or an ingest from the backend.
func (cs *contentStore) remove(ctx context.Context, p backendPart) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.ingest {
		return cs.backend.Abort(ctx, p.key)
	}
	return cs.backend.Delete(ctx, digest.Digest(p.key))
}

// clean removes the given parts, except for those that records name. It returns the parts that an open transaction may
// still name. If a walk has found the parts, the backend had them.
func (cs *contentStore) clean(ctx context.Context, parts []backendPart, walked bool) (remain []backendPart, err error) {
	var ingests ingestNames
	for slice := range slices.Chunk(parts, cleaningSlice) {
		open, err := cs.cleanSlice(ctx, slice, walked, &ingests)
		if err != nil {
			return nil, err
		}
		remain = append(remain, open...)
	}
	return remain, nil
}

// cleanSlice is clean while writers wait.
func (cs *contentStore) cleanSlice(
	ctx context.Context, parts []backendPart, walked bool, ingests *ingestNames,
) (remain []backendPart, err error) {
	cs.l.Lock()
	defer cs.l.Unlock()
	unnamed, err := cs.unnamedOf(ctx, parts, ingests)
	if err != nil {
		return nil, err
	}
	open := cs.db.dirt.open("")
	for _, p := range unnamed {
		if open[p] {
			remain = append(remain, p)
			continue
		}
		if !walked {
			if stored, err := cs.has(ctx, p); err != nil {
				return nil, err
			} else if !stored {
				continue
			}
		}
		if err := cs.remove(ctx, p); err != nil {
			if !errdefs.IsNotFound(err) {
				return nil, err
			}
			if stored, lookup := cs.has(ctx, p); stored || lookup != nil {
				return nil, err
			} // else it was removed since the walk
		}
	}
	return remain, nil
}

// has reports whether the backend has a blob or an ingest.
func (cs *contentStore) has(ctx context.Context, p backendPart) (bool, error) {
	var err error
	if p.ingest {
		_, err = cs.backend.Status(ctx, p.key)
	} else {
		_, err = cs.backend.Info(ctx, digest.Digest(p.key))
	}
	if errdefs.IsNotFound(err) || errdefs.IsInvalidArgument(err) { // records can have keys that are no digests
		return false, nil
	}
	return err == nil, err
}

// unnamedOf returns the parts that no record names. parts is sorted, and so is the result. unnamedOf looks at the
// records of all ingests, since an ingest names two parts, and at those of the blobs in question.
func (cs *contentStore) unnamedOf(ctx context.Context, parts []backendPart, ingests *ingestNames) (unnamed []backendPart, err error) {
	err = cs.db.ViewContext(ctx, func(tx *memkv.Tx) error {
		all, _ := tx.FrozenAt(schema.KeyVersion1)
		ingests.update(all)
		var blobs []memkv.Frozen
		for _, ns := range all.All() {
			if b, ok := ns.Bucket().BucketAt(schema.KeyContent, schema.KeyBlob); ok {
				blobs = append(blobs, b)
			}
		}
		named := make([]bool, len(parts))
		for _, b := range blobs {
			markBlobs(named, parts, b)
		}
		for i, p := range parts {
			if !named[i] && !ingests.names[p] {
				unnamed = append(unnamed, p)
			}
		}
		return nil
	})
	return unnamed, err
}

// markBlobs sets named[i] for each blob parts[i] with a record in a bucket. For many parts it reads the whole bucket in
// their order, which takes less time than to look up each.
func markBlobs(named []bool, parts []backendPart, records memkv.Frozen) {
	const lookup = 16 // takes as long as reading this number of records
	many := len(parts) > records.Len()/lookup
	all := records.Iterator()
	more := many && all.Next()
	for i, p := range parts {
		if p.ingest || named[i] {
			continue
		}
		if !many {
			_, named[i] = records.Bucket(p.key)
			continue
		}
		for more && all.Key() < p.key {
			more = all.Next()
		}
		named[i] = more && all.Key() == p.key && all.Entry().IsBucket()
	}
}

// ingestNames are the parts that the records of ingests name.
type ingestNames struct {
	names map[backendPart]bool
	read  []memkv.Identity // of the buckets of ingests, by namespace
}

// update reads the records of all ingests, unless they are those of its last call. all has the namespaces.
func (n *ingestNames) update(all memkv.Frozen) {
	var buckets []memkv.Frozen
	var read []memkv.Identity
	for _, ns := range all.All() {
		ingests, _ := ns.Bucket().BucketAt(schema.KeyContent, schema.KeyIngests)
		buckets, read = append(buckets, ingests), append(read, ingests.Identity())
	}
	if n.names != nil && slices.Equal(read, n.read) {
		return
	}
	n.names, n.read = map[backendPart]bool{}, read
	for _, ingests := range buckets {
		for _, e := range ingests.All() {
			for _, p := range partsOfIngest(e.Bucket()) {
				n.names[p] = true
			}
		}
	}
}

// storedBlobs returns the blobs of the backend in ascending order.
func (cs *contentStore) storedBlobs(ctx context.Context) (blobs []backendPart, err error) {
	records := 0 // usually the backend has no more blobs
	err = cs.db.ViewContext(ctx, func(tx *memkv.Tx) error {
		all, _ := tx.FrozenAt(schema.KeyVersion1)
		for _, ns := range all.All() {
			b, _ := ns.Bucket().BucketAt(schema.KeyContent, schema.KeyBlob)
			records += b.Len()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	blobs = make([]backendPart, 0, records)
	err = cs.backend.Walk(ctx, func(info content.Info) error {
		blobs = append(blobs, backendPart{key: string(info.Digest)})
		return ctx.Err()
	})
	return sortParts(blobs), err
}

// A statusWalker is a content backend that can list its ingests' references without reading their status.
type statusWalker interface {
	WalkStatusRefs(ctx context.Context, fn func(ref string) error) error
}

// storedIngests returns the ingests of the backend in ascending order.
func (cs *contentStore) storedIngests(ctx context.Context) (ingests []backendPart, err error) {
	note := func(ref string) error {
		ingests = append(ingests, backendPart{key: ref, ingest: true})
		return ctx.Err()
	}
	if walker, ok := cs.backend.(statusWalker); ok {
		if err := walker.WalkStatusRefs(ctx, note); err != nil {
			return nil, err
		}
	} else {
		statuses, err := cs.backend.ListStatuses(ctx)
		if err != nil {
			return nil, err
		}
		for _, status := range statuses {
			if err := note(status.Ref); err != nil {
				return nil, err
			}
		}
	}
	return sortParts(ingests), nil
}
