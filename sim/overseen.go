package sim

import (
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc/schedule"
)

// An overseen policy is told by the node what happens, and asked by the simulator when to collect: so that a trace has
// collections as Ops, and is replayed without the policy. To the node it looks like none. Its time never goes back.
type overseen struct {
	policy schedule.Policy
	latest time.Time
}

func (o *overseen) at(now time.Time) time.Time {
	if now.After(o.latest) {
		o.latest = now
	}
	return o.latest
}

func (o *overseen) Mutation(now time.Time, c schedule.Change) { o.policy.Mutation(o.at(now), c) }
func (o *overseen) Trigger(now time.Time)                     { o.policy.Trigger(o.at(now)) }
func (o *overseen) Next() (time.Time, bool)                   { return time.Time{}, false }
func (o *overseen) Begin(time.Time) bool                      { return false }
func (o *overseen) End(time.Time, schedule.Result)            {}
func (o *overseen) Clone() schedule.Policy                    { return &overseen{o.policy.Clone(), o.latest} }
func (o *overseen) String() string                            { return "" }

// due is when the policy wants something.
func (o *overseen) due() (time.Time, bool) { return o.policy.Next() }

// begin asks the policy whether to collect now.
func (o *overseen) begin(now time.Time) bool { return o.policy.Begin(o.at(now)) }

// end tells the policy that the collection is over.
func (o *overseen) end(now time.Time, failed bool) {
	o.policy.End(o.at(now), schedule.Result{Failed: failed})
}

// oversee returns the option with which a node tells the schedule that was drawn what happens, if there is one.
func (r *Running) oversee() []engine.Option {
	start := startOf(r.out.Drawn.Schedule, r.random)
	if start == nil {
		return nil
	}
	return []engine.Option{engine.WithSchedule(func(now time.Time) schedule.Policy {
		r.schedule = &overseen{start(now), now}
		return r.schedule
	})}
}

// scheduled begins a collection, as far as the schedule goes, if that wants one now.
func (r *Running) scheduled() bool {
	if r.schedule == nil || r.collector.waits != "" {
		return false
	}
	now := r.node.Clock().Now()
	if at, ok := r.schedule.due(); !ok || at.After(now) {
		return false
	}
	if !r.schedule.begin(now) {
		r.mark("a scheduled collection that was put off")
		return false
	}
	r.begun = r.schedule
	return true
}

// tellSchedule tells the schedule that a collection is over, or that somebody waits for one: who deletes synchronously.
func (r *Running) tellSchedule(op engine.Op, result engine.Result) {
	if r.schedule == nil || op.Fork != "" {
		return
	}
	now, sync := r.node.Clock().Now(), false
	switch a := op.Args.(type) {
	case engine.ImageDelete:
		sync = a.Sync
	case engine.LeaseDelete:
		sync = a.Sync
	}
	switch {
	case op.Name == "collect" && r.begun != nil:
		r.begun.end(now, result.Code != engine.OK)
		r.begun = nil
		r.mark("a collection that a schedule decided on")
	case sync && result.Code == engine.OK:
		r.schedule.Trigger(now)
	}
}

// pass has time go on, but not beyond when the schedule wants something.
func (r *Running) pass() {
	op, now := r.world.passing(), r.node.Clock().Now()
	if r.schedule != nil {
		if at, ok := r.schedule.due(); ok && at.After(now) && at.Before(now.Add(op.Args.(engine.ClockAdvance).By)) {
			op = engine.Op{Name: "clock.set", Args: engine.ClockSet{To: at}}
		}
	}
	r.do(op)
}
