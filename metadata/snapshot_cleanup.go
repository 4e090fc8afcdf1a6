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
// siblings in ascending order. It walks the backend, or looks only at the suspects. It then calls Cleanup on a backend
// that is a snapshots.Cleaner. It returns the duration. After an error, for example a cancelled ctx, some snapshots may
// remain.
func (s *snapshotter) garbageCollect(ctx context.Context) (time.Duration, error) {
	start := s.db.opts.stopwatch()
	pruned, err := s.prune(ctx)
	if err != nil || !pruned {
		return 0, err
	}
	// No call can reach the pruned snapshots any more: run Cleanup without the lock.
	if err := s.Cleanup(ctx); err != nil && !errdefs.IsNotImplemented(err) {
		s.db.dirt.suspectAll(s.name)
		return 0, err
	}
	return s.db.opts.stopwatch.since(start), nil
}

// prune removes the unnamed snapshots. It returns false if the backend has never held a snapshot: backends on
// containerd's snapshot storage then fail Walk with NotFound.
func (s *snapshotter) prune(ctx context.Context) (pruned bool, err error) {
	s.l.Lock()
	defer s.l.Unlock()
	all, parts := s.db.dirt.begin(s.name)
	var remain []backendPart
	if all {
		pruned, err = s.pruneAll(ctx)
	} else {
		pruned = true
		remain, err = s.pruneParts(ctx, parts)
	}
	s.db.dirt.end(s.name, all, parts, remain, err)
	return pruned && err == nil, err
}

// pruneAll walks the backend and removes its unnamed snapshots.
func (s *snapshotter) pruneAll(ctx context.Context) (bool, error) {
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
		s.db.dirt.suspectAll(s.name)
		return false, nil
	case err != nil:
		return false, err
	}
	return true, s.pruneChildren(ctx, "", children, named)
}

// pruneParts removes the given snapshots, except for those that records name. It returns the snapshots that stay
// suspect: an open transaction may still name them, or a walk would not find them.
func (s *snapshotter) pruneParts(ctx context.Context, parts []backendPart) (remain []backendPart, err error) {
	unnamed, err := s.unnamedOf(parts)
	if err != nil {
		return nil, err
	}
	open := s.db.dirt.open(s.name)
	paths := ancestry{s.backend, map[string][]string{}}
	var removable []backendPart
	for _, p := range unnamed {
		if open[p] {
			remain = append(remain, p)
			continue
		}
		path, err := paths.of(ctx, p.key)
		switch {
		case errdefs.IsNotFound(err):
		case err != nil:
			return nil, err
		case path == nil:
			remain = append(remain, p)
		default:
			removable = append(removable, p)
		}
	}
	slices.SortFunc(removable, func(a, b backendPart) int { return comparePaths(paths.known[a.key], paths.known[b.key]) })
	for _, p := range removable {
		if err := s.remove(ctx, p.key); err != nil {
			return nil, err
		}
	}
	return remain, nil
}

// remove removes a snapshot from the backend. A backend may refuse to remove a snapshot that it uses without the
// knowledge of the metadata. Later cleanings try again.
func (s *snapshotter) remove(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.backend.Remove(ctx, key)
	if errdefs.IsFailedPrecondition(err) {
		s.db.dirt.suspect(backendPart{snapshotter: s.name, key: key})
		return nil
	}
	return err
}

// ancestry finds the paths of snapshots in a backend.
type ancestry struct {
	backend snapshots.Snapshotter
	known   map[string][]string // by key
}

// of returns the keys from a root to the snapshot. It fails with NotFound if the backend does not have the snapshot. It
// returns nil if the snapshot has no root, since an ancestor is missing or is its own ancestor.
func (a ancestry) of(ctx context.Context, key string) ([]string, error) {
	if path, ok := a.known[key]; ok {
		return path, nil
	}
	info, err := a.backend.Stat(ctx, key)
	if err != nil {
		return nil, err
	}
	a.known[key] = nil // ends the recursion if the snapshot is its own ancestor
	var parents []string
	if info.Parent != "" {
		parents, err = a.of(ctx, info.Parent)
		if errdefs.IsNotFound(err) || err == nil && parents == nil {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	path := append(slices.Clone(parents), key)
	a.known[key] = path
	return path, nil
}

// comparePaths sorts siblings in ascending order, and descendants before their ancestors.
func comparePaths(a, b []string) int {
	shared := min(len(a), len(b))
	if c := slices.Compare(a[:shared], b[:shared]); c != 0 {
		return c
	}
	return len(b) - len(a)
}

// unnamedOf returns the parts that no record names. Each record must have a backend key of newBackendKey, with which
// unnamedOf finds the record.
func (s *snapshotter) unnamedOf(parts []backendPart) (unnamed []backendPart, err error) {
	if len(parts) == 0 {
		return nil, nil
	}
	err = s.db.View(func(tx *memkv.Tx) error {
		all, _ := tx.FrozenAt(schema.KeyVersion1)
		for _, p := range parts {
			ns, key, ok := parseBackendKey(p.key)
			if ok {
				records, _ := all.BucketAt(ns, schema.KeySnapshots, s.name)
				record, _ := records.Bucket(key)
				ok = string(record.Get(schema.KeyName)) == p.key
			}
			if !ok {
				unnamed = append(unnamed, p)
			}
		}
		return nil
	})
	return unnamed, err
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
		if err := s.remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// named returns the backend keys that records name, and those that an open transaction may still name. If a record has
// a backend key of another form than newBackendKey's, the next cleaning walks, too.
func (s *snapshotter) named() (map[string]bool, error) {
	named := map[string]bool{}
	for p := range s.db.dirt.open(s.name) {
		named[p.key] = true
	}
	usual := true
	err := s.db.View(func(tx *memkv.Tx) error {
		all, _ := tx.FrozenAt(schema.KeyVersion1)
		for namespace, ns := range all.All() {
			records, _ := ns.Bucket().BucketAt(schema.KeySnapshots, s.name)
			for key, e := range records.All() {
				name := e.Bucket().Text(schema.KeyName)
				named[name] = true
				if usual {
					ns, k, ok := parseBackendKey(name)
					usual = ok && ns == namespace && k == key
				}
			}
		}
		return nil
	})
	if !usual {
		s.db.dirt.suspectAll(s.name)
	}
	return named, err
}
