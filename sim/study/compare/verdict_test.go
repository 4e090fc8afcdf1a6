package compare_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// Under a policy that fills the disk requests fail. Failed pulls look like saved ones, so its figures are void: it is
// neither efficient nor compared with the bound, and beats no policy.
func TestFailuresAreVoid(t *testing.T) {
	r := run(t, compare.Study{Profile: "k8s-node", Days: 14, Seeds: 2, Disk: 75e9, Policies: policies(t, "none", "kubelet")})
	none, kubelet := r.Policies[0], r.Policies[1]
	if full := figure(t, r, 0, "disk full"); full == 0 || figure(t, r, 0, "bytes pulled again") >= figure(t, r, 1, "bytes pulled again") {
		t.Fatalf("the load does not show the problem: disk full %v times", full)
	}
	if !strings.HasPrefix(none.Void, "disk full ") || !strings.Contains(none.Void, " of 2 nodes; ") || !strings.HasSuffix(none.Void, " never ran") {
		t.Errorf("reason %q", none.Void)
	}
	if none.Efficient || !kubelet.Efficient || kubelet.Void != "" {
		t.Errorf("none efficient %v; kubelet efficient %v, void %q", none.Efficient, kubelet.Efficient, kubelet.Void)
	}
	for i, m := range none.Metrics {
		counts := slices.Contains([]string{"evictions", "disk full", "never ran", "collections"}, m.Name)
		if m.Void == counts || m.Bound != 0 || kubelet.Metrics[i].Void {
			t.Errorf("%s: void %v, ratio to the bound %v", m.Name, m.Void, m.Bound)
		}
	}
	if kubelet.Metrics[0].Bound == 0 {
		t.Error("kubelet is not compared with the bound, though both served the load")
	}
}

// If requests fail under every policy, the study names the least tried disk on which one policy serves them, for any
// number of workers. On that disk the policy does serve them, and no policy serves them on less than the least disk.
func TestLarger(t *testing.T) {
	s := compare.Study{Profile: "edge", Days: 2, Seeds: 2, Disk: 14e9, Policies: policies(t, "none", "lru:high=60,low=50"), NoClairvoyant: true}
	r := run(t, s)
	if r.Larger == nil || r.Larger.Disk <= s.Disk || r.Larger.Most != r.Larger.Disk {
		t.Fatalf("a larger disk: %+v", r.Larger)
	}
	step, err := compare.Begin(s)
	if err != nil {
		t.Fatal(err)
	}
	for done := false; !done; {
		if done, err = step.Step(); err != nil {
			t.Fatal(err)
		}
	}
	if p := step.Progress(); bytesOf(t, step.Result()) != bytesOf(t, r) || p.Done != p.Total || p.Policy != "" {
		t.Errorf("another result step by step: %+v; progress %+v", step.Result().Larger, p)
	}
	s.Disk = r.Larger.Disk
	again := run(t, s)
	for _, p := range again.Policies {
		if p.Name == r.Larger.Policy && p.Void != "" {
			t.Errorf("%s is void on %d bytes: %s", p.Name, s.Disk, p.Void)
		}
	}
	if again.Larger != nil || again.LeastDisk != r.LeastDisk || again.LeastDisk > s.Disk || again.LeastDisk <= again.Other {
		t.Errorf("on %d bytes: a larger disk %+v, the least disk %d and %d", s.Disk, again.Larger, again.LeastDisk, r.LeastDisk)
	}
	s.Disk, s.FixedDisk = r.LeastDisk-1, true
	if small := run(t, s); small.Larger != nil || small.Policies[0].Void == "" || small.Policies[1].Void == "" {
		t.Errorf("on %d bytes: a larger disk %+v, void %q and %q", s.Disk, small.Larger, small.Policies[0].Void, small.Policies[1].Void)
	}
}

// Policies that evict nothing say so, with a size of the disk on which they do evict.
func TestIdle(t *testing.T) {
	s := compare.Study{Profile: "edge", Days: 3, Seeds: 2, Policies: policies(t, "none", "kubelet", "lru", "ttl", "kubelet:maxage=1d"), NoClairvoyant: true}
	r := run(t, s)
	for i, want := range []bool{false, true, true, true, false} {
		if p := r.Policies[i]; (p.Idle != nil) != want {
			t.Errorf("%s: idle %+v, want %v; %v evictions", p.Name, p.Idle, want, figure(t, r, i, "evictions"))
		}
	}
	if r.Policies[3].Idle.Disk != 0 {
		t.Error("a disk is named for ttl, which does not depend on the disk")
	}
	s.Disk = r.Policies[1].Idle.Disk
	if s.Disk < 2e9 || s.Disk >= r.Disk {
		t.Fatalf("named %d, of %d", s.Disk, r.Disk)
	}
	for _, p := range run(t, s).Policies[1:3] {
		if p.Idle != nil {
			t.Errorf("%s evicts nothing on the named disk of %d bytes either", p.Name, s.Disk)
		}
	}
}

// Fewer than five nodes have no interval.
func TestFewNodes(t *testing.T) {
	for seeds, want := range map[int]bool{1: false, 4: false, 5: true} {
		r := run(t, compare.Study{Profile: "edge", Days: 0.5, Seeds: seeds, Policies: policies(t, "none"), NoClairvoyant: true})
		if m := r.Policies[0].Metrics[0]; (m.Low < m.High) != want || len(m.Values) != seeds || math.IsNaN(m.Low) {
			t.Errorf("%d nodes: %v from %v to %v", seeds, m.Mean, m.Low, m.High)
		}
	}
}

// Short names of policies are specifications, too: they give the same policy again.
func TestNamesAreSpecifications(t *testing.T) {
	for _, text := range []string{
		"none", "kubelet", "kubelet:high=70,low=60", "never+lru", "interval:6h+lru:high=50,low=20", "kubelet+buildkit:defaults=dockerd",
		"buildkit:all=true,reserved=10GB,max=50%", "buildkit:filter=type==regular|type==internal,keep=48h;all=true", "clairvoyant",
		"clairvoyant:idle=1d", "containerd+clairvoyant", "watermark:50%+ttl:after=1d", "containerd:pause=0.1", "after-deletion+none",
	} {
		s := compare.Study{Profile: "edge", Policies: policies(t, text), NoClairvoyant: true}
		name := begin(t, s).Policies()[0]
		s.Policies = policies(t, name)
		again := begin(t, s)
		s.Policies = policies(t, text)
		if a, b := begin(t, s).Result().Policies[0].Spec, again.Result().Policies[0].Spec; a != b {
			t.Errorf("%s is named %q, which is %s instead of %s", text, name, b, a)
		}
	}
}

func begin(t *testing.T, s compare.Study) *compare.Running {
	t.Helper()
	r, err := compare.Begin(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
