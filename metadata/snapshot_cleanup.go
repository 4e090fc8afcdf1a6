package metadata

import (
	"context"
	"slices"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// garbageCollect removes from the backend all snapshots that no namespace
// names, children before their parents and siblings in ascending order, and has
// a backend that is a snapshots.Cleaner free what they took up. It returns how
// long that took. On an error, such as the end of ctx, some may be left.
func (s *snapshotter) garbageCollect(ctx context.Context) (time.Duration, error) {
	start := s.db.opts.stopwatch()
	pruned, err := s.prune(ctx)
	if err != nil || !pruned {
		return 0, err
	}
	// What is pruned is out of everyone's way: nobody has to wait for this.
	if err := s.Cleanup(ctx); err != nil && !errdefs.IsNotImplemented(err) {
		return 0, err
	}
	return s.db.opts.stopwatch.since(start), nil
}

// prune returns false if the backend has nothing to prune: those that are built
// on containerd's snapshot storage say "not found" until they have held a
// snapshot.
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

func (s *snapshotter) pruneChildren(ctx context.Context, parent string, children map[string][]string, named map[string]bool) error {
	keys := children[parent]
	delete(children, parent) // a snapshot that is its own parent is met once
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
		// A backend that refuses has a use for the snapshot that the metadata
		// doesn't know of.
		if err := s.backend.Remove(ctx, key); err != nil && !errdefs.IsFailedPrecondition(err) {
			return err
		}
	}
	return nil
}

// named returns the backend's keys of all snapshots, and of those that a
// transaction may have yet to commit.
func (s *snapshotter) named() (map[string]bool, error) {
	named := map[string]bool{}
	s.db.dirt.maybeNamed(s.name, func(key string) { named[key] = true })
	err := s.db.View(func(tx *memkv.Tx) error {
		all, _ := tx.FrozenAt(keyVersion1)
		for _, ns := range all.All() {
			records, _ := ns.Bucket().BucketAt(keySnapshots, s.name)
			for _, e := range records.All() {
				named[stringOf(e.Bucket().Get(keyName))] = true
			}
		}
		return nil
	})
	return named, err
}
