package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-gc/holdfast/memkv/lock"
)

// Start is the default start time of a node.
var Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A Clock is the time of a node. Only callers move it, so no result depends on the duration of a call.
//
// A call that waits in virtual time waits until the clock is moved. Under a scheduler the call is parked, and the owner
// of the scheduler moves the clock to [Clock.Next] when nothing else can run. Without a scheduler, the waiting call
// moves the clock itself, because no other caller would.
//
// All methods are safe for concurrent use.
type Clock struct {
	scheduler lock.Scheduler

	mu        sync.Mutex // never held during a call of other code
	now       time.Time
	waits     []time.Time // wake-up times of sleeping calls, sorted
	deadlines []*deadline // deadlines of contexts, sorted
}

func newClock(start time.Time, s lock.Scheduler) *Clock {
	return &Clock{scheduler: s, now: bounded(start)}
}

// Now returns the time, in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d. d may be negative, because real clocks are set back, too.
func (c *Clock) Advance(d time.Duration) { c.Set(c.Now().Add(d)) }

// Set moves the clock to t, bounded to years of four digits.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = bounded(t)
	for len(c.deadlines) > 0 && !c.now.Before(c.deadlines[0].at) {
		c.deadlines[0].end(context.DeadlineExceeded)
		c.deadlines = c.deadlines[1:]
	}
}

// Next returns the earliest time that a sleeping call or the timeout of a context waits for. It may be in the past, if
// that call has not run yet.
func (c *Clock) Next() (t time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waits) > 0 {
		t, ok = c.waits[0], true
	}
	if len(c.deadlines) > 0 && (!ok || c.deadlines[0].at.Before(t)) {
		t, ok = c.deadlines[0].at, true
	}
	return t, ok
}

// Sleep waits until the clock shows d more than now, or until ctx ends. Then it returns ctx's error.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	return c.sleep(ctx, d, never)
}

func never() bool { return false }

// sleep is Sleep that also ends when over returns true.
func (c *Clock) sleep(ctx context.Context, d time.Duration, over func() bool) error {
	if d <= 0 {
		return ctx.Err()
	}
	until := c.Now().Add(d)
	if c.scheduler == nil {
		if at, ok := ctx.Deadline(); ok && isVirtual(ctx) && at.Before(until) {
			until = at
		}
		c.moveTo(until)
		return ctx.Err()
	}
	c.wait(until)
	defer c.waited(until)
	c.scheduler.Park(func() bool { return ctx.Err() != nil || over() || !c.Now().Before(until) })
	return ctx.Err()
}

// hang waits until ctx ends, or under a scheduler until over returns true. If nothing can end the wait, it returns an
// error of class Canceled at once.
func (c *Clock) hang(ctx context.Context, over func() bool) error {
	switch at, ok := ctx.Deadline(); {
	case ctx.Err() != nil:
	case c.scheduler != nil:
		c.scheduler.Park(func() bool { return ctx.Err() != nil || over() })
	case ok && isVirtual(ctx):
		c.moveTo(at)
	case applying(ctx) || ctx.Done() == nil:
		return fmt.Errorf("hangs and nothing can end it: %w", context.Canceled)
	default:
		<-ctx.Done()
	}
	return ctx.Err()
}

// moveTo moves the clock forward to t. It never moves it back.
func (c *Clock) moveTo(t time.Time) {
	if c.Now().Before(t) {
		c.Set(t)
	}
}

func (c *Clock) wait(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, _ := slices.BinarySearchFunc(c.waits, t, time.Time.Compare)
	c.waits = slices.Insert(c.waits, i, t)
}

func (c *Clock) waited(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i, ok := slices.BinarySearchFunc(c.waits, t, time.Time.Compare); ok {
		c.waits = slices.Delete(c.waits, i, i+1)
	}
}

// The times that a year of four digits can express.
var (
	earliest = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
)

func bounded(t time.Time) time.Time {
	switch t = t.UTC().Round(0); {
	case t.Before(earliest):
		return earliest
	case t.After(latest):
		return latest
	}
	return t
}
