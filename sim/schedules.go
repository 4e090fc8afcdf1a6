package sim

import (
	"math/rand/v2"
	"time"

	"github.com/holdfast-gc/holdfast/gc/schedule"
)

// scheduleKinds are ways to decide when to collect, whose settings are drawn. What start makes is a policy, whenever the daemon
// starts.
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
