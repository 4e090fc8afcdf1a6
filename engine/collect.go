package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/log"
)

type removedKey struct{}

// noteRemoved leaves what a collection removed with whoever asked for it.
func noteRemoved(ctx context.Context, removed []gc.Node) {
	if to, ok := ctx.Value(removedKey{}).(*[]gc.Node); ok {
		*to = removed
	}
}

// Collect collects garbage at once, whatever the schedule: see
// metadata.DB.GarbageCollect. The schedule isn't told.
//
// A backend that fails does not fail the collection. The logger of ctx is told of it,
// if ctx has one.
//
// If the daemon dies during it the error is ErrDown; what it removed from the
// database by then is in the result.
func (e *Engine) Collect(ctx context.Context) (Collection, error) {
	var c Collection
	d := e.current()
	if !log.HasLogger(ctx) {
		ctx = log.Silent(ctx)
	}
	stats, err := d.db.GarbageCollect(context.WithValue(ctx, removedKey{}, &c.Removed))
	if s, ok := stats.(metadata.GCStats); ok {
		c.GCStats = s
	}
	if err == nil && d.dead.Load() {
		err = ErrDown
	}
	return c, err
}

// Due returns when the schedule wants to collect next; false if it doesn't, or
// there is none.
func (e *Engine) Due() (at time.Time, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.policy == nil || e.daemon.dead.Load() {
		return time.Time{}, false
	}
	return e.policy.Next()
}

// Trigger asks the schedule for a collection.
func (e *Engine) Trigger() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.policy != nil {
		e.policy.Trigger(e.clock.Now())
	}
}

// RunDue does what the schedule wants done by now, once, and reports whether that
// was a collection, and what it did. It does nothing if nothing is due, or if the
// schedule looked and saw no need.
//
// The error is that of the collection. The schedule knows of it: it will come
// back to it.
func (e *Engine) RunDue(ctx context.Context) (c Collection, ran bool, err error) {
	policy, due := e.beginDue()
	if !due {
		return c, false, nil
	}
	c, err = e.Collect(ctx)
	used := e.current().used()
	e.mu.Lock()
	defer e.mu.Unlock()
	policy.End(e.clock.Now(), schedule.Result{Lock: c.MetaD, Used: used, Failed: err != nil})
	return c, true, err
}

// beginDue returns the policy that has begun a collection. By its end there may
// be another one.
func (e *Engine) beginDue() (schedule.Policy, bool) {
	now := e.clock.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.policy, e.policy != nil && !e.daemon.dead.Load() && e.policy.Begin(now)
}

// looksMax is how often Pass asks a schedule before it gives up.
const looksMax = 100_000

// Pass lets time pass on a node that lives: the clock moves from one time at which
// the schedule wants something to the next, and to the end of d. It returns how
// many collections ran, and the first error of one. If the schedule wants
// something too often, Pass stops early with an error of class ResourceExhausted.
func (e *Engine) Pass(ctx context.Context, d time.Duration) (collections int, err error) {
	end := e.clock.Now().Add(d)
	for range looksMax {
		at, ok := e.Due()
		if !ok || at.After(end) {
			e.clock.moveTo(end)
			return collections, err
		}
		e.clock.moveTo(at)
		_, ran, failed := e.RunDue(ctx)
		if ran {
			collections++
		}
		if err == nil {
			err = failed
		}
	}
	if err == nil {
		err = fmt.Errorf("the schedule was asked %d times, and it is only %s: %w",
			looksMax, e.clock.Now().Format(time.RFC3339), errdefs.ErrResourceExhausted)
	}
	return collections, err
}
