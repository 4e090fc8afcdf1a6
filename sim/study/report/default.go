package report

import (
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// defaults are the eviction policies that nodes have by default, the most common first. All collect by
// [compare.DefaultCollect].
var defaults = []struct{ release, who string }{
	{"kubelet", "a Kubernetes node"},
	{"buildkit", "a build host"},
	{compare.DefaultRelease, "containerd on its own"},
}

// standard returns the policy that a node has by default, and the kind of node: the first default in the result under
// which no disk ran full, or else the first default; nil if the result has none.
func (v *view) standard() (found *contender, who string) {
	collect, err := schedule.Parse(compare.DefaultCollect)
	if err != nil {
		return nil, ""
	}
	for _, d := range defaults {
		release, err := policy.Parse(d.release, policy.Uses{})
		if err != nil {
			continue
		}
		for i := range v.policies {
			p := &v.policies[i]
			if p.Clairvoyant || p.Collect != collect.String() || p.Release != release.String() {
				continue
			}
			if !(p.full > 0) {
				return p, d.who
			}
			if found == nil {
				found, who = p, d.who
			}
		}
	}
	return found, who
}
