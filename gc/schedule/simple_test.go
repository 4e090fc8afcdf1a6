package schedule_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/gc/schedule"
)

// The scenario has a transaction each second for 20 seconds, of which those at 3, 9 and 10 seconds are dirty, and a
// trigger at 5.5 seconds. A collection takes 100 ms.
func story() scenario {
	s := scenario{length: 20 * time.Second, runs: []collection{{takes: 100 * time.Millisecond, locks: time.Millisecond}}}
	for second := 1; second < 20; second++ {
		s.events = append(s.events, event{at: time.Duration(second) * time.Second, dirty: second == 3 || second == 9 || second == 10})
		if second == 5 {
			s.events = append(s.events, event{at: 5500 * time.Millisecond, trigger: true})
		}
	}
	return s
}

func seconds(list []time.Duration) []float64 {
	var s []float64
	for _, d := range list {
		s = append(s, d.Seconds())
	}
	return s
}

func TestSimplePolicies(t *testing.T) {
	start := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		policy schedule.Policy
		want   []float64
	}{
		"never":          {schedule.NewNever(), nil},
		"on demand":      {schedule.NewOnDemand(), []float64{5.5}},
		"after deletion": {schedule.NewAfterDeletion(), []float64{3, 5.5, 9, 10}},
		"interval":       {schedule.NewInterval(4*time.Second, start), []float64{4, 5.5, 8, 12, 16}},
	} {
		t.Run(name, func(t *testing.T) {
			got := seconds(play(c.policy, start, story()))
			if !slices.Equal(got, c.want) {
				t.Errorf("collects at %v, want %v", got, c.want)
			}
		})
	}
}

var noon = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return noon.Add(d) }

func TestTriggerWhileRunningComesNext(t *testing.T) {
	for _, p := range []schedule.Policy{
		schedule.NewOnDemand(), schedule.NewAfterDeletion(), schedule.NewWatermark(100, time.Hour),
		schedule.NewInterval(time.Hour, noon), schedule.NewContainerd(schedule.Settings{}, noon),
	} {
		t.Run(fmt.Sprintf("%T", p), func(t *testing.T) {
			p.Trigger(noon)
			if !p.Begin(noon) {
				t.Fatal("a trigger begins nothing")
			}
			if p.Begin(noon) {
				t.Fatal("began twice")
			}
			p.Trigger(after(time.Second))
			if at, ok := p.Next(); ok {
				t.Fatalf("next at %v while running", at)
			}
			p.End(after(2*time.Second), schedule.Result{})
			if at, ok := p.Next(); !ok || !at.Equal(after(2*time.Second)) || !p.Begin(at) {
				t.Fatalf("next at %v, %v", at, ok)
			}
		})
	}
}

func TestFailureIsTriedAgain(t *testing.T) {
	for _, p := range []schedule.Policy{
		schedule.NewOnDemand(), schedule.NewAfterDeletion(), schedule.NewWatermark(100, time.Hour), schedule.NewInterval(time.Hour, noon),
	} {
		t.Run(fmt.Sprintf("%T", p), func(t *testing.T) {
			p.Trigger(noon)
			p.Begin(noon)
			p.End(after(time.Second), schedule.Result{Failed: true})
			if at, ok := p.Next(); !ok || !at.Equal(after(2*time.Second)) {
				t.Fatalf("next at %v, %v", at, ok)
			}
		})
	}
}

func TestWatermark(t *testing.T) {
	p := schedule.NewWatermark(100, 10*time.Second)
	next := func(want time.Duration) {
		t.Helper()
		if at, ok := p.Next(); !ok || !at.Equal(after(want)) {
			t.Fatalf("next at %v, %v, want %v", at, ok, after(want))
		}
	}
	p.Mutation(noon, schedule.Change{Used: 99})
	if _, ok := p.Next(); ok {
		t.Fatal("collects below the mark")
	}
	p.Mutation(after(time.Second), schedule.Change{Used: 100})
	next(time.Second)
	p.Begin(after(time.Second))
	p.Mutation(after(2*time.Second), schedule.Change{Used: 150})
	p.End(after(3*time.Second), schedule.Result{Used: 120})
	if _, ok := p.Next(); ok {
		t.Fatal("collects again though nothing has changed")
	}
	p.Mutation(after(4*time.Second), schedule.Change{Used: 120})
	next(13 * time.Second)
	if p.Begin(after(12 * time.Second)) {
		t.Fatal("began before its time")
	}
}

func TestIntervalSkipsWhatACollectionOutlasts(t *testing.T) {
	p := schedule.NewInterval(time.Minute, noon)
	if !p.Begin(after(time.Minute)) {
		t.Fatal("did not begin")
	}
	p.End(after(150*time.Second), schedule.Result{})
	if at, ok := p.Next(); !ok || !at.Equal(after(3*time.Minute)) {
		t.Fatalf("next at %v, %v", at, ok)
	}
}

// TestTinyThresholdWaitsForever checks that an interval longer than the largest Duration is the largest Duration.
func TestTinyThresholdWaitsForever(t *testing.T) {
	p := schedule.NewContainerd(schedule.Settings{PauseThreshold: 1e-300, StartupDelay: 1}, noon)
	p.Begin(after(1))
	p.End(after(2), schedule.Result{Lock: time.Second})
	if at, ok := p.Next(); !ok || at.Before(noon.AddDate(200, 0, 0)) {
		t.Fatalf("next at %v, %v", at, ok)
	}
}
