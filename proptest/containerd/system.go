package containerd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/metadata/boltutil"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/proptest/stores"
)

// New returns a function that makes systems with database files in dir. now returns the time, and sleep lets it pass:
// time.Now and time.Sleep, in a bubble of package testing/synctest.
func New(dir string, now func() time.Time, sleep func(time.Duration)) proptest.New {
	return func(setup engine.Setup) (proptest.System, error) {
		start := engine.Start
		if setup.Start != nil {
			start = *setup.Start
		}
		sleep(start.Sub(now()))
		s := &system{dir: dir, now: now, sleep: sleep, setup: setup, content: backend.NewContent(now), layers: map[string]*backend.Snapshotter{}, faults: &faults{active: map[string]*fault{}}}
		for _, name := range setup.Snapshotters {
			s.layers[name] = backend.NewSnapshotter(now, "/"+name)
		}
		return s.started(nil)
	}
}

// A system is a daemon's metadata package on a machine.
//
// Invariants: file, db and node belong to the running daemon; path, content and layers survive its crash. mirror is the
// database as of the transaction seen, or nil if seen is -1.
type system struct {
	dir   string
	now   func() time.Time
	sleep func(time.Duration)
	setup engine.Setup

	path      string // of the database file
	content   *backend.Content
	layers    map[string]*backend.Snapshotter
	published []engine.Event // events since the last call of events
	faults    *faults

	file *bbolt.DB
	db   *metadata.DB
	node *stores.Node

	seen   int // the transaction that mirror shows
	mirror *memkv.DB
}

