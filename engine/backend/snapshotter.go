package backend

import (
	"context"
	"fmt"
	"maps"
	"path"
	"strconv"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/errdefs"
	"github.com/tidwall/btree"

	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Snapshotter is a [snapshots.Snapshotter] in memory. Its snapshots have no
// files; what an active one takes up is what SetUsage says.
type Snapshotter struct {
	now  func() time.Time
	root string

	mu      sync.RWMutex // as Content's
	records *btree.Map[string, *record]
	lastID  uint64
	sum     sum // of the records
}

// record is one snapshot. It never changes: an update replaces it.
type record struct {
	// id names the snapshot's directory and survives its commit.
	id    uint64
	info  snapshots.Info
	usage snapshots.Usage
	// children counts the records whose parent this one is.
	children int
}

// NewSnapshotter returns an empty snapshotter that reads the time from now and
// whose mounts name directories under root.
func NewSnapshotter(now func() time.Time, root string) *Snapshotter {
	return &Snapshotter{now: now, root: root, records: btree.NewMap[string, *record](degree)}
}

// Fork returns an independent snapshotter with the same snapshots, in constant
// time. A nil now keeps the clock of s.
func (s *Snapshotter) Fork(now func() time.Time) *Snapshotter {
	if now == nil {
		now = s.now
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &Snapshotter{now: now, root: s.root, records: s.records.Copy(), lastID: s.lastID, sum: s.sum}
}

// Place puts a snapshot as it is described, so that a snapshotter can be filled
// from what is known of a real one. Parents come before their children. Errors:
//
//   - [errdefs.ErrAlreadyExists]: there is a snapshot of that name
//   - [errdefs.ErrNotFound]: there is no such parent
func (s *Snapshotter) Place(info snapshots.Info, usage snapshots.Usage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.free(info.Name); err != nil {
		return err
	}
	if info.Parent != "" {
		if _, err := s.get(info.Parent); err != nil {
			return err
		}
	}
	info.Labels = maps.Clone(info.Labels)
	s.add(&record{id: s.nextID(), info: info, usage: usage})
	return nil
}

// SetUsage says what an active snapshot takes up from now on. Errors:
//
//   - [errdefs.ErrNotFound]: there is no such snapshot
//   - [errdefs.ErrFailedPrecondition]: it isn't active
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

// Update replaces the labels of a snapshot, or those that the fieldpaths name.
func (s *Snapshotter) Update(_ context.Context, info snapshots.Info, fieldpaths ...string) (snapshots.Info, error) {
	now := s.now().UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.get(info.Name)
	if err != nil {
		return snapshots.Info{}, err
	}
	labels, err := updatedLabels(r.info.Labels, info.Labels, fieldpaths)
	if err != nil {
		return snapshots.Info{}, fmt.Errorf("snapshot %q: %w", info.Name, err)
	}
	changed := *r
	changed.info.Labels = labels
	changed.info.Updated = now
	s.set(&changed)
	return changed.read(), nil
}

// Usage returns what a snapshot takes up without its parents. A view takes up
// nothing.
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

// Prepare makes an active snapshot on a committed one, or on nothing. Errors:
//
//   - [errdefs.ErrNotFound]: there is no such parent
//   - [errdefs.ErrInvalidArgument]: the parent isn't committed, or no key
//   - [errdefs.ErrAlreadyExists]: there is a snapshot of that key
func (s *Snapshotter) Prepare(_ context.Context, key, parent string, opts ...snapshots.Opt) ([]snapshots.Mount, error) {
	return s.create(snapshots.KindActive, key, parent, opts)
}

// View is Prepare for a snapshot that can only be read.
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
		if err := s.parent(parent, errdefs.ErrInvalidArgument); err != nil {
			return nil, err
		}
	}
	if err := s.free(key); err != nil {
		return nil, err
	}
	r := &record{id: s.nextID(), info: snapshots.Info{
		Kind:    kind,
		Name:    key,
		Parent:  parent,
		Labels:  keptLabels(base.Labels),
		Created: now,
		Updated: now,
	}}
	s.add(r)
	return s.mounts(r)
}

// Commit makes an active snapshot a committed one of another name. A parent
// among the options gives one to a snapshot that has none. Errors:
//
//   - [errdefs.ErrNotFound]: there is no such snapshot or parent
//   - [errdefs.ErrAlreadyExists]: the name is taken
//   - [errdefs.ErrFailedPrecondition]: the snapshot isn't active, or the parent
//     isn't committed
//   - [errdefs.ErrInvalidArgument]: it has another parent, or no name
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
		parent = base.Parent
		if err := s.parent(parent, errdefs.ErrFailedPrecondition); err != nil {
			return err
		}
	}
	s.drop(r)
	s.add(&record{id: r.id, usage: r.usage, info: snapshots.Info{
		Kind:    snapshots.KindCommitted,
		Name:    name,
		Parent:  parent,
		Labels:  keptLabels(base.Labels),
		Created: now,
		Updated: now,
	}})
	return nil
}

// Remove removes a snapshot. Errors:
//
//   - [errdefs.ErrNotFound]: there is no such snapshot
//   - [errdefs.ErrFailedPrecondition]: it is the parent of another
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

// Walk calls fn for every snapshot that passes the filters, in the order of
// their names. It walks those that were there when it was called, so fn may
// change the snapshotter.
func (s *Snapshotter) Walk(ctx context.Context, fn snapshots.WalkFunc, fs ...string) error {
	filter, err := filters.ParseAll(fs...)
	if err != nil {
		return err
	}
	s.mu.RLock()
	records := s.records.Values()
	s.mu.RUnlock()
	for _, r := range records {
		if len(fs) > 0 && !filter.Match(byInfo(&r.info)) {
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

// What follows needs the lock.

func (s *Snapshotter) get(key string) (*record, error) {
	r, ok := s.records.Get(key)
	if !ok {
		return nil, fmt.Errorf("snapshot %q: %w", key, errdefs.ErrNotFound)
	}
	return r, nil
}

// free is an error unless a snapshot of that name can be made.
func (s *Snapshotter) free(name string) error {
	if name == "" {
		return fmt.Errorf("snapshot: a name is required: %w", errdefs.ErrInvalidArgument)
	}
	if _, taken := s.records.Get(name); taken {
		return fmt.Errorf("snapshot %q: %w", name, errdefs.ErrAlreadyExists)
	}
	return nil
}

// parent is an error unless name is that of a committed snapshot: uncommitted
// where there is one that isn't.
func (s *Snapshotter) parent(name string, uncommitted error) error {
	r, err := s.get(name)
	if err != nil {
		return fmt.Errorf("parent %w", err)
	}
	if r.info.Kind != snapshots.KindCommitted {
		return fmt.Errorf("parent snapshot %q: not committed: %w", name, uncommitted)
	}
	return nil
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

// account keeps the sum when a record comes or, with a sign of -1, goes.
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

// mounts binds the snapshot's own directory, or that of its parent for a view.
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
	info.Labels = maps.Clone(info.Labels)
	return info
}

// applied returns what the options set.
func applied(opts []snapshots.Opt) (base snapshots.Info, err error) {
	for _, opt := range opts {
		if err := opt(&base); err != nil {
			return snapshots.Info{}, err
		}
	}
	return base, nil
}
