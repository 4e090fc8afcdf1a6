package parity

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/sandbox"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/gc"
	"github.com/containerd/containerd/v2/pkg/namespaces"
)

// A setup configures the nodes of a history.
type setup struct {
	Isolated  bool // namespaces do not share content
	Walking   bool // the content backend has WalkStatusRefs
	Cleaning  bool // the snapshotter backends have Cleanup
	Backwards bool // the backends walk in reverse order
	Thorough  bool // our database cleans backends until they are clean, its default
}

// A node is one implementation with its backends.
//
// Invariant: tx and decide are set between begin and end, and nil otherwise. Once stuck is true, no method may be
// called.
type node struct {
	name       string
	db         database
	images     images.Store
	containers containers.Store
	sandboxes  sandbox.Store
	leases     leases.Manager
	content    content.Store
	snapshots  map[string]snapshots.Snapshotter

	journal    *journal
	fault      *fault
	blobs      *blobs
	layers     map[string]*layers
	collectors map[gc.ResourceType]*resources

	writers map[int]content.Writer
	tx      session                 // the open transaction; nil if there is none
	decide  func(commit bool) error // ends tx
	stuck   bool                    // containerd holds its lock for ever
}

// snapshotters are the names of the backends of every node. Collections do not find snapshots of a snapshotter with a
// slash in its name.
var snapshotters = []string{"native", "overlayfs", "native/v2"}

// backends are the arguments of NewDB, the same for both packages.
type backends struct {
	content      content.Store
	snapshotters map[string]snapshots.Snapshotter
	publisher    publisher
}

// An implementation opens a database in a folder over the given backends.
type implementation struct {
	name   string
	open   func(dir string, s setup, b backends) (*node, error)
	inject func(n *node) // injects a bug; nil for no bug
}

// newNode returns a node of the implementation, with empty backends.
func (impl implementation) newNode(dir string, s setup) (*node, error) {
	j, f := newJournal(), &fault{}
	store := newBlobs(j, f, s.Backwards)
	b := backends{content: store, snapshotters: map[string]snapshots.Snapshotter{}, publisher: publisher{j, f}}
	if s.Walking {
		b.content = walkingBlobs{store}
	}
	all := map[string]*layers{}
	for _, name := range snapshotters {
		all[name] = newLayers(name, j, f, s.Backwards)
		b.snapshotters[name] = all[name]
		if s.Cleaning {
			b.snapshotters[name] = cleaningLayers{all[name]}
		}
	}
	n, err := impl.open(dir, s, b)
	if err != nil {
		return nil, err
	}
	n.name = impl.name
	n.content = n.db.ContentStore()
	n.journal, n.fault, n.blobs, n.layers = j, f, store, all
	n.collectors = map[gc.ResourceType]*resources{}
	n.writers = map[int]content.Writer{}
	n.snapshots = map[string]snapshots.Snapshotter{}
	for _, name := range snapshotters {
		n.snapshots[name] = n.db.Snapshotter(name)
	}
	if impl.inject != nil {
		impl.inject(n)
	}
	n.db.RegisterMutationCallback(func(dirty bool) { j.note("mutations", "dirty=%t", dirty) })
	return n, nil
}

// close rolls back the open transaction and closes the database.
func (n *node) close() error {
	if n.stuck {
		return nil
	}
	if n.tx != nil {
		_ = n.end(false)
	}
	return n.db.Close()
}

// state returns the whole bucket tree and the content of all backends.
func (n *node) state() (tree, backends string, err error) {
	var to strings.Builder
	n.blobs.state(&to)
	for _, name := range snapshotters {
		n.layers[name].state(&to)
	}
	for _, t := range slices.Sorted(maps.Keys(n.collectors)) {
		n.collectors[t].state(&to)
	}
	tree, err = n.db.dump()
	return tree, to.String(), err
}

