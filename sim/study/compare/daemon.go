package compare

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc/schedule"
)

// A Daemon is an engine in virtual time, and the schedule that says when it collects. The engine collects when the
// daemon lets time pass, and at no other time. Not safe for concurrent use.
type Daemon struct {
	engine   *engine.Engine
	schedule schedule.Policy
	options  DaemonOptions
	changed  bool // since the last collection
	deleted  bool // likewise, something was; only with DaemonOptions.Idle
	runs     int
}

// DaemonOptions are callbacks of a daemon. Each may be nil.
type DaemonOptions struct {
	// Pause returns the time for which a collection blocks writers, as reported to the schedule. The clock does not
	// advance during a pause. Nil means no pause.
	Pause func(removed int) time.Duration

	// Idle reports whether a collection would find nothing to remove: then it is counted, but not made. The database
	// doesn't know of such a collection, so that the owner has to say of each transaction that deletes something that
	// it does, by [Daemon.Deleting] before it. Nil makes all.
	Idle func() bool

	// Used is how many bytes are stored.
	Used func() int64

	// Collected is told of every collection.
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

// Engine returns the engine of the node. Only Pass may move its clock.
func (d *Daemon) Engine() *engine.Engine { return d.engine }

// Now is the time.
func (d *Daemon) Now() time.Time { return d.engine.Clock().Now() }

// Trigger requests a collection from the schedule, like a client that waits for one.
func (d *Daemon) Trigger() { d.schedule.Trigger(d.Now()) }

// Expired tells the daemon that something expired: a collection may find something though nothing was changed. The
// schedule isn't told, as a daemon's isn't.
func (d *Daemon) Expired() { d.changed = true }

// Deleting tells the daemon that the next transaction deletes something. See [DaemonOptions].
func (d *Daemon) Deleting() { d.deleted = true }

// Collections is how many there were.
func (d *Daemon) Collections() int { return d.runs }

// runsMax is how many collections a daemon makes: more are a schedule gone wild.
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

// skip asks containerd's scheduler, which saw no need now, for the last time before to at which it will look again. As
// long as nothing happens it sees none at the times between either, of which there may be millions.
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

// set moves the clock, which never goes back.
func (d *Daemon) set(to time.Time) {
	if to.After(d.Now()) {
		d.engine.Clock().Set(to)
	}
}
