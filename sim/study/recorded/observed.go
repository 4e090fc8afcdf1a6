package recorded

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/gc/schedule"
)

// Tolerances of a comparison between the times of events and the schedule.
const (
	oneCollection    = 20 * time.Millisecond  // between two removals by one collection, and from its start to the last
	timerLate        = 500 * time.Microsecond // by which a timer of a real daemon fires after its time
	collectionSpread = 5 * time.Millisecond   // between the real and the assumed duration of a collection
	phaseShare       = 4                      // an observed collection within 1/4 of an interval of a check is that check
)

// observe records that a collection ran at a time, unless the removal belongs to the last observed collection.
func (t *Trace) observe(at time.Time) {
	if n := len(t.Collections); n == 0 || at.Sub(t.removed) > oneCollection {
		t.Collections = append(t.Collections, at)
	}
	t.removed = at
}

// An observed is containerd's schedule corrected by collections that the recording reveals. It collects at each of
// these times, and moves the checks in between: a real check comes later than computed, since timers and collections
// take time. The schedule of containerd runs in its own time, which is slow against the clock.
type observed struct {
	base     *schedule.Containerd
	revealed []time.Time // collections to come, in order
	complete bool        // there are no other collections

	interval time.Duration // between checks
	spread   time.Duration // by which the real checks can differ from those of base
	ended    time.Time     // the last collection
	deleted  time.Time     // the first deletion since; zero for none

	slow   time.Duration // the clock minus the time of base
	last   time.Time     // the last check or end of a collection
	urgent bool          // a client waits for a collection
}

func newObserved(s schedule.Settings, start time.Time, t *Trace) *observed {
	return &observed{base: schedule.NewContainerd(s, start), revealed: slices.Clone(t.Collections), complete: t.Complete, last: start, ended: start}
}

func (o *observed) Mutation(now time.Time, c schedule.Change) {
	if c.Dirty && o.deleted.IsZero() {
		o.deleted = now
	}
	o.base.Mutation(now.Add(-o.slow), c)
}

func (o *observed) Trigger(now time.Time) {
	o.urgent = true
	o.base.Trigger(now.Add(-o.slow))
}

// Next returns the time of the next check, moved to the next revealed collection, or in step with it.
func (o *observed) Next() (time.Time, bool) {
	at, ok := o.base.Next()
	at = at.Add(o.slow)
	if ok && !o.urgent && o.spread > o.interval/phaseShare && !o.deleted.IsZero() {
		// The time of the check is unknown. The error is least halfway between the first and the last possible one.
		at = o.deleted.Add(o.interval / 2)
		if next := o.ended.Add(o.interval); at.Before(next) {
			at = next
		}
	}
	if len(o.revealed) == 0 {
		return at, ok && !o.complete
	}
	next := o.revealed[0]
	switch interval := at.Sub(o.last); {
	case !ok || o.complete || !at.Before(next):
		return next, true
	case o.urgent || interval <= 0:
		return at, true
	default:
		left := next.Sub(o.last)
		checks := max(left.Round(interval)/interval, 1)
		if (left - checks*interval).Abs() > interval/phaseShare {
			return at, true // a client asked for that collection: it was no check
		}
		return o.last.Add(left / checks), true
	}
}

func (o *observed) Begin(now time.Time) bool {
	if at, ok := o.Next(); !ok || now.Before(at) {
		return false
	}
	known := o.urgent || o.interval == 0
	if len(o.revealed) > 0 && !now.Before(o.revealed[0]) {
		known = true
		o.base.Trigger(now.Add(-o.slow))
	}
	if at, ok := o.base.Next(); ok {
		if o.slow = now.Sub(at); !o.base.Begin(at) {
			o.last = now
			o.slow += timerLate
			o.spread += timerLate
			return false
		}
		if known {
			o.spread = 0
		}
		o.urgent = false
		return true
	}
	return false
}

func (o *observed) End(now time.Time, r schedule.Result) {
	o.base.End(now.Add(-o.slow), r)
	o.slow += r.Lock + timerLate // the clock stands still during a pause
	o.last = now.Add(r.Lock)
	o.spread += timerLate + collectionSpread
	o.ended, o.deleted = o.last, time.Time{}
	if at, ok := o.base.Next(); ok {
		o.interval = at.Add(o.slow).Sub(o.last)
	}
	for len(o.revealed) > 0 && !o.revealed[0].After(now.Add(o.grace())) {
		o.revealed = o.revealed[1:]
	}
}

// grace is the time after a collection in which a revealed collection is the same one.
func (o *observed) grace() time.Duration {
	if o.complete {
		return 0
	}
	return oneCollection
}

func (o *observed) Clone() schedule.Policy {
	c := *o
	c.base = o.base.Clone().(*schedule.Containerd)
	c.revealed = slices.Clone(o.revealed)
	return &c
}

func (o *observed) String() string {
	return fmt.Sprintf("%s revealed=%d slow=%s last=%s urgent=%t", o.base, len(o.revealed), o.slow, o.last.Format(time.RFC3339Nano), o.urgent)
}