// common has the methods of DB with equal types in both packages.
type common interface {
	Init(ctx context.Context) error
	Close() error
	ContentStore() content.Store
	Snapshotter(name string) snapshots.Snapshotter
	Snapshotters() map[string]snapshots.Snapshotter
	RegisterMutationCallback(fn func(bool))
	GarbageCollect(ctx context.Context) (gc.Stats, error)
}

// database has the methods of DB in both packages. session hides the types of transactions.
type database interface {
	common

	// publishes reports whether there is a publisher for the context.
	publishes(ctx context.Context) bool
	register(t gc.ResourceType, c *resources)
	durations(gc.Stats) durations
	// run calls fn in a transaction.
	run(writable bool, fn func(session) error) error
	dump() (string, error)
}

// durations are the statistics of a collection.
type durations struct {
	Elapsed, Meta, Content time.Duration
	Snapshotters           map[string]time.Duration
}

// A session is an open transaction of either package.
type session interface {
	context(ctx context.Context) context.Context
	namespaces() namespaces.Store
	tamper(t tampering) error
	writable() bool
	// tree returns the bucket tree that the transaction sees.
	tree() (string, error)
}

// begin opens a transaction that stays open across calls. The function of the transaction waits in a goroutine.
func (n *node) begin(writable bool) error {
	opened, decision, ended := make(chan session), make(chan bool), make(chan error)
	go func() {
		ended <- n.db.run(writable, func(s session) error {
			opened <- s
			if commit := <-decision; !commit {
				return errRolledBack
			}
			return nil
		})
	}()
	select {
	case n.tx = <-opened:
		n.decide = func(commit bool) error {
			decision <- commit
			if err := <-ended; !errors.Is(err, errRolledBack) {
				return err
			}
			return nil
		}
		return nil
	case err := <-ended:
		return err
	}
}

var errRolledBack = errors.New("rolled back")

// end commits the open transaction or rolls it back.
func (n *node) end(commit bool) error {
	n.tx = nil
	return n.decide(commit)
}

// adapter converts the DB of one package into a database. T is the type of its transactions.
type adapter[T transaction[B], B bucket[B]] struct {
	store[T]
	namespaces    func(T) namespaces.Store
	contextWith   func(context.Context, T) context.Context
	publisherOf   func(ctx context.Context) bool
	registerAt    func(gc.ResourceType, *resources)
	durationsFrom func(gc.Stats) durations
}

// store has the methods of DB with types that differ at most in the transaction.
type store[T any] interface {
	common
	View(fn func(T) error) error
	Update(fn func(T) error) error
}

func (a adapter[T, B]) publishes(ctx context.Context) bool { return a.publisherOf(ctx) }

func (a adapter[T, B]) register(t gc.ResourceType, c *resources) { a.registerAt(t, c) }

func (a adapter[T, B]) durations(s gc.Stats) durations { return a.durationsFrom(s) }

func (a adapter[T, B]) run(writable bool, fn func(session) error) error {
	run := a.View
	if writable {
		run = a.Update
	}
	return run(func(tx T) error { return fn(sessionOf[T, B]{a, tx}) })
}

func (a adapter[T, B]) dump() (string, error) {
	var tree string
	err := a.View(func(tx T) (err error) {
		tree, err = dump(tx)
		return err
	})
	return tree, err
}

// sessionOf is a session of one package.
type sessionOf[T transaction[B], B bucket[B]] struct {
	adapter[T, B]
	tx T
}

func (s sessionOf[T, B]) context(ctx context.Context) context.Context {
	return s.adapter.contextWith(ctx, s.tx)
}
func (s sessionOf[T, B]) namespaces() namespaces.Store { return s.adapter.namespaces(s.tx) }
func (s sessionOf[T, B]) tamper(t tampering) error     { return tamper(s.tx, t) }
func (s sessionOf[T, B]) tree() (string, error)        { return dump(s.tx) }
func (s sessionOf[T, B]) writable() bool               { return s.tx.Writable() }
