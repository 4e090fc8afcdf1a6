package metadata

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/lock"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/events"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// DB is containerd's metadata database. It stores the records of all namespaces through one Transactor. The bytes are
// in backends for content and snapshots, which all namespaces share.
//
// Any number of goroutines may call its methods, and the methods of its stores, at the same time.
type DB struct {
	db Transactor
	cs *contentStore
	ss map[string]*snapshotter

	// wlock keeps records from changing during the end of a collection, or during all of it: each writing transaction
	// holds it for reading, the collection for writing.
	wlock *lock.RWMutex

	dirt dirt

	// collecting is held by a collection that marks beside writers. It is locked before wlock.
	collecting *lock.Mutex
	live       *graph.Live              // the kept reference graph, or nil; guarded by collecting
	external   []rules.Rule             // the collectors' rules with which live was made; guarded by collecting
	followed   atomic.Pointer[followed] // of the kept graph; nil without one

	mutationCallbacks []func(dirty bool)         // guarded by wlock
	collectors        map[ResourceType]Collector // guarded by wlock

	opts dbOptions
}

// NewDB returns a metadata database that stores records in db, content in cs, and snapshots in the snapshotters ss,
// keyed by name. Call [DB.Init] before any other method.
func NewDB(db Transactor, cs content.Store, ss map[string]snapshots.Snapshotter, opts ...DBOpt) *DB {
	m := &DB{
		db:   db,
		ss:   make(map[string]*snapshotter, len(ss)),
		opts: defaultOptions(),
	}
	for _, opt := range opts {
		opt(&m.opts)
	}
	m.dirt.walkAlways = m.opts.walkAlways
	m.wlock = lock.NewRWMutex(m.opts.scheduler)
	m.collecting = lock.NewMutex(m.opts.scheduler)
	m.cs = newContentStore(m, m.opts.shared, cs)
	for name, backend := range ss {
		m.ss[name] = newSnapshotter(m, name, backend)
	}
	return m
}

// Init brings the database to the schema of the containerd version whose rules it follows: the newest, unless
// [WithRules] names another. It marks an empty database with that schema version and migrates an older one.
//
// Init also marks every backend for cleaning, unless [WithCleanupOnce] is set: no record shows whether the previous
// process finished cleaning after its last collection.
func (m *DB) Init(ctx context.Context) error {
	err := updateContext(ctx, m.db, func(tx *memkv.Tx) error {
		_, err := Migrate(tx, m.opts.version.Schema())
		return err
	})
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	m.dirt.suspectAll("")
	for name := range m.ss {
		m.dirt.suspectAll(name)
	}
	if m.opts.cleanupOnce {
		return nil
	}
	if m.cs != nil {
		m.dirt.markContent()
	}
	for name := range m.ss {
		m.dirt.markSnapshotter(name)
	}
	return nil
}

// Fork returns a copy of m that works on forks of m's parts: db must hold the same records as m's Transactor, and the
// backends cs and ss the same content and snapshots as m's backends. The fork has m's options, overridden by opts, and
// inherits m's marks of backends to clean and m's count of deletions, and therefore needs no Init. It does not inherit
// m's mutation callbacks and collectors, which would act on m's resources.
func (m *DB) Fork(db Transactor, cs content.Store, ss map[string]snapshots.Snapshotter, opts ...DBOpt) *DB {
	inherited := func(o *dbOptions) { *o = m.opts }
	fork := NewDB(db, cs, ss, append([]DBOpt{inherited}, opts...)...)
	fork.dirt.inherit(&m.dirt)
	return fork
}

// Close waits for a running collection and closes the Transactor, if it is an io.Closer.
func (m *DB) Close() error {
	m.wlock.Lock()
	defer m.wlock.Unlock()
	if c, ok := m.db.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// View calls fn with a read-only transaction.
func (m *DB) View(fn func(*memkv.Tx) error) error { return m.ViewContext(context.Background(), fn) }

// ViewContext is View for a call with a context, which only a [ContextTransactor] uses.
func (m *DB) ViewContext(ctx context.Context, fn func(*memkv.Tx) error) error {
	return viewContext(ctx, m.db, fn)
}

// Update calls fn with a writing transaction. After a successful commit it calls the mutation callbacks.
func (m *DB) Update(fn func(*memkv.Tx) error) error {
	return m.UpdateContext(context.Background(), fn)
}

// UpdateContext is Update for a call with a context, which only a [ContextTransactor] uses.
func (m *DB) UpdateContext(ctx context.Context, fn func(*memkv.Tx) error) error {
	m.wlock.RLock()
	defer m.wlock.RUnlock()
	err := updateContext(ctx, m.db, func(tx *memkv.Tx) error {
		tx.Owner = m
		m.boundJournal(tx)
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

// ContentStore returns the content store. Its methods act on the namespace of their context.
func (m *DB) ContentStore() content.Store { return m.cs }

// Snapshotter returns the snapshotter with the given name, or nil. Its methods act on the namespace of their context.
func (m *DB) Snapshotter(name string) snapshots.Snapshotter {
	if s, ok := m.ss[name]; ok {
		return s
	}
	return nil
}

// Snapshotters returns all snapshotters by name. The caller owns the map.
func (m *DB) Snapshotters() map[string]snapshots.Snapshotter {
	all := make(map[string]snapshots.Snapshotter, len(m.ss))
	for name, s := range m.ss {
		all[name] = s
	}
	return all
}

// Publisher returns the publisher of events. It returns nil without [WithEventsPublisher], and for a ctx that carries a
// transaction, since its caller may still roll that back.
func (m *DB) Publisher(ctx context.Context) events.Publisher {
	if _, ok := boltutil.Transaction(ctx); ok {
		return nil
	}
	return m.opts.publisher
}

// publish publishes an event, if [DB.Publisher] returns a publisher for ctx.
func (m *DB) publish(ctx context.Context, topic string, event any) error {
	if p := m.Publisher(ctx); p != nil {
		return p.Publish(ctx, topic, event)
	}
	return nil
}

// RegisterMutationCallback makes every later [DB.Update] call fn after its commit. dirty is true if a record was
// deleted since the last collection. The lock that is held during fn blocks collections, but not other Updates.
func (m *DB) RegisterMutationCallback(fn func(dirty bool)) {
	m.wlock.Lock()
	defer m.wlock.Unlock()
	m.mutationCallbacks = append(m.mutationCallbacks, fn)
}
