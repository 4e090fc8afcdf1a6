package metadata

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/lock"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// A snapshotRecord is what is stored of one snapshot. Of which kind it is only
// the backend knows.
type snapshotRecord struct {
	snapshots.Info
	backendKey string
}

// snapshotTable is stored one level deeper than others, so that only those of
// its methods count that are given a bucket. The links to children are no part
// of the record that it knows, and stay as they are.
var snapshotTable = table[snapshotRecord]{
	kind:    "snapshot",
	id:      func(r *snapshotRecord) *string { return &r.Name },
	created: func(r *snapshotRecord) *time.Time { return &r.Created },
	updated: func(r *snapshotRecord) *time.Time { return &r.Updated },
	check:   func(r *snapshotRecord) error { return validateLabels(r.Labels) },
	fields: []field[snapshotRecord]{
		stamp(keyCreatedAt, func(r *snapshotRecord) *time.Time { return &r.Created }),
		stringMap(keyLabels, func(r *snapshotRecord) *map[string]string { return &r.Labels }),
		optionalText(keyName, func(r *snapshotRecord) *string { return &r.backendKey }),
		optionalText(keyParent, func(r *snapshotRecord) *string { return &r.Parent }),
		stamp(keyUpdatedAt, func(r *snapshotRecord) *time.Time { return &r.Updated }),
	},
	masks: []mask[snapshotRecord]{
		entries(keyLabels, func(r *snapshotRecord) *map[string]string { return &r.Labels }),
	},
}

// snapshotFilters are the names that filters know of what is stored and what
// the backend adds.
var snapshotFilters = []filterField[snapshots.Info]{
	{"kind", func(i *snapshots.Info, _ []string) (string, bool) {
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

// snapshotter is a snapshots.Snapshotter whose snapshots belong to the
// namespace of the context, in front of a backend that all namespaces share and
// that knows each snapshot by a key of its own.
type snapshotter struct {
	db      *DB
	name    string
	backend snapshots.Snapshotter

	// l is held for reading by what changes snapshots, and for writing by the
	// clean-up of the backend.
	l *lock.RWMutex
}

func newSnapshotter(db *DB, name string, backend snapshots.Snapshotter) *snapshotter {
	return &snapshotter{db: db, name: name, backend: backend, l: lock.NewRWMutex(db.opts.scheduler)}
}

// Stat returns a snapshot's record, completed with what the backend says of it.
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

// Usage returns what the backend says a snapshot takes up.
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

// Update replaces the labels of a snapshot, or those that the fieldpaths
// "labels" and "labels.KEY" name. The backend is told of those it inherits.
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
		// Inside the transaction, so that either both are changed or, as far
		// as the backend can be trusted, neither is.
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

// Walk calls fn, outside of any transaction of its own, for every snapshot of
// the namespace that the backend still has and that passes the filters, in the
// order of their names.
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
		all, _ := tx.FrozenAt(keyVersion1, ns, keySnapshots, s.name)
		records, err = snapshotTable.pick(all, filters.Always, func(string) bool { return true })
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

// Cleanup has a backend that is a snapshots.Cleaner free what removed snapshots
// took up. With another one it fails with NotImplemented.
func (s *snapshotter) Cleanup(ctx context.Context) error {
	cleaner, ok := s.backend.(snapshots.Cleaner)
	if !ok {
		return fmt.Errorf("snapshotter %q: cleanup: %w", s.name, errdefs.ErrNotImplemented)
	}
	return cleaner.Cleanup(ctx)
}

// Close closes the backend, not the database.
func (s *snapshotter) Close() error { return s.backend.Close() }

// record returns what is stored of a snapshot. It fails with NotFound.
func (s *snapshotter) record(ctx context.Context, key string) (r snapshotRecord, err error) {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return r, err
	}
	err = view(ctx, s.db, func(tx *memkv.Tx) error {
		record, ok := tx.FrozenAt(keyVersion1, ns, keySnapshots, s.name, key)
		if !ok {
			return snapshotFailure(key, errdefs.ErrNotFound)
		}
		return snapshotTable.decode(record, key, &r)
	})
	return r, err
}

// backendKey returns the key that the backend knows a snapshot by. It fails
// with NotFound.
func (s *snapshotter) backendKey(ctx context.Context, key string) (backendKey string, err error) {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return "", err
	}
	err = view(ctx, s.db, func(tx *memkv.Tx) error {
		record, _ := tx.FrozenAt(keyVersion1, ns, keySnapshots, s.name, key)
		if backendKey = string(record.Get(keyName)); backendKey == "" {
			return snapshotFailure(key, errdefs.ErrNotFound)
		}
		return nil
	})
	return backendKey, err
}

// bucket returns the bucket of all snapshots of a namespace, or nil.
func (s *snapshotter) bucket(tx *memkv.Tx, ns string) *memkv.Bucket {
	return tx.BucketAt(keyVersion1, ns, keySnapshots, s.name)
}

// attachLease has the lease of ctx, if there is one, hold a snapshot.
func (s *snapshotter) attachLease(ctx context.Context, tx *memkv.Tx, ns, key string) error {
	_, err := attachLease(ctx, tx, ns, key, keySnapshots, s.name)
	return err
}

// over returns the record with its kind, and the labels that it doesn't have,
// from what the backend said.
func (r snapshotRecord) over(info snapshots.Info) snapshots.Info {
	labels := r.Labels
	if info.Labels != nil {
		labels = maps.Clone(info.Labels)
		maps.Copy(labels, r.Labels)
	}
	kind := info.Kind
	info = r.Info
	info.Kind, info.Labels = kind, labels
	return info
}

func snapshotFailure(key string, err error) error { return snapshotTable.failure(key, err) }
