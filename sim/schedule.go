package sim

import (
	"math/rand/v2"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc/schedule"
)

// RandomSchedule is the schedule that starts collections at random, after any step.
const RandomSchedule = "random"

// scheduleKinds are the schedules that a policy of package gc/schedule decides on. draw draws the policy's settings and
// returns a function that makes the policy whenever the daemon starts.
var scheduleKinds = []struct {
	name string
	draw func(r *rand.Rand) (start func(now time.Time) schedule.Policy)
}{
	{"containerd", func(r *rand.Rand) func(time.Time) schedule.Policy {
		s := schedule.Defaults()
		s.PauseThreshold = []float64{0, 0.02, 0.5}[r.IntN(3)]
		s.DeletionThreshold = r.IntN(4)
		s.MutationThreshold = 1 << r.IntN(8)
		s.ScheduleDelay = time.Duration(r.IntN(3)) * time.Minute
		return func(now time.Time) schedule.Policy { return schedule.NewContainerd(s, now) }
	}},
	{"interval", func(r *rand.Rand) func(time.Time) schedule.Policy {
		every := time.Minute << r.IntN(10)
		return func(now time.Time) schedule.Policy { return schedule.NewInterval(every, now) }
	}},
	{"after-deletion", func(*rand.Rand) func(time.Time) schedule.Policy {
		return func(time.Time) schedule.Policy { return schedule.NewAfterDeletion() }
	}},
	{"watermark", func(r *rand.Rand) func(time.Time) schedule.Policy {
		high, pause := int64(64)<<r.IntN(6), time.Second<<r.IntN(10)
		return func(time.Time) schedule.Policy { return schedule.NewWatermark(high, pause) }
	}},
	{"on-demand", func(*rand.Rand) func(time.Time) schedule.Policy {
		return func(time.Time) schedule.Policy { return schedule.NewOnDemand() }
	}},
}

// Schedules returns the names of all schedules: [RandomSchedule] first, then those of package gc/schedule.
func Schedules() []string {
	names := []string{RandomSchedule}
	for _, k := range scheduleKinds {
		names = append(names, k.name)
	}
	return names
}

// startOf draws the settings of a schedule. It returns nil for [RandomSchedule].
func startOf(name string, r *rand.Rand) func(now time.Time) schedule.Policy {
	for _, k := range scheduleKinds {
		if k.name == name {
			return k.draw(r)
		}
	}
	return nil
}

// A passivePolicy lets the simulator, not the node, start the collections that a policy asks for. The node reports
// mutations and triggers to it, but its Next and Begin never ask the node for a collection. The simulator asks due and
// begin instead and applies each collection as an Op, so a trace replays without the policy.
//
// Invariant: latest never goes back, although the node's clock may. All times passed to policy come from at.
type passivePolicy struct {
	policy schedule.Policy
	latest time.Time
}

func (p *passivePolicy) at(now time.Time) time.Time {
	if now.After(p.latest) {
		p.latest = now
	}
	return p.latest
}

func (p *passivePolicy) Mutation(now time.Time, c schedule.Change) { p.policy.Mutation(p.at(now), c) }
func (p *passivePolicy) Trigger(now time.Time)                     { p.policy.Trigger(p.at(now)) }
func (p *passivePolicy) Next() (time.Time, bool)                   { return time.Time{}, false }
func (p *passivePolicy) Begin(time.Time) bool                      { return false }
func (p *passivePolicy) End(time.Time, schedule.Result)            {}
func (p *passivePolicy) Clone() schedule.Policy                    { return &passivePolicy{p.policy.Clone(), p.latest} }
func (p *passivePolicy) String() string                            { return "" }

// due returns the time at which the policy next wants to decide on a collection.
func (p *passivePolicy) due() (time.Time, bool) { return p.policy.Next() }

// begin asks the policy whether to collect now.
func (p *passivePolicy) begin(now time.Time) bool { return p.policy.Begin(p.at(now)) }

// end reports the end of a collection to the policy.
func (p *passivePolicy) end(now time.Time, failed bool) {
	p.policy.End(p.at(now), schedule.Result{Failed: failed})
}

// scheduleOption draws the schedule's settings and returns the option that registers it with the node, or nothing for
// [RandomSchedule].
func (s *Simulation) scheduleOption() []engine.Option {
	start := startOf(s.out.Scenario.Schedule, s.random)
	if start == nil {
		return nil
	}
	return []engine.Option{engine.WithSchedule(func(now time.Time) schedule.Policy {
		s.schedule = &passivePolicy{start(now), now}
		return s.schedule
	})}
}

// scheduled reports whether the schedule starts a collection now.
func (s *Simulation) scheduled() bool {
	if s.schedule == nil || s.collector.waits != "" {
		return false
	}
	now := s.node.Clock().Now()
	if at, ok := s.schedule.due(); !ok || at.After(now) {
		return false
	}
	if !s.schedule.begin(now) {
		s.mark(CollectionPostponed)
		return false
	}
	s.begun = s.schedule
	return true
}

// notifySchedule reports the end of a collection, or a synchronous deletion, to the schedule.
func (s *Simulation) notifySchedule(o engine.Op, result engine.Result) {
	if s.schedule == nil || o.Fork != "" {
		return
	}
	now, sync := s.node.Clock().Now(), false
	switch a := o.Args.(type) {
	case op.ImagesDeleteArgs:
		sync = a.Sync
	case op.LeasesDeleteArgs:
		sync = a.Sync
	}
	switch {
	case o.Name == op.Collect && s.begun != nil:
		s.begun.end(now, result.Code != op.OK)
		s.begun = nil
		s.mark(ScheduledCollection)
	case sync && result.Code == op.OK:
		s.schedule.Trigger(now)
	}
}

// advanceClock advances the clock, but not past the time at which the schedule is due.
func (s *Simulation) advanceClock() {
	o, now := s.world.clockOp(), s.node.Clock().Now()
	if s.schedule != nil {
		if at, ok := s.schedule.due(); ok && at.After(now) && at.Before(now.Add(o.Args.(op.ClockAdvanceArgs).By)) {
			o = engine.Op{Name: op.ClockSet, Args: op.ClockSetArgs{To: at}}
		}
	}
	s.do(o)
}
