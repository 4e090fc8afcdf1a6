package schedule

import (
	"fmt"
	"time"
)

// OnDemand collects only when triggered.
type OnDemand struct{ due }

// NewOnDemand returns the policy.
func NewOnDemand() *OnDemand { return new(OnDemand) }

// Clone returns an independent policy in the same state.
func (p *OnDemand) Clone() Policy { return clone(p) }

// String describes the policy and its state.
func (p *OnDemand) String() string { return "on-demand" + p.state() }

// Never does not collect and ignores triggers. It bounds the cost of not collecting.
type Never struct{ due }

// NewNever returns the policy.
func NewNever() *Never { return new(Never) }

// Trigger does nothing: the requested collection never comes.
func (*Never) Trigger(time.Time) {}

// Clone returns an independent policy in the same state.
func (p *Never) Clone() Policy { return clone(p) }

// String describes the policy and its state.
func (p *Never) String() string { return "never" + p.state() }

// AfterDeletion collects immediately after each dirty transaction, and when triggered.
type AfterDeletion struct{ due }

// NewAfterDeletion returns the policy.
func NewAfterDeletion() *AfterDeletion { return new(AfterDeletion) }

// Mutation triggers a collection if the transaction is dirty. See [Policy].
func (p *AfterDeletion) Mutation(now time.Time, c Change) {
	if c.Dirty {
		p.Trigger(now)
	}
}

// Clone returns an independent policy in the same state.
func (p *AfterDeletion) Clone() Policy { return clone(p) }

// String describes the policy and its state.
func (p *AfterDeletion) String() string { return "after-deletion" + p.state() }

// Interval collects at fixed times, and when triggered.
type Interval struct {
	due
	every time.Duration // > 0
	tick  time.Time     // the next fixed time
}

// NewInterval returns a policy that collects at now+every, now+2*every and so on. It skips fixed times that pass during
// a collection. It panics unless every is positive.
func NewInterval(every time.Duration, now time.Time) *Interval {
	if every <= 0 {
		panic("schedule: an interval must be positive")
	}
	p := &Interval{every: every, tick: now}
	p.advance(now)
	return p
}

// advance schedules the first fixed time after now.
func (p *Interval) advance(now time.Time) {
	p.tick = p.tick.Add(now.Sub(p.tick).Truncate(p.every) + p.every)
	p.by(p.tick)
}

// End schedules the next fixed time. See [Policy].
func (p *Interval) End(now time.Time, r Result) {
	p.due.End(now, r)
	if !now.Before(p.tick) {
		p.advance(now)
	} else {
		p.by(p.tick)
	}
}

// Clone returns an independent policy in the same state.
func (p *Interval) Clone() Policy { return clone(p) }

// String describes the policy and its state.
func (p *Interval) String() string {
	return fmt.Sprintf("interval every=%s tick=%s%s", p.every, stamp(p.tick), p.state())
}

// Watermark collects when the stored bytes reach a mark, and when triggered. If a collection frees too little, the next
// one comes with the first transaction after a pause.
type Watermark struct {
	due
	high  int64
	pause time.Duration
	from  time.Time // earliest time of the next collection; zero before the first
}

// NewWatermark returns a policy that collects when high bytes or more are stored, at least pause apart.
func NewWatermark(high int64, pause time.Duration) *Watermark {
	return &Watermark{high: high, pause: pause}
}

// Mutation schedules a collection if the stored bytes reach the mark. See [Policy].
func (p *Watermark) Mutation(now time.Time, c Change) {
	switch {
	case c.Used < p.high || p.running:
	case now.Before(p.from):
		p.by(p.from)
	default:
		p.by(now)
	}
}

// End starts the pause. See [Policy].
func (p *Watermark) End(now time.Time, r Result) {
	p.due.End(now, r)
	p.from = now.Add(p.pause)
}

// Clone returns an independent policy in the same state.
func (p *Watermark) Clone() Policy { return clone(p) }

// String describes the policy and its state.
func (p *Watermark) String() string {
	return fmt.Sprintf("watermark high=%d pause=%s from=%s%s", p.high, p.pause, stamp(p.from), p.state())
}

// clone copies a policy without pointers.
func clone[P any](p *P) *P {
	c := *p
	return &c
}
