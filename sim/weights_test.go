package sim_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/sim"
)

// TestAxes compares the axes with the choices that scenarios make.
func TestAxes(t *testing.T) {
	axes := sim.Axes()
	seen := map[string]int{}
	for seed := range uint64(300) {
		for axis, choice := range sim.Run(sim.Config{Seed: seed, Ops: 1}).Choices {
			seen[axis] = max(seen[axis], choice+1)
		}
	}
	if !reflect.DeepEqual(seen, axes) {
		t.Errorf("scenarios make %v, want %v", seen, axes)
	}
}

// TestWeights weighs one choice of an axis so much that it is always made, and weighs choices equally.
func TestWeights(t *testing.T) {
	equal := sim.Weights{}
	for axis, n := range sim.Axes() {
		for range n {
			equal[axis] = append(equal[axis], 1)
		}
	}
	often := 0
	for seed := range uint64(40) {
		o := sim.Run(sim.Config{Seed: seed, Ops: 1, Weights: sim.Weights{"actor/forker": {1, 1, 1, 1_000_000}, "isolated": {1, 1_000_000, 1, 1}}})
		if o.Scenario.Actors["forker"] != 3 || o.Scenario.Isolated {
			t.Errorf("seed %d: %+v", seed, o.Scenario)
		}
		plain, weighed := sim.Run(sim.Config{Seed: seed, Ops: 1}), sim.Run(sim.Config{Seed: seed, Ops: 1, Weights: equal})
		if !reflect.DeepEqual(plain, weighed) {
			t.Errorf("seed %d: equal weights change the run", seed)
		}
		if plain.Scenario.Isolated {
			often++
		}
	}
	if often == 0 || often == 40 {
		t.Errorf("%d isolated scenarios", often)
	}
}

// TestParseWeights parses what String returns, and refuses mistakes.
func TestParseWeights(t *testing.T) {
	text := "faulty=1:2:3:4,scheduled=5:6"
	if w, err := sim.ParseWeights(text); err != nil || w.String() != text || w["scheduled"][1] != 6 {
		t.Errorf("%v, %v", w, err)
	}
	if w, err := sim.ParseWeights(""); err != nil || w != nil {
		t.Errorf("%v, %v", w, err)
	}
	for text, want := range map[string]string{
		"faulty":                         "must be AXIS=",
		"faulty=1:1:1:1,faulty=1:1:1:1":  "once per axis",
		"faulty=1:x:1:1":                 "is not a number",
		"faulty=1:1:1":                   "has 4 choices",
		"faulty=0:1:1:1":                 "must be from 1",
		"gravity=1":                      "gravity",
		"scheduled=1:1000001,faulty=1:1": "has 4 choices",
	} {
		if _, err := sim.ParseWeights(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if o := sim.Run(sim.Config{Weights: sim.Weights{"gravity": {1}}}); o.Failure == nil || o.Failure.Rule != sim.InvalidConfig {
		t.Errorf("%+v", o.Failure)
	}
}

// FuzzParseWeights parses weights. They print as a text that parses to the same weights, and a run accepts them.
func FuzzParseWeights(f *testing.F) {
	for _, text := range []string{"", "faulty=1:2:3:4,scheduled=5:6", "faulty=1:1:1", "gravity=1", "isolated=1:1000000:1:1", "rules=+1:2:3:4:5:6:7:08", "="} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, err := sim.ParseWeights(text)
		if err != nil {
			return
		}
		if again, err := sim.ParseWeights(w.String()); err != nil || !reflect.DeepEqual(again, w) {
			t.Fatalf("%q prints as %q, which is %v, %v", text, w, again, err)
		}
		if o := sim.Run(sim.Config{Ops: 1, Weights: w}); o.Failure != nil {
			t.Fatalf("%q: %+v", text, o.Failure)
		}
	})
}
