package policy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

var noon = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return noon.Add(d) }

// image returns an unused image of a size in bytes.
func image(id string, size int64) policy.Candidate { return policy.Candidate{ID: id, Size: size} }

// shelf returns a disk of 100 bytes with items and a number of other used bytes.
func shelf(others int64, items ...policy.Candidate) *policy.Shelf {
	s := &policy.Shelf{Capacity: 100, Free: 100 - others, Items: items}
	for _, c := range items {
		s.Free -= c.Size
	}
	return s
}

// setUse sets whether an item of a shelf is in use.
func setUse(s *policy.Shelf, id string, inUse bool) {
	at := slices.IndexFunc(s.Items, func(c policy.Candidate) bool { return c.ID == id })
	s.Items[at].InUse = inUse
}

// kubelet returns a policy with changed settings that has observed the node once.
func kubelet(t *testing.T, s *policy.Shelf, change func(*policy.KubeletSettings)) *policy.Kubelet {
	t.Helper()
	settings := policy.KubeletDefaults()
	if change != nil {
		change(&settings)
	}
	k, err := policy.NewKubelet(settings)
	if err != nil {
		t.Fatal(err)
	}
	free := s.Free
	s.Free = s.Capacity // observes without removing
	if err := k.Release(noon, s); err != nil {
		t.Fatal(err)
	}
	s.Free = free
	return k
}

// release calls Release and compares the removed IDs, in order, and the class of the error.
func release(t *testing.T, p policy.Policy, s *policy.Shelf, now time.Time, class error, want ...string) {
	t.Helper()
	s.Removed = nil
	if err := p.Release(now, s); !errors.Is(err, class) {
		t.Fatalf("error %v, want %v", err, class)
	}
	if !slices.Equal(s.Removed, want) {
		t.Fatalf("evicted %q, want %q", s.Removed, want)
	}
}

func TestKubeletBeginsAboveOnePercentBelowTheHighThreshold(t *testing.T) {
	for _, c := range []struct {
		used int64
		want []string
	}{
		{8400, nil},           // 84 % exactly
		{8401, []string{"a"}}, // ⌊100·avail/cap⌋ is 15: counts as 85
	} {
		s := &policy.Shelf{Capacity: 10000, Free: 10000 - c.used, Items: []policy.Candidate{image("a", 1000)}}
		release(t, kubelet(t, s, nil), s, at(time.Hour), nil, c.want...)
	}
}

func TestKubeletFreesDownToTheLowThreshold(t *testing.T) {
	s := shelf(60, image("a", 10), image("b", 10), image("c", 10))
	release(t, kubelet(t, s, nil), s, at(time.Hour), nil, "a") // 90 used: 10 to free
}

func TestKubeletTakesTheLongestUnusedFirst(t *testing.T) {
	s := shelf(60, image("a", 10), image("b", 10), image("c", 10))
	k := kubelet(t, s, func(s *policy.KubeletSettings) { s.LowThresholdPercent = 0 })
	for minute, id := range []string{"c", "b"} {
		setUse(s, id, true)
		free := s.Free
		s.Free = 100
		release(t, k, s, at(time.Duration(minute+1)*time.Minute), nil)
		s.Free = free
		setUse(s, id, false)
	}
	s.Free = 10
	release(t, k, s, at(time.Hour), policy.ErrShort, "a", "c", "b") // a was never used
}

func TestKubeletBreaksTiesByFirstDetectionAndThenByID(t *testing.T) {
	s := shelf(0, image("m", 10), image("l", 10))
	k := kubelet(t, s, func(s *policy.KubeletSettings) { s.LowThresholdPercent = 0 })
	s.Items = append(s.Items, image("a", 10))
	release(t, k, s, at(time.Minute), nil)
	s.Free = 10
	release(t, k, s, at(time.Hour), policy.ErrShort, "l", "m", "a")
}

