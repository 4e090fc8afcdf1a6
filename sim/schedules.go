package sim

import (
	"math/rand/v2"
	"time"

	"github.com/holdfast-gc/holdfast/gc/schedule"
)

// A schedules kind is a way to decide when to collect, drawn from chance; start makes the policy whenever the daemon starts.
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

// Schedules are what decides when to collect: "random" is chance, after any step.
func Schedules() []string {
	names := []string{"random"}
	for _, k := range scheduleKinds {
		names = append(names, k.name)
	}
	return names
}

// startOf draws the settings of a schedule; nil for one that is up to chance.
func startOf(name string, r *rand.Rand) func(now time.Time) schedule.Policy {
	for _, k := range scheduleKinds {
		if k.name == name {
			return k.draw(r)
		}
	}
	return nil
}

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
