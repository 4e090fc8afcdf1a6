package metadata

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/lock"
	"github.com/holdfast-gc/holdfast/metadata/schema"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// A snapshotRecord is the stored record of one snapshot. It does not contain the snapshot's kind, which only the
// backend stores.
type snapshotRecord struct {
	snapshots.Info
	backendKey string
}

// snapshotTable describes the records of snapshots. They are stored one level deeper than other records, so only the
// table methods that take a bucket apply. The table doesn't describe the links to children; its methods preserve them.
var snapshotTable = table[snapshotRecord]{
	kind:    "snapshot",
	id:      func(r *snapshotRecord) *string { return &r.Name },
	created: func(r *snapshotRecord) *time.Time { return &r.Created },
	updated: func(r *snapshotRecord) *time.Time { return &r.Updated },
	check:   func(r *snapshotRecord) error { return validateLabels(r.Labels) },
	fields: []field[snapshotRecord]{
		stamp(schema.KeyCreatedAt, func(r *snapshotRecord) *time.Time { return &r.Created }),
		stringMap(schema.KeyLabels, func(r *snapshotRecord) *map[string]string { return &r.Labels }),
		optionalText(schema.KeyName, func(r *snapshotRecord) *string { return &r.backendKey }),
		optionalText(schema.KeyParent, func(r *snapshotRecord) *string { return &r.Parent }),
		stamp(schema.KeyUpdatedAt, func(r *snapshotRecord) *time.Time { return &r.Updated }),
	},
	masks: []mask[snapshotRecord]{
		entries(schema.KeyLabels, func(r *snapshotRecord) *map[string]string { return &r.Labels }),
	},
}

// snapshotFilters are the fields of a snapshot that filters can test. The backend provides the kind.
var snapshotFilters = []filterField[snapshots.Info]{
	{name: "kind", lookup: func(i *snapshots.Info, _ []string) (string, bool) {
		name, ok := kindNames[i.Kind]
		return name, ok
	}},
	presentFilter("name", func(i *snapshots.Info) string { return i.Name }),
	presentFilter("parent", func(i *snapshots.Info) string { return i.Parent }),
	mapFilter("labels", func(i *snapshots.Info) map[string]string { return i.Labels }),
}

var kindNames = map[snapshots.Kind]string{
	snapshots.KindActive:    "active",
	snapshots.KindView:      "view",
	snapshots.KindCommitted: "committed",
}

// snapshotter implements snapshots.Snapshotter. The records of snapshots belong to the namespace of the context; the
// snapshots are in a backend that all namespaces share, each under a unique backend key.
type snapshotter struct {
	db      *DB
	name    string
	backend snapshots.Snapshotter

	// l keeps changes and cleaning apart: a call that changes snapshots holds l for reading, a cleaning of the
	// backend for writing.
	l *lock.RWMutex
}

func newSnapshotter(db *DB, name string, backend snapshots.Snapshotter) *snapshotter {
	return &snapshotter{db: db, name: name, backend: backend, l: lock.NewRWMutex(db.opts.scheduler)}
}

// Stat returns a snapshot's record, completed with the kind and inherited labels from the backend.
func (s *snapshotter) Stat(ctx context.Context, key string) (snapshots.Info, error) {
	record, err := s.record(ctx, key)
	if err != nil {
		return snapshots.Info{}, err
	}
	info, err := s.backend.Stat(ctx, record.backendKey)
	if err != nil {
		return snapshots.Info{}, err
	}
	return record.over(info), nil
}

// Usage returns the backend's measure of a snapshot's disk space and inodes.
func (s *snapshotter) Usage(ctx context.Context, key string) (snapshots.Usage, error) {
	backendKey, err := s.backendKey(ctx, key)
	if err != nil {
		return snapshots.Usage{}, err
	}
	return s.backend.Usage(ctx, backendKey)
}

// Mounts returns the backend's mounts of an active snapshot or a view.
func (s *snapshotter) Mounts(ctx context.Context, key string) ([]snapshots.Mount, error) {
	backendKey, err := s.backendKey(ctx, key)
	if err != nil {
		return nil, err
	}
	return s.backend.Mounts(ctx, backendKey)
}

