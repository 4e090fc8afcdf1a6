package metadata

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
	"github.com/holdfast-gc/holdfast/metadata/events"
	"github.com/holdfast-gc/holdfast/metadata/schema"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Commit turns the active snapshot key into a committed snapshot with the given name, and adds it to the lease of ctx.
// The option snapshots.WithParent sets the parent of a snapshot that has none. Errors:
//
//   - [errdefs.ErrNotFound]: the snapshot, the parent or the lease does not exist
//   - [errdefs.ErrAlreadyExists]: a snapshot has that name; Commit adds it to the lease
//   - [errdefs.ErrInvalidArgument]: a label is too long
//   - errors of the backend's Commit
func (s *snapshotter) Commit(ctx context.Context, name, key string, opts ...snapshots.Opt) error {
	s.l.RLock()
	defer s.l.RUnlock()
	ns, err := namespaceOf(ctx)
	if err != nil {
		return err
	}
	base, err := snapshotOptions(opts)
	if err != nil {
		return err
	}
	var exists error
	committing, activeKey := "", "" // the keys passed to the backend's Commit
	err = update(ctx, s.db, func(tx *memkv.Tx) error {
		all := s.bucket(tx, ns)
		if all == nil {
			return s.notFound()
		}
		if err := s.attachLease(ctx, tx, ns, name); err != nil {
			return err
		}
		if _, ok := all.FrozenAt(name); ok {
			exists = snapshotFailure(name, errdefs.ErrAlreadyExists)
			return nil
		}
		if active, ok := all.FrozenAt(key); ok {
			activeKey = string(active.Get(schema.KeyName))
		}
		backendKey, commit, err := s.commit(ctx, tx, ns, name, key, base)
		if err != nil {
			return err
		}
		committing = backendKey
		return commit()
	})
	if committing != "" {
		s.doubt(ctx, err, committing)
	}
	if _, open := boltutil.Transaction(ctx); open || err != nil {
		s.db.dirt.suspect(backendPart{snapshotter: s.name, key: activeKey})
	}
	switch {
	case err != nil:
		return err
	case exists != nil:
		return exists
	}
	return s.db.publish(ctx, "/snapshot/commit", &events.SnapshotCommit{
		Key:         key,
		Name:        name,
		Snapshotter: s.name,
	})
}

// commit replaces the record of the active snapshot by the record of the committed snapshot. It returns the committed
// snapshot's backend key and a function that commits in the backend. The caller calls that function last: if it fails,
// the transaction rolls back the records.
//
// The steps are in containerd's order. The order is visible in a caller's transaction that continues after a failure,
// and if a snapshot is its own parent.
func (s *snapshotter) commit(
	ctx context.Context, tx *memkv.Tx, ns, name, key string, base snapshots.Info,
) (backendKey string, inBackend func() error, err error) {
	all := s.bucket(tx, ns)
	committed, err := all.CreateBucket([]byte(name))
	if err != nil {
		return "", nil, err
	}
	active := all.Bucket([]byte(key))
	if active == nil {
		return "", nil, snapshotFailure(key, errdefs.ErrNotFound)
	}
	activeKey := string(active.Get([]byte(schema.KeyName)))
	backendKey, err = newBackendKey(all, ns, name)
	if err != nil {
		return "", nil, err
	}
	if err := committed.Put([]byte(schema.KeyName), []byte(backendKey)); err != nil {
		return "", nil, err
	}

	parent := string(active.Get([]byte(schema.KeyParent)))
	opts := []snapshots.Opt{snapshots.WithLabels(snapshots.FilterInheritedLabels(base.Labels))}
	rebase := parent == "" && base.Parent != ""
	if rebase {
		parent = base.Parent
		if err := active.Put([]byte(schema.KeyParent), []byte(parent)); err != nil {
			return "", nil, err
		}
	}
	if parent != "" {
		p := all.Bucket([]byte(parent))
		if p == nil {
			return "", nil, fmt.Errorf("parent %w", snapshotFailure(parent, errdefs.ErrNotFound))
		}
		if err := linkChild(p, key, name); err != nil {
			return "", nil, err
		}
		if rebase {
			opts = append(opts, snapshots.WithParent(string(p.Get([]byte(schema.KeyName)))))
		}
	}

	now := s.db.opts.clock.now()
	record := snapshotRecord{
		Info:       snapshots.Info{Name: name, Parent: parent, Labels: base.Labels, Created: now, Updated: now},
		backendKey: backendKey,
	}
	if err := snapshotTable.put(all, &record, committed.Freeze()); err != nil {
		return "", nil, err
	}
	if err := all.DeleteBucket([]byte(key)); err != nil {
		return "", nil, err
	}
	if err := detachLease(ctx, tx, ns, key, schema.KeySnapshots, s.name); err != nil {
		return "", nil, err
	}
	return backendKey, func() error { return s.backend.Commit(ctx, backendKey, activeKey, opts...) }, nil
}

// Remove removes a snapshot from the namespace. The next cleaning removes it from the backend. Errors:
//
//   - [errdefs.ErrNotFound]: the snapshot does not exist
//   - [errdefs.ErrFailedPrecondition]: the snapshot has children
func (s *snapshotter) Remove(ctx context.Context, key string) error {
	s.l.RLock()
	defer s.l.RUnlock()
	ns, err := namespaceOf(ctx)
	if err != nil {
		return err
	}
	err = update(ctx, s.db, func(tx *memkv.Tx) error {
		all := s.bucket(tx, ns)
		record, _ := frozenIn(all, key)
		if err := s.unlink(all, key); err != nil {
			return err
		}
		if err := detachLease(ctx, tx, ns, key, schema.KeySnapshots, s.name); err != nil {
			return err
		}
		s.db.dirt.removedPart(backendPart{snapshotter: s.name, key: string(record.Get(schema.KeyName))})
		return nil
	})
	if err != nil {
		return err
	}
	return s.db.publish(ctx, "/snapshot/remove", &events.SnapshotRemove{
		Key:         key,
		Snapshotter: s.name,
	})
}

// unlink deletes the record of a snapshot without children, and the link from its parent. all may be nil.
func (s *snapshotter) unlink(all *memkv.Bucket, key string) error {
	record, ok := frozenIn(all, key)
	if !ok {
		return snapshotFailure(key, errdefs.ErrNotFound)
	}
	if children, _ := record.Bucket(schema.KeyChildren); children.Len() > 0 {
		return fmt.Errorf("snapshot %q: cannot remove it: it has children: %w", key, errdefs.ErrFailedPrecondition)
	}
	if parent := record.Get(schema.KeyParent); len(parent) > 0 {
		p := all.Bucket(parent)
		if p == nil {
			return fmt.Errorf("parent %w", snapshotFailure(string(parent), errdefs.ErrNotFound))
		}
		if children := p.Bucket([]byte(schema.KeyChildren)); children != nil {
			if err := children.Delete([]byte(key)); err != nil {
				return err
			}
		}
	}
	return all.DeleteBucket([]byte(key))
}
