package sim

import (
	"flag"
	"testing"
	"time"
)

var trySeeds = flag.Int("try.seeds", 20, "")
var tryFirst = flag.Uint64("try.first", 0, "")
var tryOps = flag.Int("try.ops", 3000, "")
var tryProfile = flag.String("try.profile", "", "")
var tryEvery = flag.Int("try.every", 0, "")

func TestTry(t *testing.T) {
	bad := 0
	for seed := *tryFirst; seed < *tryFirst+uint64(*trySeeds); seed++ {
		start := time.Now()
		o := Run(Config{Seed: seed, Ops: *tryOps, Profile: *tryProfile, CollectEvery: *tryEvery})
		t.Logf("seed %d: %d steps, %d collections, %d removed, %d objects, %.0f steps/s, %v", seed, o.Steps, o.Collections, o.Removed, o.Objects, float64(o.Steps)/time.Since(start).Seconds(), o.Codes)
		if f := o.Failure; f != nil {
			bad++
			t.Errorf("seed %d step %d quiet %v rules %s: %s: %s", seed, f.Step, f.Quiet, o.Drawn.Rules, f.Rule, f.Detail)
			for _, op := range f.Trace[max(0, len(f.Trace)-2):] {
				t.Log("   ", op)
			}
		}
		if bad > 4 {
			break
		}
	}
}

func TestTryShrink(t *testing.T) {
	o := Run(Config{Seed: *tryFirst, Ops: *tryOps, Profile: *tryProfile, CollectEvery: *tryEvery})
	if o.Failure == nil {
		t.Fatal("no failure")
	}
	f := Shrink(o.Failure, 3_000_000)
	t.Log(f.Rule, f.Detail, f.Quiet)
	for _, op := range f.Trace {
		t.Log("   ", op)
	}
}
