package compare_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

func TestParseFaults(t *testing.T) {
	f, err := compare.ParseFaults("snapshotter=0.5%,remove=0.02")
	if err != nil || f != (compare.Faults{Remove: 0.02, Snapshotter: 0.005}) || f.String() != "remove=0.02,snapshotter=0.005" {
		t.Errorf("%+v, %s, %v", f, f, err)
	}
	for text, want := range map[string]string{
		"disk=1%":              `fault "disk", column 1: unknown; known are remove, snapshotter`,
		"remove=1%,Remove=1%":  `fault "Remove", column 11: unknown; known are remove, snapshotter`,
		"remove=1%,remove=1%":  `fault "remove", column 11: given twice`,
		"remove":               `fault "remove", column 1: "" is not a share from 0 to 1, such as 0.02 or 2%`,
		"remove=2":             `fault "remove", column 1: "2" is not a share`,
		"snapshotter=-1%":      `fault "snapshotter", column 1: "-1%" is not a share`,
		"":                     `fault "", column 1: unknown`,
		"remove=1%,,snapshott": `fault "", column 11: unknown`,
	} {
		f, err := compare.ParseFaults(text)
		if f != (compare.Faults{}) || !errors.Is(err, errdefs.ErrInvalidArgument) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %s", text, f, err, want)
		}
	}
	s := compare.Study{Faults: compare.Faults{Remove: 1.5}, Policies: policies(t, "none")}
	if _, err := compare.Begin(s); !errors.Is(err, errdefs.ErrInvalidArgument) {
		t.Error(err)
	}
}

// If every removal fails, policies evict nothing and are not idle. If the snapshotter always fails, no snapshot's bytes
// ever go.
func TestFaultsAllTheTime(t *testing.T) {
	s := compare.Study{
		Profile: "edge", Days: 3, Seeds: 2, Disk: 500e9, NoClairvoyant: true,
		Policies: policies(t, "kubelet:maxage=6h", "lru:high=1,low=0", "docker:all=true,every=3h", "none"),
	}
	well := run(t, s)
	s.Faults = compare.Faults{Remove: 1}
	removals := run(t, s)
	s.Faults = compare.Faults{Snapshotter: 1}
	snapshots := run(t, s)
	s.Faults = compare.Faults{Snapshotter: 0.5}
	half := run(t, s)
	for i, p := range removals.Policies {
		f, acts := p.Faults, i < 3
		if well.Policies[i].Faults != nil || f == nil || (f.Removals > 0) != acts || f.OfRemovals != f.Removals || (f.Nodes == 2) != acts || f.Cleanups != 0 {
			t.Errorf("%s: %+v, without faults %+v", p.Name, f, well.Policies[i].Faults)
		}
		if figure(t, removals, i, "evictions") != 0 || p.Idle != nil {
			t.Errorf("%s: %v evictions, idle %+v", p.Name, figure(t, removals, i, "evictions"), p.Idle)
		}
		if f = snapshots.Policies[i].Faults; f.Cleanups == 0 || f.Cleanups != f.OfCleanups || f.Removals != 0 {
			t.Errorf("%s: %+v", p.Name, f)
		}
		if f = half.Policies[i].Faults; f.Cleanups == 0 || f.Cleanups >= f.OfCleanups {
			t.Errorf("%s: %+v", p.Name, f)
		}
		none, some, all := figure(t, well, i, "garbage byte-hours"), figure(t, half, i, "garbage byte-hours"), figure(t, snapshots, i, "garbage byte-hours")
		if !(none < some && some < all) {
			t.Errorf("%s: %.3g byte-hours of garbage without faults, %.3g with some, %.3g with a snapshotter that never cleans", p.Name, none, some, all)
		}
	}
}

// The faults of a node depend on its seed alone: not on the other policies, nor on the process that simulates it.
func TestFaultsArePaired(t *testing.T) {
	s := compare.Study{
		Profile: "ci-runner", Days: 1, Seeds: 2, Seed: 3, Disk: 60e9, FixedDisk: true, NoClairvoyant: true,
		Policies: policies(t, "kubelet:high=40,low=20,minage=0s+buildkit:all=true"), Faults: compare.Faults{Remove: 0.3, Snapshotter: 0.3},
	}
	alone := run(t, s)
	s.Policies = append(policies(t, "docker:all=true,every=1h", "none"), s.Policies...)
	apart, err := compare.Begin(s)
	if err != nil {
		t.Fatal(err)
	}
	for i := range apart.Nodes() {
		results, err := apart.RunNode(i, func() bool { return false })
		if err == nil {
			err = apart.SetNode(i, results)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r := apart.Result()
	f := r.Policies[2].Faults
	if f.Removals == 0 || f.Cleanups == 0 || *f != *alone.Policies[0].Faults {
		t.Errorf("%+v, alone %+v", f, alone.Policies[0].Faults)
	}
	for i, m := range r.Policies[2].Metrics {
		if m.Mean != alone.Policies[0].Metrics[i].Mean {
			t.Errorf("%s: %v, alone %v", m.Name, m.Mean, alone.Policies[0].Metrics[i].Mean)
		}
	}
	if bytesOf(t, run(t, s)) != bytesOf(t, r) {
		t.Error("another result in one process")
	}
}
