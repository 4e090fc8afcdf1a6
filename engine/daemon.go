package engine

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// A daemon is one run of the daemon process on a machine. Every change to the machine goes through the daemon's gates.
// They are closed when the daemon dies, so its calls stop at that point.
type daemon struct {
	machine
	engine *Engine
	db     *metadata.DB
	dead   atomic.Bool
	open   handles
}

// boot starts a daemon on the disks of a machine.
func (e *Engine) boot(ctx context.Context, m machine) error {
	d := &daemon{machine: m.fork(e.clock), engine: e}
	d.db = metadata.NewDB(kvGate{d}, d.contentGate(), d.snapshotterGates(), e.databaseOptions(d)...)
	if err := e.start(ctx, d); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	return nil
}

func (e *Engine) start(ctx context.Context, d *daemon) error {
	var policy schedule.Policy
	if e.options.policy != nil {
		policy = e.options.policy(e.clock.Now())
	}
	e.mu.Lock()
	e.daemon, e.policy = d, policy
	e.mu.Unlock()
	started := false
	defer func() {
		if !started { // or the call was abandoned while it waited
			d.dead.Store(true)
		}
	}()
	if err := d.db.Init(ctx); err != nil {
		return err
	}
	d.adopt()
	started = true
	return nil
}

// adopt connects the daemon's database with the node: it reports changes, and asks the node's Collectors.
func (d *daemon) adopt() {
	e := d.engine
	d.db.RegisterMutationCallback(func(dirty bool) {
		used := d.used()
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.policy != nil && !d.dead.Load() {
			e.policy.Mutation(e.clock.Now(), schedule.Change{Dirty: dirty, Used: used})
		}
	})
	for _, r := range e.collectors {
		d.db.RegisterCollectibleResource(r.resource, collectorGate{d, r})
	}
}

// databaseOptions returns the options of a daemon's database.
func (e *Engine) databaseOptions(d *daemon) []metadata.DBOpt {
	opts := []metadata.DBOpt{
		metadata.WithClock(e.clock.Now),
		metadata.WithStopwatch(e.clock.Now),
		metadata.WithRules(e.options.rules),
		metadata.WithScheduler(e.options.scheduler),
		metadata.WithEventsPublisher(publisher{d}),
		metadata.WithRemoved(noteRemoved),
		metadata.WithSerialCleanup,
		metadata.WithCompleteCleanup, // Ops put blobs into the backend
	}
	if e.options.NamedParts {
		opts = append(opts, metadata.WithQuickCleanup)
	}
	if e.options.Isolated {
		opts = append(opts, metadata.WithPolicyIsolated)
	}
	if e.options.CleanupOnce {
		opts = append(opts, metadata.WithCleanupOnce)
	}
	return opts
}

// fork returns a daemon of another node in the same state, without open handles.
func (d *daemon) fork(e *Engine) *daemon {
	f := &daemon{machine: d.machine.fork(e.clock), engine: e}
	f.dead.Store(d.dead.Load())
	f.db = d.db.Fork(kvGate{f}, f.contentGate(), f.snapshotterGates(), e.databaseOptions(f)...)
	return f
}

func (d *daemon) contentGate() content.Store { return &contentGate{d, d.content} }

func (d *daemon) snapshotterGates() map[string]snapshots.Snapshotter {
	gates := map[string]snapshots.Snapshotter{}
	for _, s := range d.snapshotters {
		gates[s.name] = &snapshotterGate{d, "snapshots/" + s.name, s.Snapshotter}
	}
	return gates
}

// Kill ends the daemon at this point. Open transactions are rolled back, writers are closed, and the memory of the
// daemon is lost. The machine keeps the committed data and the data in the backends, leftovers included. Calls fail
// with [ErrDown] until [Engine.Restart]. Kill of a dead daemon does nothing.
//
// Coroutines of a scheduler that wait in a call of the daemon continue, and fail.
func (e *Engine) Kill() { e.current().kill() }

// Restart kills the daemon if it runs, and starts a new one: it opens the database, and the schedule starts again. If
// that fails, the node is down.
func (e *Engine) Restart() error { return e.restart(context.Background()) }

func (e *Engine) restart(ctx context.Context) error {
	d := e.current()
	d.kill()
	return e.boot(ctx, d.machine)
}

// Crash calls [Engine.Kill] and [Engine.Restart].
func (e *Engine) Crash() error { return e.Restart() }

// Down reports whether the daemon is dead.
func (e *Engine) Down() bool { return e.current().dead.Load() }

// kill marks the daemon dead and then releases its resources, which has no effect on the machine. A call of the daemon
// must not call it.
func (d *daemon) kill() {
	d.dead.Store(true)
	d.open.drop()
}