// Update replaces the labels of a snapshot. fieldpaths can be "labels" or single labels, for example "labels.KEY". It
// passes the labels that backends inherit on to the backend.
func (s *snapshotter) Update(ctx context.Context, info snapshots.Info, fieldpaths ...string) (snapshots.Info, error) {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return snapshots.Info{}, err
	}
	if info.Name == "" {
		return snapshots.Info{}, fmt.Errorf("snapshot: a name is required: %w", errdefs.ErrInvalidArgument)
	}
	s.l.RLock()
	defer s.l.RUnlock()

	record := snapshotRecord{Info: info}
	err = update(ctx, s.db, func(tx *memkv.Tx) error {
		all := s.bucket(tx, ns)
		old, err := snapshotTable.change(all, &record, fieldpaths)
		if err != nil {
			return err
		}
		record.Updated = s.db.opts.clock.now()
		if err := snapshotTable.put(all, &record, old); err != nil {
			return err
		}
		// Inside the transaction: if the backend's update fails, the record's is rolled back.
		info, err = s.backend.Update(ctx, snapshots.Info{
			Name:   record.backendKey,
			Labels: snapshots.FilterInheritedLabels(record.Labels),
		}, fieldpaths...)
		return err
	})
	if err != nil {
		return snapshots.Info{}, err
	}
	return record.over(info), nil
}

// Walk calls fn for every snapshot of the namespace that matches the filters, sorted by name. It closes its own
// transaction before the first call. It skips snapshots that the backend has lost.
func (s *snapshotter) Walk(ctx context.Context, fn snapshots.WalkFunc, fs ...string) error {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return err
	}
	filter, err := parseFilters(fs)
	if err != nil {
		return err
	}
	var records []snapshotRecord
	err = view(ctx, s.db, func(tx *memkv.Tx) error {
		all, _ := tx.FrozenAt(schema.KeyVersion1, ns, schema.KeySnapshots, s.name)
		records, err = snapshotTable.pick(all, everything{}, func(string) bool { return true })
		return err
	})
	if err != nil {
		return err
	}
	c := &candidate[snapshots.Info]{fields: snapshotFilters}
	for _, record := range records {
		info, err := s.backend.Stat(ctx, record.backendKey)
		switch {
		case errdefs.IsNotFound(err):
			continue
		case err != nil:
			return err
		}
		info = record.over(info)
		c.o = &info
		if !filter.Match(c) {
			continue
		}
		if err := fn(ctx, info); err != nil {
			return err
		}
	}
	return nil
}

// Cleanup makes the backend free the disk space of removed snapshots. It fails with NotImplemented if the backend is
// not a snapshots.Cleaner.
func (s *snapshotter) Cleanup(ctx context.Context) error {
	cleaner, ok := s.backend.(snapshots.Cleaner)
	if !ok {
		return fmt.Errorf("snapshotter %q: cleanup: %w", s.name, errdefs.ErrNotImplemented)
	}
	return cleaner.Cleanup(ctx)
}

// Close closes the backend, not the database.
func (s *snapshotter) Close() error { return s.backend.Close() }

// record returns the record of a snapshot. It fails with NotFound.
func (s *snapshotter) record(ctx context.Context, key string) (r snapshotRecord, err error) {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return r, err
	}
	err = view(ctx, s.db, func(tx *memkv.Tx) error {
		record, ok := tx.FrozenAt(schema.KeyVersion1, ns, schema.KeySnapshots, s.name, key)
		if !ok {
			return snapshotFailure(key, errdefs.ErrNotFound)
		}
		return snapshotTable.decode(record, key, &r)
	})
	return r, err
}

// backendKey returns the backend's key of a snapshot. It fails with NotFound.
func (s *snapshotter) backendKey(ctx context.Context, key string) (backendKey string, err error) {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return "", err
	}
	err = view(ctx, s.db, func(tx *memkv.Tx) error {
		record, _ := tx.FrozenAt(schema.KeyVersion1, ns, schema.KeySnapshots, s.name, key)
		if backendKey = string(record.Get(schema.KeyName)); backendKey == "" {
			return snapshotFailure(key, errdefs.ErrNotFound)
		}
		return nil
	})
	return backendKey, err
}

// bucket returns the bucket of all snapshots of a namespace, or nil if there is none.
func (s *snapshotter) bucket(tx *memkv.Tx, ns string) *memkv.Bucket {
	return tx.BucketAt(schema.KeyVersion1, ns, schema.KeySnapshots, s.name)
}

// attachLease adds a reference to a snapshot to the lease of ctx, if ctx has one.
func (s *snapshotter) attachLease(ctx context.Context, tx *memkv.Tx, ns, key string) error {
	_, err := attachLease(ctx, tx, ns, key, schema.KeySnapshots, s.name)
	return err
}

// over returns the record, completed with the kind and the missing labels from the backend's info.
func (r snapshotRecord) over(info snapshots.Info) snapshots.Info {
	labels := r.Labels
	for key := range info.Labels {
		if _, ok := r.Labels[key]; !ok { // seldom: backends have copies of the record's labels
			labels = maps.Clone(info.Labels)
			maps.Copy(labels, r.Labels)
			break
		}
	}
	if labels == nil && info.Labels != nil {
		labels = map[string]string{}
	}
	kind := info.Kind
	info = r.Info
	info.Kind, info.Labels = kind, labels
	return info
}

func snapshotFailure(key string, err error) error { return snapshotTable.failure(key, err) }
