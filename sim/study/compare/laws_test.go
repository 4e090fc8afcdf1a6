//go:build !race

// The race detector has nothing to find here, and makes it take minutes.

package compare_test

import (
	"testing"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// On a disk that is large enough for everything, a policy that neither evicts nor collects holds the most bytes at any
// time, and the policy that knows the future pulls no bytes again, however much it evicts.
func TestLawsOfALargeDisk(t *testing.T) {
	list := policies(t, "never+none", "containerd+none", "after-deletion+none", "kubelet:maxage=1d", "ttl:after=12h", "lru:high=1,low=0")
	other := int64(0)
	for _, profile := range []string{"k8s-node", "edge", "build-host"} {
		days := 4.0
		if profile == "build-host" {
			days = 0.5
		}
		r := run(t, compare.Study{Profile: profile, Days: days, Seeds: 2, Seed: 11, Policies: list, Disk: 50e12, Other: &other})
		most, future := r.Policies[0], len(list)
		for i, p := range r.Policies {
			for at, point := range p.Series {
				if point.Used > most.Series[at].Used+1 {
					t.Errorf("%s, %s, point %d: %.0f bytes, more than the %.0f of never", profile, p.Name, at, point.Used, most.Series[at].Used)
					break
				}
			}
			if full := figure(t, r, i, "disk full"); full != 0 {
				t.Errorf("%s, %s: the disk was full %v times", profile, p.Name, full)
			}
			if least := figure(t, r, future, "bytes pulled"); figure(t, r, i, "bytes pulled")-figure(t, r, i, "bytes pulled again") > least+1 {
				t.Errorf("%s, %s: %.0f bytes pulled for the first time, more than the %.0f there are", profile, p.Name, figure(t, r, i, "bytes pulled"), least)
			}
		}
		if again := figure(t, r, 0, "bytes pulled again"); again != 0 {
			t.Errorf("%s, never: %.0f bytes pulled again", profile, again)
		}
		if again := figure(t, r, future, "bytes pulled again"); again > 1e-3*figure(t, r, future, "bytes pulled") {
			t.Errorf("%s: %.0f bytes pulled again though the future was known", profile, again)
		}
		if let := figure(t, r, future, "evictions"); let == 0 {
			t.Errorf("%s: the clairvoyant policy evicted nothing", profile)
		}
	}
}

// Of the schedules of collections, that after every deletion leaves the least garbage, and never the most.
func TestLawsOfSchedules(t *testing.T) {
	r := run(t, compare.Study{
		Profile: "k8s-node", Days: 4, Seeds: 2, Seed: 3, NoClairvoyant: true, Disk: 10e12,
		Policies: policies(t, "after-deletion+ttl:after=6h", "containerd+ttl:after=6h", "interval:10m+ttl:after=6h", "interval:1d+ttl:after=6h", "never+ttl:after=6h"),
	})
	for i := range r.Policies {
		garbage := figure(t, r, i, "garbage byte-hours")
		if least := figure(t, r, 0, "garbage byte-hours"); garbage < least {
			t.Errorf("%s: %.0f byte-hours of garbage, less than %.0f", r.Policies[i].Name, garbage, least)
		}
		if most := figure(t, r, len(r.Policies)-1, "garbage byte-hours"); garbage > most {
			t.Errorf("%s: %.0f byte-hours of garbage, more than %.0f", r.Policies[i].Name, garbage, most)
		}
	}
	if slow, fast := figure(t, r, 3, "time to removal"), figure(t, r, 2, "time to removal"); slow < 6*fast || fast > 600 {
		t.Errorf("removed after %.0f s a day apart, and %.0f s ten minutes apart", slow, fast)
	}
	if n := figure(t, r, 2, "collections"); n < 4*24*6-2 || n > 4*24*6+2 {
		t.Errorf("%v collections in 4 days ten minutes apart", n)
	}
}

// With the same disk and marks, the policy that knows the future pulls less again than policies that use the past.
func TestForesightPullsLeast(t *testing.T) {
	r := run(t, compare.Study{Profile: "k8s-node", Days: 14, Seeds: 2, Disk: 75e9, Policies: policies(t, "kubelet", "lru", "kubelet:maxage=3d")})
	least := figure(t, r, 3, "bytes pulled again")
	for i, p := range r.Policies[:3] {
		if again := figure(t, r, i, "bytes pulled again"); again < least || again == 0 {
			t.Errorf("%s: %.1f GB pulled again, with foresight %.1f GB", p.Name, again/1e9, least/1e9)
		}
	}
}
