package schedule_test

import (
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/gc/schedule"
)

// TestClone checks at every step of a collection that a clone and its original are independent.
func TestClone(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	deletion := schedule.Change{Dirty: true, Used: 1 << 20}
	for name, policy := range map[string]schedule.Policy{
		"containerd":     schedule.NewContainerd(schedule.Defaults(), start),
		"on demand":      schedule.NewOnDemand(),
		"interval":       schedule.NewInterval(time.Minute, start),
		"after deletion": schedule.NewAfterDeletion(),
		"watermark":      schedule.NewWatermark(1<<10, time.Minute),
	} {
		now := start
		steps := []func(schedule.Policy){
			func(p schedule.Policy) { p.Mutation(now, deletion) },
			func(p schedule.Policy) { p.Trigger(now) },
			func(p schedule.Policy) {
				if at, ok := p.Next(); ok {
					p.Begin(at)
				}
			},
			func(p schedule.Policy) { p.Mutation(now, deletion); p.Trigger(now) },
			func(p schedule.Policy) { p.End(now, schedule.Result{Lock: time.Second}) },
		}
		changed := false
		for i, step := range steps {
			now = now.Add(2 * time.Minute)
			before, clone := policy.String(), policy.Clone()
			if clone.String() != before {
				t.Fatalf("%s: the clone is\n%s\nnot\n%s", name, clone, before)
			}
			step(clone)
			if policy.String() != before {
				t.Errorf("%s: step %d on the clone changed the original to\n%s\nfrom\n%s", name, i, policy, before)
			}
			step(policy)
			if clone.String() != policy.String() {
				t.Errorf("%s: step %d: the clone is\n%s\nnot\n%s", name, i, clone, policy)
			}
			changed = changed || policy.String() != before
		}
		if !changed {
			t.Errorf("%s: no step changed its string", name)
		}
	}
}
