package metadata

import (
	"context"
	"slices"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// garbageCollect removes the blobs and then the ingests that no namespace names from the backend, each in ascending
// order. It returns the duration. After an error, for example a cancelled ctx, some may remain.
func (cs *contentStore) garbageCollect(ctx context.Context) (time.Duration, error) {
	if cs.backend == nil {
		return 0, nil
	}
	cs.l.Lock()
	defer cs.l.Unlock()
	start := cs.db.opts.stopwatch()

	named, err := cs.named()
	if err != nil {
		return 0, err
	}
	blobs, err := cs.unnamedBlobs(ctx, named)
	if err != nil {
		return 0, err
	}
	for _, dgst := range blobs {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := cs.backend.Delete(ctx, dgst); err != nil {
			return 0, err
		}
	}
	refs, err := cs.unnamedIngests(ctx, named)
	if err != nil {
		return 0, err
	}
	for _, ref := range refs {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := cs.backend.Abort(ctx, ref); err != nil {
			return 0, err
		}
	}
	return cs.db.opts.stopwatch.since(start), nil
}

// namedContent is the set of blobs and ingests that the metadata names.
type namedContent struct {
	blobs   map[digest.Digest]bool
	ingests map[string]bool // by backend reference
}

// named returns the blobs and ingests that records name, and those that an open transaction may still name.
func (cs *contentStore) named() (namedContent, error) {
	named := namedContent{map[digest.Digest]bool{}, map[string]bool{}}
	cs.db.dirt.maybeNamed("", func(key string) { // a blob or an ingest
		named.blobs[digest.Digest(key)] = true
		named.ingests[key] = true
	})
	err := cs.db.View(func(tx *memkv.Tx) error {
		all, _ := tx.FrozenAt(schema.KeyVersion1)
		for _, ns := range all.All() {
			blobs, _ := ns.Bucket().BucketAt(schema.KeyContent, schema.KeyBlob)
			for dgst := range blobs.All() {
				named.blobs[digest.Digest(dgst)] = true
			}
			ingests, _ := ns.Bucket().BucketAt(schema.KeyContent, schema.KeyIngests)
			for _, e := range ingests.All() {
				// An ingest that shares a blob of another namespace keeps the blob, even if that namespace has
				// deleted it since.
				named.blobs[digest.Digest(e.Bucket().Get(schema.KeyExpected))] = true
				named.ingests[string(e.Bucket().Get(schema.KeyRef))] = true
			}
		}
		return nil
	})
	return named, err
}

func (cs *contentStore) unnamedBlobs(ctx context.Context, named namedContent) ([]digest.Digest, error) {
	var unnamed []digest.Digest
	err := cs.backend.Walk(ctx, func(info content.Info) error {
		if !named.blobs[info.Digest] {
			unnamed = append(unnamed, info.Digest)
		}
		return ctx.Err()
	})
	slices.Sort(unnamed)
	return unnamed, err
}

// A statusWalker is a content backend that can list its ingests' references without reading their status.
type statusWalker interface {
	WalkStatusRefs(ctx context.Context, fn func(ref string) error) error
}

func (cs *contentStore) unnamedIngests(ctx context.Context, named namedContent) ([]string, error) {
	var unnamed []string
	note := func(ref string) error {
		if !named.ingests[ref] {
			unnamed = append(unnamed, ref)
		}
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
	slices.Sort(unnamed)
	return unnamed, nil
}
