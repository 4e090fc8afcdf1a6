package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim"
)

// TestCampaign runs a few seeds of every profile. No seed may fail.
func TestCampaign(t *testing.T) {
	for _, profile := range sim.Profiles() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			seeds := max(map[string]int{"swarm": 24, "calm": 6, "steady": 1}[profile]/sim.Slower, 1)
			s := sim.Campaign{Config: sim.Config{Seed: 1, Ops: 1500, Profile: profile}, Seeds: seeds}.Run()
			for _, o := range s.Failures {
				t.Errorf("seed %d: %s: %s", o.Seed, o.Failure.Rule, o.Failure.Detail)
				for _, op := range sim.Shrink(o.Failure, 500_000, nil).Trace {
					t.Log(op)
				}
			}
			if s.Seeds != seeds || s.Collections < seeds || s.Removed == 0 {
				t.Errorf("%d seeds, %d collections, %d objects removed", s.Seeds, s.Collections, s.Removed)
			}
			if profile == "calm" && len(s.Faults) > 0 { // calls may find the daemon down: only a crash ends finding 9
				t.Errorf("faults without being asked for: %v", s.Faults)
			}
		})
	}
}

// TestSituations runs seeds until they have reached every situation. The last one needs some hundred seeds.
func TestSituations(t *testing.T) {
	if sim.Slower > 1 || testing.Short() {
		t.Skip("-short, or takes minutes under the race detector")
	}
	t.Parallel()
	missing := map[sim.Mark]bool{}
	for _, name := range sim.Marks() {
		missing[name] = true
	}
	const most = 1000
	for seed := uint64(0); len(missing) > 0; seed++ {
		if seed == most {
			t.Fatalf("%d seeds do not reach %v", most, missing)
		}
		o := sim.Run(sim.Config{Seed: seed, Ops: 3000})
		if o.Failure != nil {
			t.Fatalf("seed %d: %s: %s", seed, o.Failure.Rule, o.Failure.Detail)
		}
		for name := range o.Marks {
			delete(missing, name)
		}
	}
}

// TestMarksAreListed checks that Marks has every mark that runs set.
func TestMarksAreListed(t *testing.T) {
	known := map[sim.Mark]bool{}
	for _, name := range sim.Marks() {
		known[name] = true
	}
	for seed := range uint64(8) {
		for name := range sim.Run(sim.Config{Seed: seed, Ops: 1500}).Marks {
			if !known[name] {
				t.Errorf("%q is not among Marks", name)
			}
		}
	}
}

// TestDeterminism runs seeds twice, and with one and four workers.
func TestDeterminism(t *testing.T) {
	for seed := range uint64(6) {
		if f := sim.RunTwice(sim.Config{Seed: seed, Ops: 600}).Failure; f != nil {
			t.Errorf("seed %d: %s at step %d", seed, f.Rule, f.Step)
		}
	}
	one := sim.Campaign{Config: sim.Config{Ops: 600}, Seeds: 6}.Run()
	four := sim.Campaign{Config: sim.Config{Ops: 600}, Seeds: 6, Workers: 4}.Run()
	if !reflect.DeepEqual(one, four) {
		t.Errorf("one worker: %+v\nfour: %+v", one, four)
	}
}

// TestSlices runs a seed a few steps at a time, and ends a run early.
func TestSlices(t *testing.T) {
	c := sim.Config{Seed: 3, Ops: 700}
	r := sim.Begin(c)
	for steps := 0; !r.Step(37); steps += 37 {
		if p := r.Progress(); p.Steps < steps || p.Ops != 700 || p.Time.IsZero() {
			t.Fatalf("after %d steps: %+v", steps, p)
		}
	}
	if whole := sim.Run(c); !reflect.DeepEqual(r.Outcome(), whole) || !r.Step(1) {
		t.Errorf("in slices %+v, at once %+v", r.Outcome(), whole)
	}
	early := sim.Begin(c)
	early.Step(100)
	if o := early.Outcome(); !o.Stopped || o.Steps < 100 || o.Failure != nil || !early.Step(1) {
		t.Errorf("%+v", o)
	}
}

// TestSchedules runs each schedule.
func TestSchedules(t *testing.T) {
	for _, name := range sim.Schedules() {
		decided := 0
		for seed := range uint64(6) {
			o := sim.Run(sim.Config{Seed: seed, Ops: 1500, Profile: "calm", Schedule: name})
			if o.Failure != nil || o.Scenario.Schedule != name || (o.Scenario.CollectEvery == 0) != (name != "random") {
				t.Errorf("%s, seed %d: %+v", name, seed, o)
			}
			if decided += o.Marks[sim.ScheduledCollection]; o.Collections < 2*sim.QuietCollections {
				t.Errorf("%s, seed %d: %d collections", name, seed, o.Collections)
			}
		}
		if (decided == 0) != (name == "random") {
			t.Errorf("%s decided on %d collections", name, decided)
		}
	}
}

