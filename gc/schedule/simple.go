package schedule

import "time"

// OnDemand collects when triggered and at no other time.
type OnDemand struct{ due }

// NewOnDemand returns the policy.
func NewOnDemand() *OnDemand { return new(OnDemand) }

// Never does not collect, not even when triggered: whoever waits, waits for ever.
// It is the bound on what not collecting costs.
type Never struct{ due }

// NewNever returns the policy.
func NewNever() *Never { return new(Never) }

// Trigger does nothing. See Policy.
func (*Never) Trigger(time.Time) {}

// Interval collects at fixed times, needed or not, and when triggered.
type Interval struct {
	due
	every time.Duration
	tick  time.Time
}

// NewInterval returns the policy that collects each time every has passed since
// now. A time that passes while a collection runs is left out. It panics unless every is
// positive.
func NewInterval(every time.Duration, now time.Time) *Interval {
	if every <= 0 {
		panic("schedule: an interval must be positive")
	}
	p := &Interval{every: every, tick: now}
	p.tock(now)
	return p
}

// tock schedules the first of the fixed times after now.
func (p *Interval) tock(now time.Time) {
	p.tick = p.tick.Add(now.Sub(p.tick).Truncate(p.every) + p.every)
	p.by(p.tick)
}

// End schedules the next fixed time. See Policy.
func (p *Interval) End(now time.Time, r Result) {
	p.due.End(now, r)
	if !now.Before(p.tick) {
		p.tock(now)
	} else {
		p.by(p.tick)
	}
}

// AfterDeletion collects at once after every transaction that left something
// deleted, and when triggered.
type AfterDeletion struct{ due }

// NewAfterDeletion returns the policy.
func NewAfterDeletion() *AfterDeletion { return new(AfterDeletion) }

// Mutation triggers if something was deleted. See Policy.
func (p *AfterDeletion) Mutation(now time.Time, c Change) {
	if c.Dirty {
		p.Trigger(now)
	}
}

// Watermark collects when so many bytes are stored, and when triggered. Where a
// collection frees too little, the next comes with the first transaction after
// a pause.
type Watermark struct {
	due
	high  int64
	pause time.Duration
	from  time.Time // not before
}

// NewWatermark returns the policy that collects at high bytes or more, and lets at
// least pause pass between two collections.
func NewWatermark(high int64, pause time.Duration) *Watermark {
	return &Watermark{high: high, pause: pause}
}

// Mutation schedules a collection if too much is stored. See Policy.
func (p *Watermark) Mutation(now time.Time, c Change) {
	switch {
	case c.Used < p.high || p.running:
	case now.Before(p.from):
		p.by(p.from)
	default:
		p.by(now)
	}
}

// End begins the pause. See Policy.
func (p *Watermark) End(now time.Time, r Result) {
	p.due.End(now, r)
	p.from = now.Add(p.pause)
}
