package policy_test

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// A call has the results of one call of a policy.
type call struct {
	removed []string
	short   *policy.ShortError
	failed  bool
}

// follow releases images of a random node, on which the same images come under each policy. Some removals fail.
func follow(seed uint64, k *policy.Kubelet) (list []call) {
	random := rand.New(rand.NewPCG(seed, 1))
	s := &policy.Shelf{Capacity: 2000 + random.Int64N(3)*777}
	s.Free = s.Capacity
	now := noon
	s.Refuse = func(id string) error {
		h := fnv.New32()
		fmt.Fprint(h, id, now.Minute()/15, seed)
		if h.Sum32()%20 == 0 {
			return errStuck
		}
		return nil
	}
	for step := range 20 {
		for i := range random.IntN(4) {
			size, users := 20+random.Int64N(300), random.IntN(9)
			if size > s.Free {
				continue
			}
			s.Free -= size
			c := image(fmt.Sprint("image-", step, "-", i), size)
			c.InUse = users == 0
			s.Items = append(s.Items, c)
		}
		use := fmt.Sprint("image-", random.IntN(step+1), "-0")
		for i := range s.Items {
			s.Items[i].InUse = s.Items[i].InUse != (s.Items[i].ID == use)
		}
		s.Removed = nil
		now = now.Add(5 * time.Minute)
		r := call{}
		err := k.Release(now, s)
		r.failed = errors.Is(err, errStuck)
		errors.As(err, &r.short)
		r.removed = s.Removed
		list = append(list, r)
	}
	return list
}

// TestDecisions runs pairs of kubelets on random nodes. If the first one says that the second one decides the same, it
// does. Most pairs that decide the same are found.
func TestDecisions(t *testing.T) {
	found, missed, other, short := 0, 0, 0, 0
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 2))
		var pair [2]*policy.Kubelet
		var results [2][]call
		ages := [2]time.Duration{time.Duration(random.IntN(2)) * 7 * time.Minute, time.Duration(random.IntN(3)/2) * 31 * time.Minute}
		high := 50 + random.IntN(51)
		low := random.IntN(high)
		for i := range pair {
			s := policy.KubeletSettings{HighThresholdPercent: high, LowThresholdPercent: low, MinimumAge: ages[0], MaximumAge: ages[1]}
			if i == 1 {
				s.HighThresholdPercent = max(1, min(100, high-8+random.IntN(16)))
				s.LowThresholdPercent = max(0, min(s.HighThresholdPercent-1, low-20+random.IntN(40)))
				s.MinimumAge += time.Duration(random.IntN(20)/19) * time.Minute
			}
			k, err := policy.NewKubelet(s)
			if err != nil {
				t.Fatal(err)
			}
			pair[i], results[i] = k, follow(seed, k)
		}
		more, said := pair[0].Decisions().Repeat(pair[1])
		same := true
		for i, a := range results[0] {
			b := results[1][i]
			same = same && slices.Equal(a.removed, b.removed) && a.failed == b.failed && (a.short == nil) == (b.short == nil)
			if said && same && a.short != nil {
				short++
				same = b.short.Need == a.short.Need+more && b.short.Freed == a.short.Freed
			}
		}
		switch {
		case said && !same:
			t.Errorf("seed %d: %s and %s: %+v\n%+v", seed, pair[0], pair[1], results[0], results[1])
		case said:
			found++
		case same:
			missed++
		default:
			other++
		}
	}
	if found < 300 || missed > found/2 || other < 300 || short < 100 {
		t.Errorf("of 3000 pairs, %d are found to be the same, %d are missed, %d differ; %d calls freed too little", found, missed, other, short)
	}

}
