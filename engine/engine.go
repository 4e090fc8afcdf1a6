package engine

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/sandbox"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// An Engine is one containerd node in memory: what survives the death of its
// daemon (the database, the backends, and the world around: clock, chance,
// faults, collectors) and the daemon that runs on it.
//
// The stores, the clock and the methods of an Engine may be used by any number
// of goroutines at once, with two exceptions: Apply, and Kill and Restart, are
// for one goroutine at a time.
//
// What an accessor returns belongs to the daemon that ran when it was called: it
// fails with ErrDown once that is dead, also after a restart.
type Engine struct {
	options options
	clock   *Clock
	random  random
	turns   *turns // nil: calls are not made by turns

	mu         sync.Mutex // guards what follows; held for moments only
	daemon     *daemon
	policy     schedule.Policy // nil: nothing collects by itself
	events     []Event
	watchers   []*func(Event)
	faults     []fault // by name
	collectors []registered

	forks  map[string]*Engine // made by Ops, by name
	scopes scopes             // of Ops
}

// New returns a node on which nothing is stored yet.
func New(opts ...Option) (*Engine, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	o.beginAt(Start)
	e := newEngine(o)
	return e, e.boot(newMachine(o, memkv.New(), e.clock))
}

func newEngine(o options) *Engine {
	e := &Engine{options: o, random: random{pcg: *rand.NewPCG(o.Seed, 0)}, forks: map[string]*Engine{}, scopes: scopes{}}
	if o.Turns {
		e.turns = &turns{waiting: map[string]*turn{}}
		e.options.scheduler = e.turns
	}
	e.clock = newClock(*o.Start, e.options.scheduler)
	return e
}

// current returns the daemon that runs, or ran last.
func (e *Engine) current() *daemon {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.daemon
}

// Clock returns the node's clock.
func (e *Engine) Clock() *Clock { return e.clock }

// Rand returns the node's random source. It forks with the node. It is for one
// goroutine at a time.
func (e *Engine) Rand() *rand.Rand { return rand.New(&e.random) }

// KV returns the database below the metadata. Nothing should be written to it.
func (e *Engine) KV() *memkv.DB { return e.current().kv }

// DB returns the metadata database.
func (e *Engine) DB() *metadata.DB { return e.current().db }

// Images returns the store of images.
func (e *Engine) Images() images.Store { return metadata.NewImageStore(e.DB()) }

// Containers returns the store of containers.
func (e *Engine) Containers() containers.Store { return metadata.NewContainerStore(e.DB()) }

// Sandboxes returns the store of sandboxes.
func (e *Engine) Sandboxes() sandbox.Store { return metadata.NewSandboxStore(e.DB()) }

// Leases returns the lease manager.
func (e *Engine) Leases() leases.Manager { return metadata.NewLeaseManager(e.DB()) }

// Content returns the content store.
func (e *Engine) Content() content.Store { return e.DB().ContentStore() }

// Snapshotter returns the snapshotter of that name, or nil.
func (e *Engine) Snapshotter(name string) snapshots.Snapshotter { return e.DB().Snapshotter(name) }

// Namespaces returns the store of namespaces. Other than metadata.NewNamespaceStore's
// it needs no transaction: each call takes part in that of its context, or has one
// of its own.
func (e *Engine) Namespaces() namespaces.Store { return namespaceStore{e.DB()} }

// Close ends the daemon, transactions and calls that wait, and does so for the forks
// that Ops made. Using the node after that fails with ErrDown, until it is
// restarted.
func (e *Engine) Close() error {
	e.Kill()
	if e.turns != nil {
		e.turns.close()
	}
	for _, fork := range e.forks {
		fork.Close()
	}
	return nil
}
