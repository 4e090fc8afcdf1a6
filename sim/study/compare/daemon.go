package compare

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc/schedule"
)

// A Daemon is an engine in virtual time with a schedule of collections. The engine collects only during [Daemon.Pass].
// Not safe for concurrent use.
type Daemon struct {
	engine   *engine.Engine
	schedule schedule.Policy
	options  DaemonOptions
	changed  bool // a transaction committed since the last collection
	deleted  bool // the owner announced a deletion since the last collection; only with DaemonOptions.Idle
	runs     int
}

// DaemonOptions are callbacks of a daemon. Each may be nil.
type DaemonOptions struct {
	// Pause returns the time for which a collection blocks writers, as reported to the schedule. The clock does not
	// advance during a pause. Nil means no pause.
	Pause func(removed int) time.Duration

	// Idle reports whether a collection would find nothing to remove. The daemon then counts the collection and does
	// not run it. The database does not know of such a collection, so the owner must call [Daemon.Deleting] before each
	// transaction that deletes an object. Nil runs all collections.
	Idle func() bool

	// Used returns the number of stored bytes.
	Used func() int64

	// Collected is called after every collection, with its pause.
	Collected func(engine.Collection, time.Duration) error
}

// NewDaemon returns a daemon on an engine without a schedule, or whose schedule is unused.
func NewDaemon(e *engine.Engine, s schedule.Policy, o DaemonOptions) *Daemon {
	d := &Daemon{engine: e, schedule: s, options: o, changed: true}
	e.DB().RegisterMutationCallback(func(dirty bool) {
		d.changed = true
		if d.options.Idle != nil {
			dirty = d.deleted
		}
		d.schedule.Mutation(d.Now(), schedule.Change{Dirty: dirty, Used: d.used()})
	})
	return d
}

// Engine returns the engine. Only Pass may advance its clock.
func (d *Daemon) Engine() *engine.Engine { return d.engine }

// Now returns the virtual time.
func (d *Daemon) Now() time.Time { return d.engine.Clock().Now() }

// Trigger requests a collection from the schedule, like a client that waits for one.
func (d *Daemon) Trigger() { d.schedule.Trigger(d.Now()) }

// Expired reports that a label expired: a collection may find garbage although no transaction committed. The schedule
// does not learn of it, as in containerd.
func (d *Daemon) Expired() { d.changed = true }

// Deleting announces that the next transaction deletes an object. See [DaemonOptions].
func (d *Daemon) Deleting() { d.deleted = true }

// Collections returns the number of collections so far.
func (d *Daemon) Collections() int { return d.runs }

// runsMax is the largest number of collections of a daemon. A schedule that asks for more has a bug.
const runsMax = 5_000_000

// Pass advances the time to to and collects whenever the schedule asks. It includes events due at to. Errors: those of
// collections, and ErrResourceExhausted if the schedule asks too often.
func (d *Daemon) Pass(to time.Time) error {
	for {
		at, ok := d.schedule.Next()
		if !ok || at.After(to) {
			d.set(to)
			return nil
		}
		d.set(at)
		if !d.schedule.Begin(d.Now()) {
			if next, ok := d.schedule.Next(); ok && !next.After(d.Now()) {
				return fmt.Errorf("schedule %s: asks for one time again and again: %w", d.schedule, errdefs.ErrInternal)
			}
			d.skip(to)
			continue
		}
		if err := d.collect(); err != nil {
			return err
		}
		if d.runs++; d.runs == runsMax {
			return fmt.Errorf("schedule %s: collected %d times by %s: %w", d.schedule, d.runs, d.Now().Format(time.RFC3339), errdefs.ErrResourceExhausted)
		}
	}
}

// skip advances containerd's scheduler, which found no need to collect, to its last check before to. Without events the
// checks in between, of which there may be millions, find no need either.
func (d *Daemon) skip(to time.Time) {
	c, ok := d.schedule.(*schedule.Containerd)
	if !ok {
		return
	}
	next, _ := c.Next()
	step := next.Sub(d.Now())
	if last := d.Now().Add(to.Sub(d.Now()).Truncate(step)); last.After(next) {
		d.set(last.Add(-step))
		c.Begin(d.Now())
	}
}

func (d *Daemon) collect() error {
	var c engine.Collection
	var err error
	if d.changed && (d.options.Idle == nil || !d.options.Idle()) { // otherwise there is nothing to find
		c, err = d.engine.Collect(context.Background())
	}
	d.changed, d.deleted = false, false
	var pause time.Duration
	if d.options.Pause != nil {
		pause = d.options.Pause(len(c.Removed))
	}
	if err == nil && d.options.Collected != nil {
		err = d.options.Collected(c, pause)
	}
	d.schedule.End(d.Now(), schedule.Result{Lock: pause, Used: d.used(), Failed: err != nil})
	return err
}

func (d *Daemon) used() int64 {
	if d.options.Used == nil {
		return 0
	}
	return d.options.Used()
}

// set advances the clock. It ignores earlier times.
func (d *Daemon) set(to time.Time) {
	if to.After(d.Now()) {
		d.engine.Clock().Set(to)
	}
}
