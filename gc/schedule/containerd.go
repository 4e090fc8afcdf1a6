package schedule

import (
	"math"
	"time"
)

const (
	// firstInterval is the time between scheduled collections until one has
	// been measured, and for good without a pause threshold.
	firstInterval = time.Second

	// pauseMin is the shortest average pause that the interval is computed from.
	pauseMin = 5 * time.Millisecond

	// retryDelay is how much longer than before the scheduler waits after a
	// failure.
	retryDelay = time.Second
)

// Containerd is containerd's scheduler. Three things are worth knowing about it.
// A transaction that commits while a collection is still cleaning up backends is
// forgotten, deletions included. The average pause is that of all collections
// since the start. And a scheduled collection is skipped, until one more interval
// has passed, when nothing was deleted and few transactions came.
type Containerd struct {
	settings Settings

	next time.Time // of the next look; zero when none is scheduled
	last time.Time // when the last collection ended; zero before the first

	interval time.Duration // between scheduled collections
	locked   time.Duration // by all collections
	ended    int           // collections that did not fail

	// Since the last collection that did not fail:
	triggered bool
	deletions int
	mutations int

	running bool
	late    []Change  // transactions at lateAt, the latest moment that had any
	lateAt  time.Time // while the collection runs
	waiting bool      // a trigger came since then
}

// NewContainerd returns containerd's scheduler, started at now.
func NewContainerd(s Settings, now time.Time) *Containerd {
	c := &Containerd{settings: s.bounded(), interval: firstInterval}
	if c.settings.StartupDelay > 0 {
		c.next = now.Add(c.settings.StartupDelay)
	}
	return c
}

// Mutation counts a transaction. See Policy.
func (c *Containerd) Mutation(now time.Time, change Change) {
	if !c.running {
		c.count(now, change)
		return
	}
	// When the collection ends, what is older than its end is forgotten: so only
	// the latest moment can matter.
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

// Trigger asks for a collection after the schedule delay. See Policy.
func (c *Containerd) Trigger(now time.Time) {
	if c.running {
		c.waiting = true
		return
	}
	c.triggered = true
	c.reconsider(now)
}

// reconsider schedules a collection, if there is reason to, unless one is
// scheduled as early.
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

// Next is when to call Begin. See Policy.
func (c *Containerd) Next() (time.Time, bool) {
	return c.next, !c.running && !c.next.IsZero()
}

// Begin reports whether to collect now. See Policy.
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

// End takes in how the collection went. See Policy.
func (c *Containerd) End(now time.Time, r Result) {
	if r.Failed {
		// What asked for the collection still counts, and comes up again after the
		// time between the last one and this, and a second.
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

// intervalNow is the interval at which average pauses take up the pause threshold.
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
