package sim_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/sim"
)

// BenchmarkSteady measures steps on a store of a few thousand objects, with the oracle on. On a machine that has other
// things to do, steps per second of its processors' time (with -cpu 1) are the ones that say something.
func BenchmarkSteady(b *testing.B) {
	for _, every := range []struct {
		name  string
		steps int
	}{{"collect-every-500", 500}, {"collect-every-50", 50}} {
		b.Run(every.name, func(b *testing.B) {
			steps, objects, before := 0, 0, processorTime(b)
			for b.Loop() {
				o := sim.Run(sim.Config{Seed: 1, Ops: 60_000, Profile: "steady", CollectEvery: every.steps})
				if o.Failure != nil {
					b.Fatal(o.Failure.Rule, o.Failure.Detail)
				}
				steps, objects = steps+o.Steps, o.Objects
			}
			b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
			b.ReportMetric(float64(steps)/(processorTime(b)-before).Seconds(), "steps/cpu-s")
			b.ReportMetric(float64(objects), "objects")
		})
	}
}

// processorTime returns how much of it this process has used.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
