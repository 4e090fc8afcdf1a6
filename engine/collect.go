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

// noteRemoved passes the removed nodes of a collection to the caller of [Engine.Collect].
func noteRemoved(ctx context.Context, removed []gc.Node) {
	if to, ok := ctx.Value(removedKey{}).(*[]gc.Node); ok {
		*to = removed
	}
}

// Collect runs a collection now, independently of the schedule, which does not notice it. See
// [metadata.DB.GarbageCollect].
//
// A failing backend does not fail the collection. It is reported to the logger of ctx, if there is one.
//
// If the daemon dies during the collection, the error is [ErrDown]. The result has the nodes removed so far.
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

// Due returns the time of the next scheduled collection. It returns false if none is scheduled.
func (e *Engine) Due() (at time.Time, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.policy == nil || e.daemon.dead.Load() {
		return time.Time{}, false
	}
	return e.policy.Next()
}

// Trigger requests a collection from the schedule.
func (e *Engine) Trigger() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.policy != nil {
		e.policy.Trigger(e.clock.Now())
	}
}

// RunDue runs one step of the schedule that is due, and reports whether it was a collection, with its result. It does
// nothing if no step is due, or if the schedule decides against a collection.
//
// The error is that of the collection. The schedule knows it, and tries again.
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

// beginDue returns the policy that has begun a collection. The policy may have been replaced when the collection ends.
func (e *Engine) beginDue() (schedule.Policy, bool) {
	now := e.clock.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.policy, e.policy != nil && !e.daemon.dead.Load() && e.policy.Begin(now)
}

// looksMax limits the steps of a schedule in one [Engine.Pass].
const looksMax = 100_000

// Pass advances the clock by d, and runs each step of the schedule at its time. It returns the number of collections
// and the first error of one. If the schedule asks for too many steps, Pass stops early with an error of class
// ResourceExhausted.
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
