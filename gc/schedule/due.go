package schedule

import "time"

// due is what the simple policies share: a time to collect at, and the collection
// that runs.
type due struct {
	at      time.Time // zero when nothing is scheduled
	running bool
	again   bool // a trigger came while running
}

// by schedules a collection no later than at.
func (d *due) by(at time.Time) {
	if d.at.IsZero() || at.Before(d.at) {
		d.at = at
	}
}

// Mutation does nothing. See Policy.
func (d *due) Mutation(time.Time, Change) {}

// Trigger schedules a collection at once. See Policy.
func (d *due) Trigger(now time.Time) {
	if d.running {
		d.again = true
	} else {
		d.by(now)
	}
}

// Next is when to call Begin. See Policy.
func (d *due) Next() (time.Time, bool) { return d.at, !d.running && !d.at.IsZero() }

// Begin reports whether the time has come. See Policy.
func (d *due) Begin(now time.Time) bool {
	if at, ok := d.Next(); !ok || now.Before(at) {
		return false
	}
	d.at, d.running = time.Time{}, true
	return true
}

// End schedules the next collection if a trigger came, and after a failure. See Policy.
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
