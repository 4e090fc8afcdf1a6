package schedule

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

const (
	// firstInterval is the time between scheduled collections before the first measured pause, and always without a
	// pause threshold.
	firstInterval = time.Second

	// pauseMin is the shortest average pause from which the interval is computed.
	pauseMin = 5 * time.Millisecond

	// retryDelay is the additional delay of a collection after a failure.
	retryDelay = time.Second
)

// Containerd is containerd's scheduler. It has three properties that surprise operators:
//
//   - It ignores a transaction that commits while a collection is still cleaning up backends, deletions included.
//   - The average pause is over all collections since the start.
//   - It skips a scheduled collection, for another interval, if nothing was deleted and few transactions came.
type Containerd struct {
	settings Settings // bounded

	next time.Time // the next call of Begin; zero if none is scheduled
	last time.Time // end of the last collection, failed or not; zero before the first

	interval time.Duration // between scheduled collections; > 0
	locked   time.Duration // total pause of all collections that succeeded
	ended    int           // collections that succeeded

	// Counters since the last collection that succeeded. Invariant: 0 <= deletions <= mutations.
	triggered bool
	deletions int
	mutations int

	// State of the running collection. Invariants: late is empty and waiting is false unless running; all transactions
	// in late came at lateAt, which is not before the start of the collection.
	running bool
	late    []Change
	lateAt  time.Time
	waiting bool // a trigger came
}

// NewContainerd returns containerd's scheduler, started at now.
func NewContainerd(s Settings, now time.Time) *Containerd {
	c := &Containerd{settings: s.bounded(), interval: firstInterval}
	if c.settings.StartupDelay > 0 {
		c.next = now.Add(c.settings.StartupDelay)
	}
	return c
}

// Mutation counts a transaction. See [Policy].
func (c *Containerd) Mutation(now time.Time, change Change) {
	if !c.running {
		c.count(now, change)
		return
	}
	// The end of the collection discards all transactions before it. Only the latest moment can be kept.
	if now.After(c.lateAt) {
		c.late, c.lateAt = c.late[:0], now
	}
	c.late = append(c.late, change)
}

func (c *Containerd) count(now time.Time, change Change) {
	if change.Dirty {
		c.deletions++
	}
	c.mutations++
	c.reconsider(now)
}

// Trigger requests a collection after the schedule delay. See [Policy].
func (c *Containerd) Trigger(now time.Time) {
	if c.running {
		c.waiting = true
		return
	}
	c.triggered = true
	c.reconsider(now)
}

// reconsider schedules a collection if the counters require one, unless one is already scheduled as early.
func (c *Containerd) reconsider(now time.Time) {
	s := &c.settings
	urgent := c.triggered || s.DeletionThreshold > 0 && c.deletions >= s.DeletionThreshold
	if c.next.IsZero() {
		urgent = urgent ||
			s.DeletionThreshold == 0 && c.deletions > 0 ||
			s.MutationThreshold > 0 && c.mutations >= s.MutationThreshold
	}
	at := now.Add(s.ScheduleDelay)
	if urgent && (c.next.IsZero() || c.next.After(at)) {
		c.next = at
	}
}

// Next returns the time of the next call of Begin. See [Policy].
func (c *Containerd) Next() (time.Time, bool) {
	return c.next, !c.running && !c.next.IsZero()
}

// Begin reports whether to collect now. See [Policy].
func (c *Containerd) Begin(now time.Time) bool {
	if at, ok := c.Next(); !ok || now.Before(at) {
		return false
	}
	needed := c.triggered || c.last.IsZero() || c.deletions > 0 ||
		c.settings.MutationThreshold > 0 && c.mutations >= c.settings.MutationThreshold
	if !needed {
		c.next = now.Add(c.interval)
		return false
	}
	c.running, c.lateAt = true, now
	return true
}

// End schedules the next collection. See [Policy].
func (c *Containerd) End(now time.Time, r Result) {
	if r.Failed {
		// The counters stay. The retry comes after the time since the last collection, plus a second.
		delay := c.settings.ScheduleDelay
		if !c.last.IsZero() {
			delay = c.next.Sub(c.last) + retryDelay
		}
		c.next = now.Add(delay)
	} else {
		c.triggered, c.deletions, c.mutations = false, 0, 0
		c.locked += r.Lock
		c.ended++
		c.interval = c.intervalNow()
		c.next = now.Add(c.interval)
	}
	c.last, c.running = now, false

	for _, change := range c.late {
		if !c.lateAt.Before(now) {
			c.count(now, change)
		}
	}
	c.late = nil
	if c.waiting {
		c.waiting = false
		c.Trigger(now)
	}
}

// intervalNow returns the interval at which the average pause takes the fraction PauseThreshold of the time.
func (c *Containerd) intervalNow() time.Duration {
	threshold := c.settings.PauseThreshold
	if !(threshold > 0) {
		return c.interval
	}
	pause := max(float64(c.locked)/float64(c.ended), float64(pauseMin))
	interval := pause/threshold - pause
	if interval >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(interval)
}

// Clone returns an independent scheduler in the same state.
func (c *Containerd) Clone() Policy {
	clone := *c
	clone.late = slices.Clone(c.late)
	return &clone
}

// String describes the scheduler and its state.
func (c *Containerd) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "containerd%+v next=%s last=%s interval=%s locked=%s ended=%d triggered=%t deletions=%d mutations=%d",
		c.settings, stamp(c.next), stamp(c.last), c.interval, c.locked, c.ended, c.triggered, c.deletions, c.mutations)
	if c.running {
		fmt.Fprintf(&s, " running late=%+v@%s waiting=%t", c.late, stamp(c.lateAt), c.waiting)
	}
	return s.String()
}