// started makes the database file, as a copy of from unless that is nil, and starts the daemon.
func (s *system) started(from io.Reader) (proptest.System, error) {
	file, err := os.CreateTemp(s.dir, "meta*.db")
	if err != nil {
		return nil, err
	}
	s.path = file.Name()
	if from != nil {
		_, err = io.Copy(file, from)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	return s, s.start()
}

func (s *system) start() (err error) {
	s.file, err = bbolt.Open(s.path, 0o600, &bbolt.Options{NoSync: true, NoGrowSync: true, NoFreelistSync: true})
	if err != nil {
		return err
	}
	opts := []metadata.DBOpt{metadata.WithEventsPublisher(s)}
	if s.setup.Isolated {
		opts = append(opts, metadata.WithPolicyIsolated)
	}
	layers := map[string]snapshots.Snapshotter{}
	for name, l := range s.layers {
		layers[name] = layerStore{l, s.faults, "snapshots/" + name}
	}
	s.db = metadata.NewDB(database{s.faults, s.file}, contentStore{s.content, s.faults}, layers, opts...)
	s.seen, s.mirror = -1, nil
	s.node = stores.New(stores.Stores{
		Images:       metadata.NewImageStore(s.db),
		Containers:   metadata.NewContainerStore(s.db),
		Sandboxes:    metadata.NewSandboxStore(s.db),
		Leases:       metadata.NewLeaseManager(s.db),
		Content:      s.db.ContentStore(),
		Snapshotters: s.db.Snapshotters(),
		Namespaces:   s.namespaces,
		Collect: func(ctx context.Context) error {
			_, err := s.db.GarbageCollect(ctx)
			return err
		},
		Begin: s.begin,
		More: map[op.Name]func(engine.Op) (any, error){
			op.ClockAdvance: s.advance,
			op.Events:       s.events,
			op.NodeCrash:    func(engine.Op) (any, error) { return nil, s.crash() },
			op.FaultsSet:    s.faults.set,
			op.FaultsClear:  s.faults.clear,
		},
	})
	return s.db.Init(context.Background())
}

// Apply makes the call of an Op. After a fault that kills the daemon, only calls to its environment work until a
// restart.
func (s *system) Apply(o engine.Op) engine.Result {
	if row, ok := op.RowOf(o.Name); ok && s.faults.dead && !row.Offline {
		return op.NewResult(nil, engine.ErrDown)
	}
	r := s.node.Apply(o)
	if s.faults.dead && r.Code != op.OK {
		return op.NewResult(nil, engine.ErrDown)
	}
	return r
}

func (s *system) Promises() []proptest.Promise {
	return []proptest.Promise{proptest.Clock, proptest.Isolation, proptest.Events, proptest.Transactions, proptest.Crashes, proptest.Faults}
}

// State mirrors the database after every commit.
func (s *system) State() (proptest.State, error) {
	err := s.file.View(func(tx *bbolt.Tx) (err error) {
		if tx.ID() == s.seen {
			return nil
		}
		s.seen = tx.ID()
		s.mirror, err = mirrored(tx)
		return err
	})
	return proptest.State{Metadata: s.mirror, Content: s.content, Snapshots: s.layers, Now: s.now(), Down: s.faults.dead}, err
}

func (s *system) namespaces(ctx context.Context, fn func(namespaces.Store) error) error {
	if tx, ok := boltutil.Transaction(ctx); ok {
		return fn(metadata.NewNamespaceStore(tx))
	}
	return s.db.Update(func(tx *bbolt.Tx) error { return fn(metadata.NewNamespaceStore(tx)) })
}

type transaction struct{ *bbolt.Tx }

func (t transaction) Within(ctx context.Context) context.Context {
	return boltutil.WithTransaction(ctx, t.Tx)
}

func (s *system) begin() (stores.Transaction, error) {
	tx, err := s.file.Begin(true)
	return transaction{tx}, err
}

func (s *system) advance(o engine.Op) (any, error) {
	a, _ := o.Args.(op.ClockAdvanceArgs)
	if a.By < 0 {
		return nil, fmt.Errorf("time can't be set back by %s", -a.By)
	}
	s.sleep(a.By)
	return nil, nil
}

// Publish keeps an event.
func (s *system) Publish(ctx context.Context, topic string, event events.Event) error {
	ns, _ := namespaces.Namespace(ctx)
	s.published = append(s.published, engine.Event{At: s.now(), Namespace: ns, Topic: topic, Event: event})
	return nil
}

func (s *system) events(engine.Op) (any, error) {
	published := s.published
	s.published = nil
	return published, nil
}

// crash ends the daemon and starts it again on the same database and backends. Open writers leave their ingests behind.
func (s *system) crash() error {
	if err := s.stop(); err != nil {
		return err
	}
	s.content = s.content.Fork(nil)
	for name, l := range s.layers {
		s.layers[name] = l.Fork(nil)
	}
	s.faults.dead = false
	err := s.start()
	s.faults.dead = s.faults.dead || err != nil
	return err
}

func (s *system) stop() error {
	s.node.Drop()
	return s.file.Close()
}

// Save writes the database file.
func (s *system) Save(w io.Writer) error {
	return s.file.View(func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(w)
		return err
	})
}

// Load starts another daemon on a database file, and on copies of the backends.
func (s *system) Load(r io.Reader) (proptest.System, error) {
	other := &system{dir: s.dir, now: s.now, sleep: s.sleep, setup: s.setup, content: s.content.Fork(nil), layers: map[string]*backend.Snapshotter{}, faults: &faults{active: map[string]*fault{}}}
	for name, l := range s.layers {
		other.layers[name] = l.Fork(nil)
	}
	return other.started(r)
}

func (s *system) Close() error {
	return errors.Join(s.stop(), os.Remove(filepath.Clean(s.path)))
}

// mirrored returns the database as seen by a bbolt transaction.
func mirrored(tx *bbolt.Tx) (*memkv.DB, error) {
	b := memkv.NewBuilder()
	err := tx.ForEach(func(name []byte, bucket *bbolt.Bucket) error { return copied(b, name, bucket) })
	if err != nil {
		return nil, err
	}
	return b.DB()
}

// copied copies a bucket.
func copied(b *memkv.Builder, name []byte, bucket *bbolt.Bucket) error {
	if err := b.Enter(name, bucket.Sequence()); err != nil {
		return err
	}
	err := bucket.ForEach(func(key, value []byte) error {
		if value == nil {
			return copied(b, key, bucket.Bucket(key))
		}
		return b.Put(key, value)
	})
	if err != nil {
		return err
	}
	return b.Leave()
}
