package tune_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/tune"
)

// study returns a small search: few settings, and a load under which they differ.
func study(t *testing.T, goal string) tune.Study {
	t.Helper()
	g, err := tune.ParseGoal(goal)
	if err != nil {
		t.Fatal(err)
	}
	return tune.Study{
		Load:     compare.Study{Profile: "edge", Days: 2, Seeds: 5, Seed: 1},
		Policies: []string{"lru:high=30..60,low=20..50/10"}, Goal: g,
	}
}

func search(t *testing.T, s tune.Study, workers int, stop func() bool) *tune.Result {
	t.Helper()
	search, err := tune.Begin(s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := search.Run(workers, nil, stop)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func encode(t *testing.T, r *tune.Result) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSearch compares the named setting of both searches with all settings of the grid: none meets the goal and is
// better, and halving finds it with fewer simulations.
func TestSearch(t *testing.T) {
	shared := journal(t, study(t, "refetch min").Load, nil, &bytes.Buffer{}) // the goals have the same nodes
	for _, goal := range []string{"disk<55%, refetch min", "refetch<60MB, disk min", "refetch min"} {
		t.Run(goal, func(t *testing.T) {
			s := study(t, goal)
			s.Journal = shared
			halving := search(t, s, 2, nil)
			s.Search = tune.Grid
			grid := search(t, s, 2, nil)
			if grid.Settings < 15 || len(grid.Rounds) != 1 || grid.Rounds[0] != (tune.Round{Settings: grid.Settings, Nodes: 5}) {
				t.Fatalf("%d settings in rounds %v", grid.Settings, grid.Rounds)
			}
			if !grid.Pick.Met || halving.Pick.Name != grid.Pick.Name || halving.Pick.Minimize != grid.Pick.Minimize {
				t.Errorf("the grid names %+v\nhalving %+v", grid.Pick, halving.Pick)
			}
			if last := halving.Rounds[len(halving.Rounds)-1]; last.Settings >= grid.Settings || last.Nodes != 5 {
				t.Errorf("rounds %v", halving.Rounds)
			}
			checkBest(t, grid)
			checkFront(t, grid)
			for _, c := range grid.Sensitivity {
				if c.Choice != nil && (c.Choice.Cost == nil || c.Choice.Name == grid.Pick.Name || c.From == c.To) {
					t.Errorf("a neighbour %+v", c)
				}
			}
		})
	}
}

// checkBest compares the named setting with every other: the naive search.
func checkBest(t *testing.T, r *tune.Result) {
	t.Helper()
	metric := map[string]string{"disk": "mean bytes", "refetch": "bytes pulled again"}
	figure := func(p *compare.Policy, quantity string) float64 {
		x := p.Metric(metric[quantity]).Mean
		if quantity == "disk" {
			return x + float64(r.Comparison.Other)
		}
		return x / r.Comparison.Days
	}
	for i := range r.Comparison.Policies {
		p := &r.Comparison.Policies[i]
		meets := p.Void == "" && !p.Clairvoyant
		for _, l := range r.Pick.Limits {
			quantity, _, _ := strings.Cut(l.Limit, "<")
			meets = meets && figure(p, quantity) <= l.Most
		}
		if best := figure(p, r.Axes[1]); meets && best < r.Pick.Minimize.Mean {
			t.Errorf("%s has %s %v, less than the named %s with %v", p.Name, r.Axes[1], best, r.Pick.Name, r.Pick.Minimize.Mean)
		}
	}
}

// checkFront checks that the front ascends by one quantity and descends by the other, and has the named setting.
func checkFront(t *testing.T, r *tune.Result) {
	t.Helper()
	for i := 1; i < len(r.Front); i++ {
		if a, b := r.Front[i-1], r.Front[i]; a.First.Mean > b.First.Mean || a.Minimize.Mean < b.Minimize.Mean {
			t.Errorf("the front at %s and %s does not descend", a.Name, b.Name)
		}
	}
	if !slices.ContainsFunc(r.Front, func(c tune.Choice) bool { return c.Minimize == r.Pick.Minimize }) {
		t.Errorf("the front lacks the named setting %s: %+v", r.Pick.Name, r.Front)
	}
}

// TestSearchWorkers stops a search at several points, resumes it with another number of workers, and compares the
// result with that of an undisturbed one: the bytes are the same.
func TestSearchWorkers(t *testing.T) {
	s := study(t, "disk<55%, refetch min")
	s.Load.Days, s.Policies = 2, []string{"lru:high=40..60/10,low=20..40/10"}
	want := encode(t, search(t, s, 1, nil))
	if got := encode(t, search(t, s, 3, nil)); got != want {
		t.Error("another result with three workers")
	}
	for _, steps := range []int{2, 50, 85} {
		var file bytes.Buffer
		s.Journal = journal(t, s.Load, nil, &file)
		left := steps
		r := search(t, s, 2, func() bool { left--; return left < 0 })
		switch {
		case steps < 40 && r != nil:
			t.Errorf("after %d steps: an answer", steps)
		case steps > 50 && (r == nil || !r.Cut || r.Pick == nil):
			t.Errorf("after %d steps: %+v", steps, r)
		}
		data := slices.Clone(file.Bytes())
		s.Journal = journal(t, s.Load, data, &file)
		if steps > 50 && s.Journal.Len() == 0 {
			t.Errorf("after %d steps: an empty journal", steps)
		}
		if got := encode(t, search(t, s, 2, nil)); got != want {
			t.Errorf("another result after an interruption after %d steps", steps)
		}
	}
}

func journal(t *testing.T, load compare.Study, data []byte, out *bytes.Buffer) *compare.Journal {
	t.Helper()
	j, err := compare.NewJournal(load, "test")
	if err == nil {
		_, err = j.Read(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	j.AppendTo(out)
	return j
}

// TestSearchUnserved tunes on a disk that is too small under every setting: nothing is named.
func TestSearchUnserved(t *testing.T) {
	s := study(t, "disk<55%, refetch min")
	s.Load.Disk, s.Load.Days, s.Policies = 9e9, 1, []string{"kubelet:high=85..90/5"}
	r := search(t, s, 2, nil)
	if r.Pick != nil || len(r.Front) > 0 || r.Default == nil || r.Default.Void == "" {
		t.Errorf("%+v", r)
	}
}

// TestBeginErrors checks invalid studies.
func TestBeginErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*tune.Study)
		want   string
	}{
		{"search", func(s *tune.Study) { s.Search = "random" }, `search "random": must be halving or grid`},
		{"no policy", func(s *tune.Study) { s.Policies = nil }, "no policy to tune"},
		{"no goal", func(s *tune.Study) { s.Goal = tune.Goal{} }, "no goal: write limits"},
		{"one setting", func(s *tune.Study) { s.Policies = []string{"kubelet"} }, "kubelet is one setting: nothing to tune"},
		{"many settings", func(s *tune.Study) { s.Policies = []string{"kubelet:high=50..99/1,low=0..40/1"} }, "2050 settings: at most 900"},
		{"policy", func(s *tune.Study) { s.Policies = []string{"kubelt:high=1..2"} }, "kubelt"},
		{"profile", func(s *tune.Study) { s.Load.Profile = "desktop" }, "desktop"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := study(t, "refetch min")
			c.change(&s)
			if _, err := tune.Begin(s); err == nil || !strings.Contains(err.Error(), c.want) || c.name != "profile" && !errors.Is(err, errdefs.ErrInvalidArgument) {
				t.Errorf("got %v", err)
			}
		})
	}
}
