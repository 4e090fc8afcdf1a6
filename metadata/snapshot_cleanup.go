package metadata

import (
	"context"
	"slices"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/schema"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// garbageCollect removes the snapshots that no namespace names from the backend, children before their parents and
// siblings in ascending order. It then calls Cleanup on a backend that is a snapshots.Cleaner. It returns the duration.
// After an error, for example a cancelled ctx, some snapshots may remain.
func (s *snapshotter) garbageCollect(ctx context.Context) (time.Duration, error) {
	start := s.db.opts.stopwatch()
	pruned, err := s.prune(ctx)
	if err != nil || !pruned {
		return 0, err
	}
	// No call can reach the pruned snapshots any more: run Cleanup without the lock.
	if err := s.Cleanup(ctx); err != nil && !errdefs.IsNotImplemented(err) {
		return 0, err
	}
	return s.db.opts.stopwatch.since(start), nil
}

// prune removes the unnamed snapshots. It returns false if the backend has never held a snapshot: backends on
// containerd's snapshot storage then fail Walk with NotFound.
func (s *snapshotter) prune(ctx context.Context) (bool, error) {
	s.l.Lock()
	defer s.l.Unlock()
	named, err := s.named()
	if err != nil {
		return false, err
	}
	children := map[string][]string{}
	err = s.backend.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
		children[info.Parent] = append(children[info.Parent], info.Name)
		return ctx.Err()
	})
	switch {
	case errdefs.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, err
	}
	return true, s.pruneChildren(ctx, "", children, named)
}

// pruneChildren removes the unnamed descendants of parent. children lists the children of each snapshot.
func (s *snapshotter) pruneChildren(
	ctx context.Context, parent string, children map[string][]string, named map[string]bool,
) error {
	keys := children[parent]
	delete(children, parent) // visit a snapshot that is its own parent only once
	slices.Sort(keys)
	for _, key := range keys {
		if err := s.pruneChildren(ctx, key, children, named); err != nil {
			return err
		}
		if named[key] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		// A backend may refuse to remove a snapshot that it uses without the knowledge of the metadata.
		if err := s.backend.Remove(ctx, key); err != nil && !errdefs.IsFailedPrecondition(err) {
			return err
		}
	}
	return nil
}

// named returns the backend keys that records name, and those that an open transaction may still name.
func (s *snapshotter) named() (map[string]bool, error) {
	named := map[string]bool{}
	s.db.dirt.maybeNamed(s.name, func(key string) { named[key] = true })
	err := s.db.View(func(tx *memkv.Tx) error {
		all, _ := tx.FrozenAt(schema.KeyVersion1)
		for _, ns := range all.All() {
			records, _ := ns.Bucket().BucketAt(schema.KeySnapshots, s.name)
			for _, e := range records.All() {
				named[e.Bucket().Text(schema.KeyName)] = true
			}
		}
		return nil
	})
	return named, err
}
