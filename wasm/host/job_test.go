package host_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

var smallStudy = compare.Study{Profile: "edge", Days: 3, Seeds: 2, Seed: 5, Policies: []compare.Combination{{Release: []string{"kubelet"}}, {Collect: "interval:1h"}}}

// runStudy runs a study natively.
func runStudy(t testing.TB, s compare.Study) *compare.Result {
	t.Helper()
	r, err := compare.Begin(s)
	for done := false; err == nil && !done; {
		done, err = r.Step()
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.Result()
}

// TestCompareSameAsNative compares the result of a study with the native result and checks its progress.
func TestCompareSameAsNative(t *testing.T) {
	h := newHost(t)
	var progress []compare.Progress
	got, err := h.Compare(t.Context(), smallStudy, func(p compare.Progress) { progress = append(progress, p) })
	same(t, "compare", got, err)(runStudy(t, smallStudy), nil)
	if last := len(progress) - 1; last < 3 || progress[0].Done != 1 || progress[last].Done != progress[last].Total {
		t.Errorf("progress, %d times: %+v", len(progress), progress)
	}
}

// TestCompareFromADatabase begins a study from the database of a daemon.
func TestCompareFromADatabase(t *testing.T) {
	h := newHost(t)
	node, native := both(t, h, "c242-basic")
	s := compare.Study{Profile: "edge", Days: 1, Seeds: 1, NoClairvoyant: true}
	got, err := node.Compare(t.Context(), s, nil)
	s.From, s.FromName = native, "the database"
	same(t, "compare", got, err)(runStudy(t, s), nil)
	s = compare.Study{From: native}
	if _, err := h.Compare(t.Context(), s, nil); !errdefs.IsInvalidArgument(err) {
		t.Errorf("a study with From: %v", err)
	}
}

// TestContextEndsDuringJob ends more jobs than may run at once. Each must be removed, and the instance must continue.
func TestContextEndsDuringJob(t *testing.T) {
	h := newHost(t)
	n := newNode(t, h, engine.Setup{})
	for range 20 { // more than abi.JobsMax
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := h.Compare(ctx, smallStudy, func(compare.Progress) { cancel() }); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if _, err := h.Simulate(ctx, sim.Config{}, nil); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		steps := 0
		out, err := h.Simulate(t.Context(), sim.Config{Ops: 5000, Stop: func() bool { steps++; return steps == 2 }}, nil)
		if out != nil || err != nil || steps != 2 {
			t.Fatalf("%v, %v after %d steps", out, err, steps)
		}
	}
	if _, err := n.Hash(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestExtremeJobs checks that extreme arguments are rejected or stay within the memory limit.
func TestExtremeJobs(t *testing.T) {
	h, ctx := newHost(t), t.Context()
	for _, c := range []sim.Config{
		{Ops: 1 << 40}, {Ops: -1}, {Profile: "storm"}, {Schedule: "never"}, {CollectEvery: -1}, {FaultEvery: -1},
		{Faults: map[string]int{"crash": 1 << 40}}, {Hashed: func(int, engine.Hash) {}, Traced: func(engine.Op) {}},
	} {
		if out, err := h.Simulate(ctx, c, nil); !errdefs.IsInvalidArgument(err) {
			t.Errorf("%+v: %v, %v", c, out, err)
		}
	}
	huge := make([]compare.Combination, 101)
	for _, s := range []compare.Study{
		{Days: -1}, {Days: 1e9}, {Seeds: -1}, {Seeds: 1 << 40}, {Disk: -1}, {Profile: "edge", ProfileText: "{}"}, {ProfileText: "name: x"},
		{Policies: huge}, {Policies: []compare.Combination{{Collect: "interval:0s"}}},
	} {
		if r, err := h.Compare(ctx, s, nil); !errdefs.IsInvalidArgument(err) {
			t.Errorf("%+v: %v, %v", s, r, err)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	largest := compare.Study{Days: 3660, Seeds: 10_000, NoClairvoyant: true}
	if _, err := h.Compare(ctx, largest, func(compare.Progress) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("the largest study: %v", err)
	}
	newNode(t, h, engine.Setup{})
}

// TestCustomProfile compares a study with a custom profile. The module accepts JSON, and the native parser YAML, of
// which JSON is a part.
func TestCustomProfile(t *testing.T) {
	text, err := os.ReadFile("../../sim/study/profile/data/edge.json")
	if err != nil {
		t.Fatal(err)
	}
	s := compare.Study{ProfileText: string(text), Days: 1, Seeds: 1, NoClairvoyant: true}
	got, err := newHost(t).Compare(t.Context(), s, nil)
	same(t, "compare", got, err)(runStudy(t, s), nil)
}