func TestKubeletSkipsTheTooYoungAndGoesOn(t *testing.T) {
	s := shelf(0, image("old", 10))
	k := kubelet(t, s, func(s *policy.KubeletSettings) { s.LowThresholdPercent = 0 })
	setUse(s, "old", true)
	release(t, k, s, at(time.Minute), nil)
	setUse(s, "old", false)
	s.Items = append(s.Items, image("new", 10)) // first in order: never used
	s.Free = 10
	release(t, k, s, at(2*time.Minute), policy.ErrShort, "old")
	s.Free = 10
	release(t, k, s, at(3*time.Minute), policy.ErrShort)
	release(t, k, s, at(4*time.Minute-1), policy.ErrShort)
	release(t, k, s, at(4*time.Minute), policy.ErrShort, "new") // at the age exactly it goes
}

func TestKubeletSkipsWhatIsInUseAndGoesOn(t *testing.T) {
	s := shelf(70, image("a", 10), image("b", 10))
	k := kubelet(t, s, nil)
	setUse(s, "a", true)
	release(t, k, s, at(time.Hour), nil, "b")
}

func TestKubeletNeverTakesThePinned(t *testing.T) {
	s := shelf(90, policy.Candidate{ID: "pause", Size: 1, Pinned: true})
	k := kubelet(t, s, func(s *policy.KubeletSettings) { s.MaximumAge = time.Hour })
	release(t, k, s, at(24*time.Hour), policy.ErrShort)
	if err := k.Evict(at(25*time.Hour), s); err != nil || s.Removed != nil {
		t.Fatalf("%v, %v", s.Removed, err)
	}
}

func TestKubeletCountsReportedSizesAndDoesNotReadTheDiskAgain(t *testing.T) {
	s := shelf(70, image("a", 10), image("b", 10), image("c", 10))
	k := kubelet(t, s, nil)
	s.Free = 0
	s.Items[0].Size = 1                                                 // its reported size is less than needed
	release(t, k, s, at(time.Hour), nil, "a", "b", "c")                 // 1+10+10 ≥ 20
	s = shelf(0, image("big", 30), image("next", 30), image("rest", 5)) // overshoots
	k = kubelet(t, s, nil)
	s.Free = 15
	release(t, k, s, at(time.Hour), nil, "big")
	if s.Free != 45 {
		t.Fatal("free is", s.Free)
	}
}

func TestKubeletSaysWhenTooLittleWasFreedAndTriesAgain(t *testing.T) {
	s := shelf(90, image("a", 2))
	k := kubelet(t, s, nil)
	release(t, k, s, at(5*time.Minute), policy.ErrShort, "a")
	release(t, k, s, at(10*time.Minute), policy.ErrShort)
	s.Items = append(s.Items, image("b", 12))
	release(t, k, s, at(15*time.Minute), policy.ErrShort)
	release(t, k, s, at(20*time.Minute), nil, "b")
}

// Due to rounding a disk can be too full and need 0 bytes. One image is removed anyway, because the count comes after
// the removal.
func TestKubeletRemovesOneEvenWhenNothingIsNeeded(t *testing.T) {
	s := &policy.Shelf{Capacity: 50, Free: 50, Items: []policy.Candidate{image("a", 1), image("b", 1)}}
	k := kubelet(t, s, func(s *policy.KubeletSettings) { s.HighThresholdPercent, s.LowThresholdPercent = 83, 82 })
	s.Free = 9 // counts as 82 %; 9 are wanted free
	release(t, k, s, at(time.Hour), nil)
	s.Capacity, s.Free = 150, 26 // counts as 83 % in use; 27 are wanted
	release(t, k, s, at(time.Hour), nil, "a")
	s.Capacity, s.Free = 30, 5 // counts as 84 %; ⌊5.4⌋ = 5 are wanted
	release(t, k, s, at(time.Hour), nil, "b")
}

var errStuck = errors.New("stuck")

func refuse(ids ...string) func(string) error {
	return func(id string) error {
		if slices.Contains(ids, id) {
			return errStuck
		}
		return nil
	}
}

func TestKubeletGoesOnAfterAFailedRemovalAndReturnsIt(t *testing.T) {
	s := shelf(60, image("a", 10), image("b", 10), image("c", 10))
	k := kubelet(t, s, nil)
	s.Refuse = refuse("a")
	release(t, k, s, at(time.Hour), errStuck, "b")
	s.Free = 10
	s.Refuse = nil
	release(t, k, s, at(2*time.Hour), nil, "a")
}

