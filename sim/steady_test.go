package sim_test

import (
	"testing"

	"github.com/holdfast-gc/holdfast/sim"
)

// BenchmarkSteady measures steps on a store of a few thousand objects, with the oracle on.
func BenchmarkSteady(b *testing.B) {
	for _, every := range []struct {
		name  string
		steps int
	}{{"collect-every-500", 500}, {"collect-every-50", 50}} {
		b.Run(every.name, func(b *testing.B) {
			steps, objects := 0, 0
			for b.Loop() {
				o := sim.Run(sim.Config{Seed: 1, Ops: 60_000, Profile: "steady", CollectEvery: every.steps})
				if o.Failure != nil {
					b.Fatal(o.Failure.Rule, o.Failure.Detail)
				}
				steps, objects = steps+o.Steps, o.Objects
			}
			b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
			b.ReportMetric(float64(objects), "objects")
		})
	}
}
