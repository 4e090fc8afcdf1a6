package policy_test

import (
	"errors"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// evicting returns a kubelet with an eviction manager and no image GC, which has checked the node once, at noon.
func evicting(t *testing.T, s *policy.Shelf, e policy.Eviction) *policy.Kubelet {
	t.Helper()
	return kubelet(t, s, func(k *policy.KubeletSettings) { k.HighThresholdPercent, k.Eviction = 100, e })
}

func TestEvictionBelowTheHardThreshold(t *testing.T) {
	e := policy.Eviction{Hard: policy.Amount{Percent: 10}}
	s := shelf(70, image("a", 10), image("b", 10))
	k := evicting(t, s, e)
	if r := k.Rhythm(); r.Every != 10*time.Second {
		t.Errorf("rhythm %+v", r)
	}
	release(t, k, s, at(3*time.Minute), nil) // 10 are free
	s.Free = 9
	release(t, k, s, at(3*time.Minute+10*time.Second), nil, "a", "b") // all unused images, not only enough
}

func TestEvictionBelowTheSoftThresholdAfterItsGracePeriod(t *testing.T) {
	e := policy.Eviction{Soft: bytes(20), Grace: time.Minute}
	s := shelf(70, image("a", 10), image("b", 10))
	k := evicting(t, s, e)
	release(t, k, s, at(3*time.Minute), nil) // crossed
	s.Free = 20
	release(t, k, s, at(3*time.Minute+30*time.Second), nil) // not crossed: the period ends
	s.Free = 19
	release(t, k, s, at(3*time.Minute+40*time.Second), nil)
	release(t, k, s, at(4*time.Minute+30*time.Second), nil)
	release(t, k, s, at(4*time.Minute+40*time.Second), nil, "a", "b")
}

// TestEvictionReclaims: after a threshold was crossed, it counts as crossed until the space beyond it is free, too.
func TestEvictionReclaims(t *testing.T) {
	e := policy.Eviction{Hard: bytes(10), MinReclaim: bytes(20)}
	s := shelf(80, image("a", 11))
	k := evicting(t, s, e)
	release(t, k, s, at(3*time.Minute), policy.ErrPod, "a") // 20 are free: 30 should be
	s.Items = []policy.Candidate{image("b", 1)}
	release(t, k, s, at(5*time.Minute+10*time.Second), policy.ErrPod) // b is too young
	release(t, k, s, at(5*time.Minute+20*time.Second), nil)           // waits for the pod
	release(t, k, s, at(8*time.Minute), policy.ErrPod, "b")
	s.Free = 30
	release(t, k, s, at(9*time.Minute), nil)
	s.Items, s.Free = []policy.Candidate{image("c", 1)}, 10
	release(t, k, s, at(12*time.Minute), nil) // the threshold itself is not crossed
}

func TestEvictionNeedsAPodWhenImagesAreInUse(t *testing.T) {
	s := shelf(85, policy.Candidate{ID: "a", Size: 10, InUse: true})
	k := evicting(t, s, policy.Eviction{Hard: bytes(10)})
	err := k.Release(at(3*time.Minute), s)
	var short *policy.ShortError
	if !errors.Is(err, policy.ErrPod) || !errors.As(err, &short) || short.Need != 5 || short.Freed != 0 {
		t.Error(err)
	}
}

func TestEvictionPrintsAsItParses(t *testing.T) {
	const text = "kubelet:high=85,low=80,minage=2m,maxage=0s,hard=15%,soft=20%,grace=90s,reclaim=1GB"
	k := parse(t, text, nil)
	if again := parse(t, k.String(), nil); again.String() != k.String() || k.Rhythm().Every != 10*time.Second {
		t.Errorf("%s, read again %s", k, again)
	}
}
