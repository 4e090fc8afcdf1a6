package schedule

import (
	"fmt"
	"time"
)

// due is the common part of the simple policies: the time of the next collection, and the state of the running one.
type due struct {
	at      time.Time // zero if none is scheduled, and from Begin until the next request
	running bool
	again   bool // a trigger came during the running collection; false unless running
}

// by schedules a collection no later than at.
func (d *due) by(at time.Time) {
	if d.at.IsZero() || at.Before(d.at) {
		d.at = at
	}
}

// Mutation does nothing.
func (d *due) Mutation(time.Time, Change) {}

// Trigger schedules a collection at now, or after the running one.
func (d *due) Trigger(now time.Time) {
	if d.running {
		d.again = true
	} else {
		d.by(now)
	}
}

// Next returns the time of the next call of Begin.
func (d *due) Next() (time.Time, bool) { return d.at, !d.running && !d.at.IsZero() }

// Begin reports whether the scheduled time has come.
func (d *due) Begin(now time.Time) bool {
	if at, ok := d.Next(); !ok || now.Before(at) {
		return false
	}
	d.at, d.running = time.Time{}, true
	return true
}

// End schedules the next collection after a trigger or a failure.
func (d *due) End(now time.Time, r Result) {
	d.running = false
	if r.Failed {
		d.by(now.Add(retryDelay))
	}
	if d.again {
		d.again = false
		d.by(now)
	}
}

func (d *due) state() string {
	return fmt.Sprintf(" next=%s running=%t again=%t", stamp(d.at), d.running, d.again)
}

// stamp formats a time, "-" for the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339Nano)
}
