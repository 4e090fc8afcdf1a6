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

// A setup is what a history says of the nodes it runs on.
type setup struct {
	Isolated  bool
	Walking   bool // the content backend lists its ingests for a collection
	Cleaning  bool // the snapshotters have clean-up apart from removal
	Backwards bool // the backends walk backwards
	Thorough  bool // ours is to clean backends until they are clean, as it does by default
}

// A node is one implementation with all that it stands on.
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
	collectors map[gc.ResourceType]*things

	writers map[int]content.Writer
	tx      session // nil when none is open
	decide  func(commit bool) error
	stuck   bool // nothing can be called any more
}

// snapshotters are the names of the backends of every node. With a slash in the
// name a collection does not find its snapshots again.
var snapshotters = []string{"native", "overlayfs", "native/v2"}

// backends are what a database is made from, the same for both packages.
type backends struct {
	content      content.Store
	snapshotters map[string]snapshots.Snapshotter
	publisher    publisher
}

// An implementation opens its database in a folder over given backends.
type implementation struct {
	name  string
	open  func(dir string, s setup, b backends) (*node, error)
	spoil func(n *node) // breaks something; nil in all that is not to be found wrong
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
	n.collectors = map[gc.ResourceType]*things{}
	n.writers = map[int]content.Writer{}
	n.snapshots = map[string]snapshots.Snapshotter{}
	for _, name := range snapshotters {
		n.snapshots[name] = n.db.Snapshotter(name)
	}
	if impl.spoil != nil {
		impl.spoil(n)
	}
	n.db.RegisterMutationCallback(func(dirty bool) { j.note("mutations", "dirty=%t", dirty) })
	return n, nil
}

// close ends what is open and closes the database.
func (n *node) close() error {
	if n.stuck {
		return nil
	}
	if n.tx != nil {
		_ = n.end(false)
	}
	return n.db.Close()
}

// state writes down the whole tree and all backends.
func (n *node) state() (tree, behind string, err error) {
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

// common is the part of both packages' DB in which no type differs.
type common interface {
	Init(ctx context.Context) error
	Close() error
	ContentStore() content.Store
	Snapshotter(name string) snapshots.Snapshotter
	Snapshotters() map[string]snapshots.Snapshotter
	RegisterMutationCallback(fn func(bool))
	GarbageCollect(ctx context.Context) (gc.Stats, error)
}

// database is what both packages' DB can do, with their transaction types
// hidden behind session.
type database interface {
	common

	// publishes reports whether there is a publisher for the context.
	publishes(ctx context.Context) bool
	register(t gc.ResourceType, c *things)
	durations(gc.Stats) durations
	// run calls fn in a transaction.
	run(writable bool, fn func(session) error) error
	dump() (string, error)
}

// durations are what a collection says of itself.
type durations struct {
	Elapsed, Meta, Content time.Duration
	Snapshotters           map[string]time.Duration
}

// session is an open transaction of either package.
type session interface {
	within(ctx context.Context) context.Context
	namespaces() namespaces.Store
	tamper(t tampering) error
	writable() bool
	// tree writes down the tree as the transaction sees it.
	tree() (string, error)
}

// begin opens a transaction that stays open across calls: its function waits
// in a goroutine of its own.
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

// adapter makes a database of one package's DB, whose transactions are of type
// T.
type adapter[T transaction[B], B bucket[B]] struct {
	store[T]
	namespaces    func(T) namespaces.Store
	within        func(context.Context, T) context.Context
	publisherOf   func(ctx context.Context) bool
	registerAt    func(gc.ResourceType, *things)
	durationsFrom func(gc.Stats) durations
}

// store is the part of DB in which no type differs but the transaction.
type store[T any] interface {
	common
	View(fn func(T) error) error
	Update(fn func(T) error) error
}

func (a adapter[T, B]) publishes(ctx context.Context) bool { return a.publisherOf(ctx) }

func (a adapter[T, B]) register(t gc.ResourceType, c *things) { a.registerAt(t, c) }

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

type sessionOf[T transaction[B], B bucket[B]] struct {
	adapter[T, B]
	tx T
}

func (s sessionOf[T, B]) within(ctx context.Context) context.Context {
	return s.adapter.within(ctx, s.tx)
}
func (s sessionOf[T, B]) namespaces() namespaces.Store { return s.adapter.namespaces(s.tx) }
func (s sessionOf[T, B]) tamper(t tampering) error     { return tamper(s.tx, t) }
func (s sessionOf[T, B]) tree() (string, error)        { return dump(s.tx) }
func (s sessionOf[T, B]) writable() bool               { return s.tx.Writable() }