func TestKubeletNeedsTheSizeOfTheDisk(t *testing.T) {
	k, err := policy.NewKubelet(policy.KubeletDefaults())
	if err != nil {
		t.Fatal(err)
	}
	release(t, k, &policy.Shelf{Items: []policy.Candidate{image("a", 1)}}, noon, policy.ErrNoDisk)
}

func TestKubeletTakesMoreFreeThanThereIsAsAllFree(t *testing.T) {
	s := shelf(0, image("a", 1))
	k := kubelet(t, s, nil)
	s.Free = 1 << 62
	release(t, k, s, at(time.Hour), nil)
}

func TestKubeletWithHigh100AndNoMaximumAgeDoesNotBegin(t *testing.T) {
	s := &policy.Shelf{Items: []policy.Candidate{image("a", 1)}} // a disk of no size would be an error
	k, err := policy.NewKubelet(policy.KubeletSettings{HighThresholdPercent: 100, LowThresholdPercent: 80})
	if err != nil {
		t.Fatal(err)
	}
	release(t, k, s, at(time.Hour), nil)
}

func maximumAge(d time.Duration) func(*policy.KubeletSettings) {
	return func(s *policy.KubeletSettings) { s.MaximumAge = d }
}

func TestKubeletMaximumAgeIgnoresTheMinimumAgeAndRoom(t *testing.T) {
	s := shelf(0, image("a", 10))
	k := kubelet(t, s, maximumAge(time.Hour))
	s.Items = append(s.Items, image("new", 10))
	release(t, k, s, at(time.Hour+time.Second), nil, "a", "new") // never used is infinitely old, however new
}

func TestKubeletMaximumAgeWaitsUntilKubeletHasRunThatLong(t *testing.T) {
	s := shelf(0, image("a", 10))
	k := kubelet(t, s, maximumAge(time.Hour))
	release(t, k, s, at(time.Hour), nil)
	release(t, k, s, at(time.Hour+1), nil, "a")
}

func TestKubeletMaximumAgeCountsFromTheLastUse(t *testing.T) {
	s := shelf(0, image("a", 10))
	k := kubelet(t, s, maximumAge(time.Hour))
	setUse(s, "a", true)
	release(t, k, s, at(30*time.Minute), nil)
	setUse(s, "a", false)
	release(t, k, s, at(90*time.Minute), nil)
	release(t, k, s, at(90*time.Minute+1), nil, "a")
}

func TestKubeletFailureAtTheMaximumAgeLeavesOutTheThresholds(t *testing.T) {
	s := shelf(0, image("a", 10), image("b", 10), image("c", 10))
	k := kubelet(t, s, maximumAge(time.Hour))
	setUse(s, "c", true)
	release(t, k, s, at(30*time.Minute), nil)
	setUse(s, "c", false)
	s.Free, s.Refuse = 0, refuse("a")
	release(t, k, s, at(61*time.Minute), errStuck, "b") // the thresholds, which would remove c, are skipped
	s.Free, s.Refuse = 0, nil
	release(t, k, s, at(62*time.Minute), nil, "a", "c")
}

func TestKubeletReadsTheDiskAfterTheMaximumAge(t *testing.T) {
	s := shelf(0, image("a", 80), image("b", 10))
	k := kubelet(t, s, maximumAge(time.Hour))
	setUse(s, "b", true)
	s.Free = 100
	release(t, k, s, at(30*time.Minute), nil)
	setUse(s, "b", false)
	s.Free = 10
	release(t, k, s, at(61*time.Minute), nil, "a")
}

func TestKubeletEvictionIgnoresTheLowThreshold(t *testing.T) {
	s := shelf(0, image("a", 1), image("b", 1), image("c", 1))
	k := kubelet(t, s, nil)
	setUse(s, "b", true)
	s.Items = append(s.Items, image("new", 1))
	if err := k.Evict(at(10*time.Minute), s); err != nil || !slices.Equal(s.Removed, []string{"a", "c"}) {
		t.Fatalf("%v, %v", s.Removed, err)
	}
}

