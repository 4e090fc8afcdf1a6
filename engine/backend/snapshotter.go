package backend

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/errdefs"
	"github.com/tidwall/btree"

	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Snapshotter is a [snapshots.Snapshotter] in memory. Its snapshots have no files. [Snapshotter.SetUsage] sets the
// usage of an active snapshot.
type Snapshotter struct {
	now  func() time.Time
	root string

	mu      sync.RWMutex // never held during a call of other code, as in Content
	records *btree.Map[string, *record]
	lastID  uint64
	sum     sum // over the records
}

// record is one snapshot. It is immutable: an update replaces it.
type record struct {
	// id is the name of the snapshot's directory. A commit keeps it.
	id     uint64
	info   snapshots.Info // without labels
	labels labelList
	usage  snapshots.Usage
	// children is the number of records with this parent.
	children int
}

// NewSnapshotter returns an empty snapshotter with now as its clock. Its mounts name directories below root.
func NewSnapshotter(now func() time.Time, root string) *Snapshotter {
	return &Snapshotter{now: now, root: root, records: btree.NewMap[string, *record](degree)}
}

// Fork returns an independent snapshotter with the same snapshots, in constant time. A nil now keeps the clock of s.
func (s *Snapshotter) Fork(now func() time.Time) *Snapshotter {
	if now == nil {
		now = s.now
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &Snapshotter{now: now, root: s.root, records: s.records.Copy(), lastID: s.lastID, sum: s.sum}
}

// Place adds a snapshot with the given record, for example to copy a real snapshotter. Parents must be added before
// their children. Errors:
//
//   - [errdefs.ErrAlreadyExists]: the name is taken
//   - [errdefs.ErrNotFound]: the parent does not exist
func (s *Snapshotter) Place(info snapshots.Info, usage snapshots.Usage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.free(info.Name); err != nil {
		return err
	}
	if info.Parent != "" {
		parent, err := s.get(info.Parent)
		if err != nil {
			return err
		}
		info.Parent = parent.info.Name
	}
	labels := listLabels(info.Labels)
	info.Labels = nil
	s.add(&record{id: s.nextID(), info: info, labels: labels, usage: usage})
	return nil
}

// SetUsage sets the usage of an active snapshot. Errors:
//
//   - [errdefs.ErrNotFound]: the snapshot does not exist
//   - [errdefs.ErrFailedPrecondition]: the snapshot is not active
func (s *Snapshotter) SetUsage(key string, usage snapshots.Usage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.get(key)
	if err != nil {
		return err
	}
	if r.info.Kind != snapshots.KindActive {
		return fmt.Errorf("snapshot %q: not active: %w", key, errdefs.ErrFailedPrecondition)
	}
	changed := *r
	changed.usage = usage
	s.set(&changed)
	return nil
}

// Stat returns the record of a snapshot.
func (s *Snapshotter) Stat(_ context.Context, key string) (snapshots.Info, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.get(key)
	if err != nil {
		return snapshots.Info{}, err
	}
	return r.read(), nil
}

// Update replaces all labels of a snapshot, or the labels in fieldpaths.
func (s *Snapshotter) Update(_ context.Context, info snapshots.Info, fieldpaths ...string) (snapshots.Info, error) {
	now := s.now().UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.get(info.Name)
	if err != nil {
		return snapshots.Info{}, err
	}
	labels, err := updatedLabels(r.labels, info.Labels, fieldpaths)
	if err != nil {
		return snapshots.Info{}, fmt.Errorf("snapshot %q: %w", info.Name, err)
	}
	changed := *r
	changed.labels = labels
	changed.info.Updated = now
	s.set(&changed)
	return changed.read(), nil
}

// Usage returns the usage of a snapshot without its parents. The usage of a view is 0.
func (s *Snapshotter) Usage(_ context.Context, key string) (snapshots.Usage, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.get(key)
	if err != nil {
		return snapshots.Usage{}, err
	}
	return r.usage, nil
}

// Mounts returns the mounts of an active snapshot or a view.
func (s *Snapshotter) Mounts(_ context.Context, key string) ([]snapshots.Mount, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.get(key)
	if err != nil {
		return nil, err
	}
	if r.info.Kind == snapshots.KindCommitted {
		return nil, fmt.Errorf("snapshot %q: committed ones have no mounts: %w", key, errdefs.ErrFailedPrecondition)
	}
	return s.mounts(r)
}

// Prepare creates an active snapshot with a committed parent, or without one. Errors:
//
//   - [errdefs.ErrNotFound]: the parent does not exist
//   - [errdefs.ErrInvalidArgument]: the parent is not committed, or the key is empty
//   - [errdefs.ErrAlreadyExists]: the key is taken
func (s *Snapshotter) Prepare(_ context.Context, key, parent string, opts ...snapshots.Opt) ([]snapshots.Mount, error) {
	return s.create(snapshots.KindActive, key, parent, opts)
}

// View is [Snapshotter.Prepare] for a read-only snapshot.
func (s *Snapshotter) View(_ context.Context, key, parent string, opts ...snapshots.Opt) ([]snapshots.Mount, error) {
	return s.create(snapshots.KindView, key, parent, opts)
}

func (s *Snapshotter) create(kind snapshots.Kind, key, parent string, opts []snapshots.Opt) ([]snapshots.Mount, error) {
	base, err := applied(opts)
	if err != nil {
		return nil, err
	}
	now := s.now().UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	if parent != "" {
		if parent, err = s.parent(parent, errdefs.ErrInvalidArgument); err != nil {
			return nil, err
		}
	}
	if err := s.free(key); err != nil {
		return nil, err
	}
	r := &record{id: s.nextID(), labels: keptLabels(base.Labels), info: snapshots.Info{
		Kind:    kind,
		Name:    key,
		Parent:  parent,
		Created: now,
		Updated: now,
	}}
	s.add(r)
	return s.mounts(r)
}

// Commit turns an active snapshot into a committed one with another name. The option of a parent sets the parent of a
// snapshot without one. Errors:
//
//   - [errdefs.ErrNotFound]: the snapshot or the parent does not exist
//   - [errdefs.ErrAlreadyExists]: the name is taken
//   - [errdefs.ErrFailedPrecondition]: the snapshot is not active, or the parent is not committed
//   - [errdefs.ErrInvalidArgument]: the snapshot has another parent, or the name is empty
func (s *Snapshotter) Commit(_ context.Context, name, key string, opts ...snapshots.Opt) error {
	base, err := applied(opts)
	if err != nil {
		return err
	}
	now := s.now().UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.get(key)
	if err != nil {
		return err
	}
	if err := s.free(name); err != nil {
		return err
	}
	parent := r.info.Parent
	switch {
	case r.info.Kind != snapshots.KindActive:
		return fmt.Errorf("snapshot %q: not active: %w", key, errdefs.ErrFailedPrecondition)
	case base.Parent == "" || base.Parent == parent:
	case parent != "":
		return fmt.Errorf("snapshot %q: has a parent already: %w", key, errdefs.ErrInvalidArgument)
	case base.Parent == key:
		return fmt.Errorf("snapshot %q: cannot be its own parent: %w", key, errdefs.ErrNotFound)
	default:
		if parent, err = s.parent(base.Parent, errdefs.ErrFailedPrecondition); err != nil {
			return err
		}
	}
	s.drop(r)
	s.add(&record{id: r.id, labels: keptLabels(base.Labels), usage: r.usage, info: snapshots.Info{
		Kind:    snapshots.KindCommitted,
		Name:    name,
		Parent:  parent,
		Created: now,
		Updated: now,
	}})
	return nil
}

// Remove removes a snapshot. Errors:
//
//   - [errdefs.ErrNotFound]: the snapshot does not exist
//   - [errdefs.ErrFailedPrecondition]: the snapshot has children
func (s *Snapshotter) Remove(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.get(key)
	if err != nil {
		return err
	}
	if r.children > 0 {
		return fmt.Errorf("snapshot %q: cannot remove it: it has children: %w", key, errdefs.ErrFailedPrecondition)
	}
	s.drop(r)
	return nil
}

// Walk calls fn for every snapshot that passes the filters, in the order of names. It walks the state at the time of
// the call, so fn may change the snapshotter.
func (s *Snapshotter) Walk(ctx context.Context, fn snapshots.WalkFunc, fs ...string) error {
	filter, err := filters.ParseAll(fs...)
	if err != nil {
		return err
	}
	s.mu.RLock()
	records := s.records.Values()
	s.mu.RUnlock()
	for _, r := range records {
		if len(fs) > 0 && !filter.Match(byRecord(r)) {
			continue
		}
		if err := fn(ctx, r.read()); err != nil {
			return err
		}
	}
	return nil
}

// Close does nothing.
func (s *Snapshotter) Close() error { return nil }

// The functions below require the lock.

func (s *Snapshotter) get(key string) (*record, error) {
	r, ok := s.records.Get(key)
	if !ok {
		return nil, fmt.Errorf("snapshot %q: %w", key, errdefs.ErrNotFound)
	}
	return r, nil
}

// free returns an error if no snapshot of that name can be created.
func (s *Snapshotter) free(name string) error {
	if name == "" {
		return fmt.Errorf("snapshot: a name is required: %w", errdefs.ErrInvalidArgument)
	}
	if _, taken := s.records.Get(name); taken {
		return fmt.Errorf("snapshot %q: %w", name, errdefs.ErrAlreadyExists)
	}
	return nil
}

// parent returns the name of a committed snapshot, as the snapshot itself stores it: a name that the caller passes can
// be part of a larger string, which it would keep in memory. It fails if the snapshot is not committed, with the given
// error.
func (s *Snapshotter) parent(name string, uncommitted error) (string, error) {
	r, err := s.get(name)
	if err != nil {
		return "", fmt.Errorf("parent %w", err)
	}
	if r.info.Kind != snapshots.KindCommitted {
		return "", fmt.Errorf("parent snapshot %q: not committed: %w", name, uncommitted)
	}
	return r.info.Name, nil
}

func (s *Snapshotter) nextID() uint64 {
	s.lastID++
	return s.lastID
}

func (s *Snapshotter) set(r *record) {
	if old, ok := s.records.Set(r.info.Name, r); ok {
		s.account(old, -1)
	}
	s.account(r, +1)
}

// account updates the sum for an added record (sign 1) or a removed one (sign -1).
func (s *Snapshotter) account(r *record, sign int) {
	if s.sum.known {
		s.sum.account(r.hash(), sign)
	}
}

func (s *Snapshotter) add(r *record) {
	s.set(r)
	s.countChild(r.info.Parent, +1)
}

func (s *Snapshotter) drop(r *record) {
	s.records.Delete(r.info.Name)
	s.account(r, -1)
	s.countChild(r.info.Parent, -1)
}

func (s *Snapshotter) countChild(parent string, n int) {
	if r, ok := s.records.Get(parent); ok {
		changed := *r
		changed.children += n
		s.set(&changed)
	}
}

// mounts returns a bind mount of the snapshot's own directory, or of the parent's directory for a view.
func (s *Snapshotter) mounts(r *record) ([]snapshots.Mount, error) {
	access, source := "rw", r
	if r.info.Kind == snapshots.KindView {
		access = "ro"
		if r.info.Parent != "" {
			parent, err := s.get(r.info.Parent)
			if err != nil {
				return nil, err
			}
			source = parent
		}
	}
	return []snapshots.Mount{{
		Type:    "bind",
		Source:  path.Join(s.root, "snapshots", strconv.FormatUint(source.id, 10)),
		Options: []string{"rbind", access},
	}}, nil
}

func (r *record) read() snapshots.Info {
	info := r.info
	info.Labels = r.labels.toMap()
	return info
}

// applied returns the record that the options produce.
func applied(opts []snapshots.Opt) (base snapshots.Info, err error) {
	for _, opt := range opts {
		if err := opt(&base); err != nil {
			return snapshots.Info{}, err
		}
	}
	return base, nil
}
