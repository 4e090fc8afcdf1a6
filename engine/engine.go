package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
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

// An Engine is one containerd node in memory. It has the parts that survive the death of the daemon (the database, the
// backends, the clock, the random source, the faults, the Collectors) and the daemon that runs on them.
//
// The stores, the clock and the methods of an Engine are safe for concurrent use, except [Engine.Apply], [Engine.Kill]
// and [Engine.Restart], which one goroutine at a time may call.
//
// The result of an accessor belongs to the daemon that ran at the time of the call. Once that daemon is dead, it fails
// with [ErrDown], even after a restart.
type Engine struct {
	options options
	clock   *Clock
	random  random
	turns   *turns // nil: the node does not take turns

	mu         sync.Mutex // guards the fields below; never held during a call of other code
	daemon     *daemon
	policy     schedule.Policy // nil: no automatic collections
	events     []Event
	eventMax   int // see LimitEvents
	watchers   []*func(Event)
	faults     []fault // by name
	collectors []registered

	forks  map[string]*Engine // created by Ops, by name
	scopes scopes             // of Ops

	recording recording
}

// New returns an empty node.
func New(opts ...Option) (*Engine, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	o.beginAt(Start)
	e := newEngine(o)
	return e, e.boot(context.Background(), newMachine(o, memkv.New(), e.clock))
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

// current returns the running daemon, or the last one.
func (e *Engine) current() *daemon {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.daemon
}

// Clock returns the node's clock.
func (e *Engine) Clock() *Clock { return e.clock }

// Rand returns the node's random source. It forks with the node. One goroutine at a time may use it.
func (e *Engine) Rand() *rand.Rand { return rand.New(&e.random) }

// KV returns the database below the metadata. Callers must not write to it.
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

// Snapshotter returns the snapshotter of a name, or nil.
func (e *Engine) Snapshotter(name string) snapshots.Snapshotter { return e.DB().Snapshotter(name) }

// Namespaces returns the store of namespaces. Unlike the store of [metadata.NewNamespaceStore], it needs no
// transaction: each call joins the transaction in its context, or opens its own.
func (e *Engine) Namespaces() namespaces.Store { return namespaceStore{e.DB()} }

// Close ends the daemon, its transactions and its waiting calls, and closes the forks that Ops created. Further calls
// fail with [ErrDown] until a restart.
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

// Fork returns an independent node in the same state: the data, the time, the random source, the schedule, the events,
// and the faults with their counts. Later calls on one node do not change the other. It takes constant time; the bytes
// of blobs are shared.
//
// Open handles (transactions, writers, readers) stay with e. The fork lacks the changes of open transactions, and can
// resume open ingests. A Collector of the caller is shared with the fork, unless it is a [Forker]. Forks that Ops
// created stay with e. The fork has the options of e, changed by opts.
func (e *Engine) Fork(opts ...Option) *Engine {
	e.mu.Lock()
	defer e.mu.Unlock()
	o := e.options
	for _, set := range opts {
		set(&o)
	}
	f := newEngine(o)
	f.clock.Set(e.clock.Now())
	f.random.pcg = e.random.state()
	f.events, f.eventMax = slices.Clip(e.events), e.eventMax
	f.faults = slices.Clone(e.faults)
	if e.policy != nil {
		f.policy = e.policy.Clone()
	}
	for _, r := range e.collectors {
		if c, ok := r.collector.(Forker); ok {
			r.collector = c.Fork()
		}
		f.collectors = append(f.collectors, r)
	}
	f.daemon = e.daemon.fork(f)
	f.daemon.adopt()
	return f
}

// Forked returns the fork that an Op created under a name, or nil. Only the goroutine that applies Ops may call it.
func (e *Engine) Forked(name string) *Engine { return e.forks[name] }

// random is a random source with a copyable state.
type random struct {
	mu  sync.Mutex // never held during a call of other code
	pcg rand.PCG
}

// Uint64 returns the next number.
func (r *random) Uint64() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pcg.Uint64()
}

// state returns the current state of the source.
func (r *random) state() rand.PCG {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pcg
}

// oneIn returns true once in n times on average.
func (r *random) oneIn(n uint64) bool { return n <= 1 || r.Uint64()%n == 0 }