func TestKubeletForgetsWhatVanished(t *testing.T) {
	s := shelf(0, image("a", 10))
	k := kubelet(t, s, func(s *policy.KubeletSettings) { s.LowThresholdPercent = 0 })
	gone := s.Items
	s.Items = nil
	release(t, k, s, at(5*time.Minute), nil)
	s.Items, s.Free = gone, 10
	release(t, k, s, at(10*time.Minute), policy.ErrShort) // seen again for the first time
	release(t, k, s, at(15*time.Minute), policy.ErrShort, "a")
}

func TestKubeletLeavesBuildRecordsAlone(t *testing.T) {
	s := shelf(80, policy.Candidate{ID: "a", Kind: policy.Build, Size: 10})
	release(t, kubelet(t, s, nil), s, at(time.Hour), policy.ErrShort)
}

func TestKubeletOnADiskOfExabytes(t *testing.T) {
	s := &policy.Shelf{Capacity: 1<<63 - 1, Free: 1 << 40, Items: []policy.Candidate{image("a", 1<<61), image("b", 1)}}
	release(t, kubelet(t, s, nil), s, at(time.Hour), nil, "a")
}

func TestKubeletCloneRemembersOnItsOwn(t *testing.T) {
	s := shelf(80, image("a", 10))
	k := kubelet(t, s, nil)
	c := k.Clone()
	k.Release(at(time.Minute), &policy.Shelf{Capacity: 1, Free: 1}) // forgets a
	release(t, c, s, at(2*time.Minute), nil, "a")
}

func TestKubeletSettingsAreChecked(t *testing.T) {
	for key, s := range map[string]policy.KubeletSettings{
		"high":   {HighThresholdPercent: 101},
		"low":    {HighThresholdPercent: 80, LowThresholdPercent: 80},
		"minage": {HighThresholdPercent: 80, MinimumAge: -1},
		"maxage": {HighThresholdPercent: 80, MinimumAge: 5, MaximumAge: 5},
	} {
		_, err := policy.NewKubelet(s)
		if !errors.Is(err, errdefs.ErrInvalidArgument) || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// A restart forgets when images were seen and used. The restart itself observes them and removes nothing.
func TestKubeletRestart(t *testing.T) {
	s := shelf(0, image("a", 30), image("b", 30), image("c", 30))
	setUse(s, "a", true)
	k := kubelet(t, s, func(k *policy.KubeletSettings) { k.Restart, k.MaximumAge = time.Hour, 40*time.Minute })
	setUse(s, "a", false)
	setUse(s, "b", true)
	s.Free = 100
	release(t, k, s, at(30*time.Minute), nil)
	setUse(s, "b", false)
	s.Free = 10
	release(t, k, s, at(time.Hour), nil) // the restart
	s.Free = 100
	release(t, k, s, at(time.Hour+time.Minute), nil) // a and c unused for longer than the maximum age, but not kubelet's
	s.Free = 10
	release(t, k, s, at(time.Hour+5*time.Minute), nil, "a") // by ID: nothing tells them apart
	s.Free = 100
	release(t, k, s, at(time.Hour+41*time.Minute), nil, "b", "c") // never seen in use by this kubelet
}

// MinimumAge counts from the restart, and a kubelet that restarts every five minutes never collects.
func TestKubeletRestartsTooOften(t *testing.T) {
	for restart, want := range map[time.Duration][]string{5 * time.Minute: nil, 10 * time.Minute: nil, 15 * time.Minute: {"a"}} {
		s := shelf(60, image("a", 30))
		k := kubelet(t, s, func(k *policy.KubeletSettings) { k.Restart, k.MinimumAge = restart, 7*time.Minute })
		for minute := 5; minute <= 60; minute += 5 {
			if err := k.Release(at(time.Duration(minute)*time.Minute), s); err != nil && !errors.Is(err, policy.ErrShort) {
				t.Fatal(err)
			}
		}
		if !slices.Equal(s.Removed, want) {
			t.Errorf("restart every %s: removed %q, want %q", restart, s.Removed, want)
		}
	}
}
