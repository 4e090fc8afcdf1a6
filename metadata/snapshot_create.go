package metadata

import (
	"context"
	"fmt"
	"maps"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/events"
	"github.com/holdfast-gc/holdfast/metadata/log"
	"github.com/holdfast-gc/holdfast/metadata/schema"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Prepare creates an active snapshot, and adds it to the lease of ctx. parent is a committed snapshot, or "" for an
// empty snapshot.
//
// The label "containerd.io/snapshot.ref" names the target: the committed snapshot that the caller intends to create
// from the active one. If the target exists, or the backend can supply it, Prepare adds the target to the lease instead
// and fails with ErrAlreadyExists. Errors:
//
//   - [errdefs.ErrAlreadyExists]: the target, or a snapshot with that key, exists
//   - [errdefs.ErrNotFound]: the parent or the lease does not exist
//   - [errdefs.ErrInvalidArgument]: a label is too long, or the backend's target has another parent
//   - [errdefs.ErrUnknown]: the backend already has a snapshot under a new backend key
//   - errors of the backend's Prepare
func (s *snapshotter) Prepare(
	ctx context.Context, key, parent string, opts ...snapshots.Opt,
) ([]snapshots.Mount, error) {
	mounts, err := s.create(ctx, s.backend.Prepare, key, parent, opts)
	if err != nil {
		return nil, err
	}
	err = s.db.publish(ctx, "/snapshot/prepare", &events.SnapshotPrepare{
		Key:         key,
		Parent:      parent,
		Snapshotter: s.name,
	})
	if err != nil {
		return nil, err
	}
	return mounts, nil
}

// View creates a read-only snapshot. Otherwise it is like Prepare, but publishes no event.
func (s *snapshotter) View(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]snapshots.Mount, error) {
	return s.create(ctx, s.backend.View, key, parent, opts)
}

// backendCreate is the backend's Prepare or View.
type backendCreate func(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]snapshots.Mount, error)

// creation is a snapshot whose record is not stored yet.
type creation struct {
	snapshotRecord        // the future record; adopt replaces it by the target's
	backendParent  string // the parent's backend key, "" without a parent
	target         string // "" without a target
}

// create creates a snapshot in three steps: a transaction reserves a backend key, the backend creates the snapshot
// outside of transactions, and a second transaction stores the record.
func (s *snapshotter) create(
	ctx context.Context, create backendCreate, key, parent string, opts []snapshots.Opt,
) ([]snapshots.Mount, error) {
	s.l.RLock()
	defer s.l.RUnlock()
	ns, err := namespaceOf(ctx)
	if err != nil {
		return nil, err
	}
	base, err := snapshotOptions(opts)
	if err != nil {
		return nil, err
	}
	c := &creation{target: base.Labels[snapshots.LabelSnapshotRef]}
	c.Info = snapshots.Info{Name: key, Parent: parent, Labels: base.Labels}
	if err := s.reserve(ctx, ns, c); err != nil {
		return nil, err
	}

	inherited := snapshots.FilterInheritedLabels(c.Labels)
	mounts, err := create(ctx, c.backendKey, c.backendParent, snapshots.WithLabels(inherited))
	switch {
	case err == nil:
		now := s.db.opts.clock.now()
		c.Created, c.Updated = now, now
		if err := s.store(ctx, ns, c); err != nil {
			s.discard(ctx, c.backendKey)
			return nil, err
		}
		s.doubt(ctx, nil, c.backendKey)
		return mounts, nil
	case !errdefs.IsAlreadyExists(err):
		s.doubt(ctx, err, c.backendKey)
		return nil, err
	}
	// The backend has a snapshot that it made itself, or one that a record named before. A record of the former has a
	// backend key of another form than newBackendKey's.
	s.db.dirt.suspectAll(s.name)
	if c.target == "" {
		// The backend key is new, so callers must not take this error for an existing snapshot.
		return nil, fmt.Errorf("snapshot %q: from the backend: %v: %w", key, err, errdefs.ErrUnknown)
	}
	if err := s.adopt(ctx, c); err != nil {
		return nil, err
	}
	err = s.store(ctx, ns, c)
	s.doubt(ctx, err, c.backendKey)
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("target %w", snapshotFailure(c.target, errdefs.ErrAlreadyExists))
}

// reserve sets the backend keys of c. If the target or the snapshot exists, reserve adds it to the lease and fails with
// ErrAlreadyExists.
func (s *snapshotter) reserve(ctx context.Context, ns string, c *creation) error {
	var exists error
	err := update(ctx, s.db, func(tx *memkv.Tx) error {
		all, err := ensureBucket(tx, schema.KeyVersion1, ns, schema.KeySnapshots, s.name)
		if err != nil {
			return err
		}
		for _, name := range []string{c.target, c.Name} {
			if _, ok := all.FrozenAt(name); ok {
				exists = snapshotFailure(name, errdefs.ErrAlreadyExists)
				return s.attachLease(ctx, tx, ns, name)
			}
		}
		if c.Parent != "" {
			parent, ok := all.FrozenAt(c.Parent)
			if !ok {
				return fmt.Errorf("parent %w", snapshotFailure(c.Parent, errdefs.ErrNotFound))
			}
			c.backendParent = string(parent.Get(schema.KeyName))
		}
		c.backendKey, err = newBackendKey(all, ns, c.Name)
		return err
	})
	if err != nil {
		return err
	}
	return exists
}

