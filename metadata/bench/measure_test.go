package bench

import (
	"slices"
	"testing"
	"time"
)

// A result is what one row of the table says.
type result struct {
	name         string
	objects      int // standing ones; 0 where there is one scale only
	goal         float64
	ours, theirs time.Duration // medians
	ratio        [3]float64    // quartiles
}

// A timed runs something and returns how long one call of it took.
type timed func() (time.Duration, error)

// minTurns is how many turns there are at least, however long they take.
const minTurns = 7

// compare takes turns for as long as the budget lasts. Each begins with another side.
func compare(tb testing.TB, budget time.Duration, both [2]timed) result {
	var times [2][]time.Duration
	var ratios []float64
	for _, run := range both { // caches, pools, and the first growth of everything
		_, err := run()
		must(tb, err)
	}
	for start := time.Now(); len(ratios) < minTurns || time.Since(start) < budget; {
		var took [2]time.Duration
		for i := range both {
			which := (i + len(ratios)) % 2
			d, err := both[which]()
			must(tb, err)
			took[which] = d
			times[which] = append(times[which], d)
		}
		ratios = append(ratios, float64(took[1])/float64(took[0]))
	}
	slices.Sort(ratios)
	quartile := func(q int) float64 { return ratios[(len(ratios)-1)*q/4] }
	return result{
		ours:   median(times[0]),
		theirs: median(times[1]),
		ratio:  [3]float64{quartile(1), quartile(2), quartile(3)},
	}
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// turnSize is how many calls make a turn: enough for the clock, few enough for the sides to stay close in time.
const turnSize = 16

// turn makes a few calls, and returns how long one took.
func (c call) turn(s *side, standing, size int) (time.Duration, error) {
	first := standing / 2
	if c.fresh {
		first = standing
	}
	each := func(fn func(*side, int) error) (time.Duration, error) {
		if fn == nil {
			return 0, nil
		}
		start := time.Now()
		for i := range size {
			// Standing objects are taken from all over the place.
			at := first + i
			if !c.fresh {
				at = (first + i*7919) % standing
			}
			if err := fn(s, at); err != nil {
				return 0, err
			}
		}
		return time.Since(start) / time.Duration(size), nil
	}
	if _, err := each(c.before); err != nil {
		return 0, err
	}
	took, err := each(c.do)
	if err != nil {
		return 0, err
	}
	_, err = each(c.after)
	return took, err
}

// measure compares a call on both sides.
func (c call) measure(tb testing.TB, budget time.Duration, both [2]*side, standing int) result {
	size := turnSize
	if c.slow {
		size = 1
	}
	var runs [2]timed
	for i, s := range both {
		runs[i] = func() (time.Duration, error) { return c.turn(s, standing, size) }
	}
	r := compare(tb, budget, runs)
	r.name, r.objects, r.goal = c.name, standing, c.goal
	return r
}
