package sim_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/sim"
)

// BenchmarkSteady measures steps per second on a store of a few thousand objects, with the oracle. On a busy machine,
// compare steps per second of processor time, with -cpu 1.
func BenchmarkSteady(b *testing.B) {
	const filling, steps = 15_000, 45_000
	for _, every := range []struct {
		name  string
		steps int
	}{{"collect-every-500", 500}, {"collect-every-50", 50}} {
		b.Run(every.name, func(b *testing.B) {
			var used time.Duration
			var p sim.Progress
			for b.Loop() {
				b.StopTimer()
				r := sim.Begin(sim.Config{Seed: 1, Ops: 1 << 30, Profile: "steady", CollectEvery: every.steps})
				r.Step(filling)
				before := processorTime(b)
				b.StartTimer()
				r.Step(steps)
				used += processorTime(b) - before
				p = r.Progress()
				if f := r.Outcome().Failure; f != nil {
					b.Fatal(f.Rule, f.Detail)
				}
			}
			all := float64(b.N * steps)
			b.ReportMetric(all/b.Elapsed().Seconds(), "steps/s")
			b.ReportMetric(all/used.Seconds(), "steps/cpu-s")
			b.ReportMetric(float64(p.Objects), "objects")
		})
	}
}

// processorTime returns the processor time that this process has used.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
