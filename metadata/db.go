package metadata

import (
	"context"
	"io"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/lock"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/events"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// DB is containerd's metadata database: every resource of every namespace,
// stored through one Transactor, in front of backends for content and
// snapshots that all namespaces share.
//
// Its methods, and the stores made from it, may be called by any number of
// goroutines at once.
type DB struct {
	db Transactor
	cs *contentStore
	ss map[string]*snapshotter

	// wlock is held for reading by every writing transaction and for writing
	// by a collection, so that nothing changes between mark and sweep.
	wlock *lock.RWMutex

	dirt dirt

	mutationCallbacks []func(dirty bool)         // guarded by wlock
	collectors        map[ResourceType]Collector // guarded by wlock

	opts dbOptions
}

// NewDB returns a metadata database that stores in db and whose resources
// live in cs and in the snapshotters ss, known by their names. Init must be
// called before anything else.
func NewDB(db Transactor, cs content.Store, ss map[string]snapshots.Snapshotter, opts ...DBOpt) *DB {
	m := &DB{
		db:   db,
		ss:   make(map[string]*snapshotter, len(ss)),
		opts: defaultOptions(),
	}
	for _, opt := range opts {
		opt(&m.opts)
	}
	m.wlock = lock.NewRWMutex(m.opts.scheduler)
	m.cs = newContentStore(m, m.opts.shared, cs)
	for name, backend := range ss {
		m.ss[name] = newSnapshotter(m, name, backend)
	}
	return m
}

// Close waits for a collection to end and closes the Transactor, if it can be
// closed.
func (m *DB) Close() error {
	m.wlock.Lock()
	defer m.wlock.Unlock()
	if c, ok := m.db.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// View calls fn with a read-only transaction.
func (m *DB) View(fn func(*memkv.Tx) error) error { return m.db.View(fn) }

// Update calls fn with a writing transaction. If it could be committed, the
// mutation callbacks are called before Update returns.
func (m *DB) Update(fn func(*memkv.Tx) error) error {
	m.wlock.RLock()
	defer m.wlock.RUnlock()
	err := m.db.Update(func(tx *memkv.Tx) error {
		tx.Owner = m
		return fn(tx)
	})
	if err != nil {
		return err
	}
	dirty := m.dirt.any()
	for _, callback := range m.mutationCallbacks {
		callback(dirty)
	}
	return nil
}

// ContentStore returns the content store, whose methods act on the namespace
// of their context.
func (m *DB) ContentStore() content.Store { return m.cs }

// Snapshotter returns the snapshotter of that name, or nil. Its methods act on
// the namespace of their context.
func (m *DB) Snapshotter(name string) snapshots.Snapshotter {
	if s, ok := m.ss[name]; ok {
		return s
	}
	return nil
}

// Snapshotters returns all snapshotters by name, in a map that is the
// caller's.
func (m *DB) Snapshotters() map[string]snapshots.Snapshotter {
	all := make(map[string]snapshots.Snapshotter, len(m.ss))
	for name, s := range m.ss {
		all[name] = s
	}
	return all
}

// Publisher returns where to publish events, or nil: there is no publisher, or
// ctx has a transaction, which may yet be rolled back.
func (m *DB) Publisher(ctx context.Context) events.Publisher {
	if _, ok := boltutil.Transaction(ctx); ok {
		return nil
	}
	return m.opts.publisher
}

// RegisterMutationCallback has fn called after every committed Update. fn is
// told whether something was deleted since the last collection. It is called
// under a lock that lets Updates pass but no collection.
func (m *DB) RegisterMutationCallback(fn func(dirty bool)) {
	m.wlock.Lock()
	defer m.wlock.Unlock()
	m.mutationCallbacks = append(m.mutationCallbacks, fn)
}