// adopt replaces c by the backend's committed snapshot for the target. It checks the result of Walk because not every
// backend applies filters.
func (s *snapshotter) adopt(ctx context.Context, c *creation) error {
	var found *snapshots.Info
	note := func(_ context.Context, info snapshots.Info) error {
		if found == nil && info.Kind == snapshots.KindCommitted &&
			info.Labels[snapshots.LabelSnapshotRef] == c.target && info.Parent == c.backendParent {
			found = &info
		}
		return nil
	}
	filter := fmt.Sprintf("labels.%q==%s,parent==%q", snapshots.LabelSnapshotRef, c.target, c.backendParent)
	if err := s.backend.Walk(ctx, note, filter); err != nil {
		return fmt.Errorf("target %w", snapshotFailure(c.target, err))
	}
	if found == nil {
		return fmt.Errorf("backend: target %w", snapshotFailure(c.target, errdefs.ErrNotFound))
	}
	labels := maps.Clone(found.Labels)
	maps.Copy(labels, c.Labels)
	c.Name, c.backendKey, c.Labels = c.target, found.Name, labels
	c.Created, c.Updated = found.Created, found.Updated
	return nil
}

// store writes the record, the link from its parent and the reference from the lease. If another call has stored a
// snapshot with that name since, store adds that snapshot to the lease and fails with ErrAlreadyExists.
func (s *snapshotter) store(ctx context.Context, ns string, c *creation) error {
	var exists error
	err := update(ctx, s.db, func(tx *memkv.Tx) error {
		all := s.bucket(tx, ns)
		if all == nil {
			return s.notFound()
		}
		if err := s.attachLease(ctx, tx, ns, c.Name); err != nil {
			return err
		}
		if _, ok := all.FrozenAt(c.Name); ok {
			exists = snapshotFailure(c.Name, errdefs.ErrAlreadyExists)
			return nil
		}
		parent := all.Bucket([]byte(c.Parent))
		switch {
		case c.Parent != "" && parent == nil:
			return fmt.Errorf("parent %w", snapshotFailure(c.Parent, errdefs.ErrNotFound))
		case c.Parent != "" && string(parent.Get([]byte(schema.KeyName))) != c.backendParent:
			return fmt.Errorf("snapshot %q: %q is not the parent of the target %q: %w",
				c.Name, c.Parent, c.target, errdefs.ErrInvalidArgument)
		}
		if err := snapshotTable.put(all, &c.snapshotRecord, memkv.Frozen{}); err != nil {
			return err
		}
		if c.Parent == "" {
			return nil
		}
		return linkChild(parent, "", c.Name)
	})
	if err != nil {
		return err
	}
	return exists
}

// discard removes a snapshot without a record from the backend. If that fails, the next cleaning removes it.
func (s *snapshotter) discard(ctx context.Context, backendKey string) {
	err := s.backend.Remove(ctx, backendKey)
	s.doubt(ctx, err, backendKey)
	if err != nil {
		log.G(ctx).WithError(err).WithField("snapshotter", s.name).WithField("key", backendKey).
			Error("cannot remove a snapshot without a record from the backend")
	}
}

// doubt calls [DB.doubt] for a snapshot of this backend.
func (s *snapshotter) doubt(ctx context.Context, err error, backendKey string) {
	s.db.doubt(ctx, err, backendPart{snapshotter: s.name, key: backendKey})
}

// linkChild adds name to the children of a parent. If replaced is not empty, it first removes that child.
func linkChild(parent *memkv.Bucket, replaced, name string) error {
	children, err := parent.CreateBucketIfNotExists([]byte(schema.KeyChildren))
	if err != nil {
		return err
	}
	if replaced != "" {
		if err := children.Delete([]byte(replaced)); err != nil {
			return err
		}
	}
	return children.Put([]byte(name), nil)
}

// snapshotOptions returns the values that opts set. It fails with InvalidArgument if a label is too long.
func snapshotOptions(opts []snapshots.Opt) (base snapshots.Info, err error) {
	for _, opt := range opts {
		if err := opt(&base); err != nil {
			return snapshots.Info{}, err
		}
	}
	return base, validateLabels(base.Labels)
}

func (s *snapshotter) notFound() error {
	return fmt.Errorf("snapshotter %q: %w", s.name, errdefs.ErrNotFound)
}