// TestFaults checks that exactly the requested faults occur, by weight.
func TestFaults(t *testing.T) {
	all := map[string]int{}
	for _, name := range sim.Faults() {
		all[name] = 1
	}
	s := sim.Campaign{Config: sim.Config{Ops: 1500, Faults: all, FaultEvery: 20}, Seeds: 4}.Run()
	for name := range all {
		if s.Faults[name] == 0 {
			t.Errorf("%s never happened", name)
		}
	}
	few := sim.Run(sim.Config{Ops: 1500, Profile: "calm", Faults: map[string]int{"delay": 9, "crash": 1, "hang": 0}, FaultEvery: 20})
	if len(few.Faults) != 2 || few.Faults["delay"] < 3*few.Faults["crash"] {
		t.Errorf("%v", few.Faults)
	}
	if none := sim.Run(sim.Config{Seed: 1, Ops: 500, Faults: map[string]int{}}); len(none.Faults) > 0 {
		t.Errorf("%v", none.Faults)
	}
}

// TestTraceReplays replays the traces of runs without the simulator, and compares the hashes of the nodes.
func TestTraceReplays(t *testing.T) {
	for seed, name := range sim.Schedules() {
		replays(t, sim.Config{Seed: uint64(seed), Ops: 800, Schedule: name})
	}
}

func replays(t *testing.T, c sim.Config) {
	t.Helper()
	var ops []engine.Op
	var last engine.Hash
	c.Hashed = func(_ int, hash engine.Hash) { last = hash }
	c.Traced = func(op engine.Op) { ops = append(ops, op) }
	o := sim.Run(c)
	if o.Failure != nil {
		t.Fatal(o.Failure.Rule)
	}
	var text bytes.Buffer
	w, err := engine.NewTraceWriter(&text, o.Setup)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range ops {
		if err := w.Write(op); err != nil {
			t.Fatal(err)
		}
	}
	node, err := engine.Replay(context.Background(), &text, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	if node.Hash() != last {
		t.Error("the replayed node is another one")
	}
}

// TestUnknown checks that unknown names are errors.
func TestUnknown(t *testing.T) {
	for _, c := range []sim.Config{{Profile: "none"}, {Schedule: "none"}, {Faults: map[string]int{"none": 1}}, {Plant: "none"}} {
		r := sim.Begin(c)
		f := r.Outcome().Failure
		if !r.Step(1) || f == nil || f.Rule != sim.InvalidConfig || !strings.Contains(f.Detail, "unknown; known are ") || r.Progress().Steps != 0 {
			t.Errorf("%+v: %+v", c, r.Outcome())
		}
	}
	const want = `plant "flat-as-fll": unknown; known are `
	_, err := sim.Check(engine.Setup{Holdfast: op.Version}, nil, "flat-as-fll")
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), "; did you mean flat-as-full?") {
		t.Errorf("%v", err)
	}
}

// TestInvariants checks the invariants of runs after every step.
func TestInvariants(t *testing.T) {
	for seed := range uint64(6) {
		run := sim.Begin(sim.Config{Seed: seed, Ops: 600})
		for !run.Step(1) {
			if err := run.CheckInvariants(); err != nil {
				t.Fatalf("seed %d, after step %d: %v", seed, run.Progress().Steps, err)
			}
		}
		run.Outcome()
	}
}

// TestMerge merges the summaries of parts of a campaign, in an order other than that of seeds. The sum has the bytes of
// the whole campaign.
func TestMerge(t *testing.T) {
	c := sim.Campaign{Config: sim.Config{Ops: 300, Plant: sim.EternalLeases}, Failures: math.MaxInt}
	part := func(first uint64, seeds int) *sim.Summary {
		c.Seed, c.Seeds = first, seeds
		return c.Run()
	}
	sum := sim.NewSummary()
	for _, p := range []struct {
		first uint64
		seeds int
	}{{7, 3}, {0, 2}, {2, 5}} {
		sum.Merge(part(p.first, p.seeds))
	}
	got, err := json.Marshal(sum)
	if err != nil {
		t.Fatal(err)
	}
	whole := part(0, 10)
	want, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) || len(whole.Failures) < 5 {
		t.Errorf("%d failures; got\n%s\nwant\n%s", len(whole.Failures), got, want)
	}
}
