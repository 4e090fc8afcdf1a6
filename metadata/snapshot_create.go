package metadata

import (
	"context"
	"fmt"
	"maps"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/events"
	"github.com/holdfast-gc/holdfast/metadata/log"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Prepare makes an active snapshot on a committed one, or on nothing, held by
// the lease of ctx.
//
// The label "containerd.io/snapshot.ref" names a committed snapshot as the
// target: the one that the caller is about to make from this one. If it is
// there, or the backend can supply it, it is held instead, and the error is
// ErrAlreadyExists. Errors:
//
//   - [errdefs.ErrAlreadyExists]: there is the target, or a snapshot of that key
//   - [errdefs.ErrNotFound]: there is no such parent, or no such lease
//   - [errdefs.ErrInvalidArgument]: a label is too long, or the backend's target
//     has another parent
//   - [errdefs.ErrUnknown]: the backend has a snapshot under a key that was new
//   - those of the backend's Prepare
func (s *snapshotter) Prepare(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]snapshots.Mount, error) {
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

// View is Prepare for a snapshot that can only be read.
func (s *snapshotter) View(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]snapshots.Mount, error) {
	return s.create(ctx, s.backend.View, key, parent, opts)
}

// backendCreate is the backend's Prepare or its View.
type backendCreate func(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]snapshots.Mount, error)

// creation is a snapshot on its way into the database.
type creation struct {
	snapshotRecord        // as it will be stored
	backendParent  string // the backend's key of the parent
	target         string // "": none
}

// create makes a snapshot in three steps: a transaction that reserves a key for
// the backend, the backend's work, for which no other writer has to wait, and a
// transaction that stores the result.
func (s *snapshotter) create(ctx context.Context, create backendCreate, key, parent string, opts []snapshots.Opt) ([]snapshots.Mount, error) {
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
	case c.target == "":
		// The key was made for this snapshot: this is not what a caller means
		// by "already exists".
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

// reserve finds the keys for the backend. If the target or the snapshot is
// there already, the lease holds it and the error is ErrAlreadyExists.
func (s *snapshotter) reserve(ctx context.Context, ns string, c *creation) error {
	var exists error
	err := update(ctx, s.db, func(tx *memkv.Tx) error {
		all, err := ensureBucket(tx, keyVersion1, ns, keySnapshots, s.name)
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
			c.backendParent = string(parent.Get(keyName))
		}
		c.backendKey, err = newBackendKey(all, ns, c.Name)
		return err
	})
	if err != nil {
		return err
	}
	return exists
}

// adopt makes c the backend's committed snapshot for the target. Not every
// backend applies filters, so they are applied again.
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

// store writes the record, its parent's link to it and its lease. If there is
// such a snapshot by now, the lease holds that one and the error is
// ErrAlreadyExists.
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
		case c.Parent != "" && string(parent.Get([]byte(keyName))) != c.backendParent:
			return fmt.Errorf("snapshot %q: %q is not the parent of the target %q: %w", c.Name, c.Parent, c.target, errdefs.ErrInvalidArgument)
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

// discard removes a snapshot from the backend that could not be stored. What
// can't be removed is left to the next clean-up.
func (s *snapshotter) discard(ctx context.Context, backendKey string) {
	err := s.backend.Remove(ctx, backendKey)
	s.doubt(ctx, err, backendKey)
	if err != nil {
		log.G(ctx).WithError(err).WithField("snapshotter", s.name).WithField("key", backendKey).Error("snapshot that was not stored is left in the backend")
	}
}

// doubt notes that nothing may come to name a snapshot of the backend's: see
// DB.doubt.
func (s *snapshotter) doubt(ctx context.Context, err error, backendKey string) {
	s.db.doubt(ctx, err, backendPart{s.name, backendKey})
}

// linkChild notes at a parent that name is its child now, and that was, if not
// empty, no longer is.
func linkChild(parent *memkv.Bucket, was, name string) error {
	children, err := parent.CreateBucketIfNotExists([]byte(keyChildren))
	if err != nil {
		return err
	}
	if was != "" {
		if err := children.Delete([]byte(was)); err != nil {
			return err
		}
	}
	return children.Put([]byte(name), nil)
}

// snapshotOptions returns what the options set. It fails with InvalidArgument on
// labels that are too long.
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
