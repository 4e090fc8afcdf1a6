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
const turnSize = 32

// objects returns those for a turn.
func (c call) objects(standing, size int) []*object {
	var list []*object
	for i := range size {
		at := standing + i
		if !c.fresh {
			at = (i*7919 + standing/2) % standing // from all over the place
		}
		list = append(list, objectOf(at))
	}
	return list
}

// turn makes a few calls, and returns how long one took.
func (c call) turn(s *side, objects []*object) (time.Duration, error) {
	each := func(fn func(*side, *object) error) (time.Duration, error) {
		if fn == nil {
			return 0, nil
		}
		start := cpuTime()
		for _, o := range objects {
			if err := fn(s, o); err != nil {
				return 0, err
			}
		}
		return (cpuTime() - start) / time.Duration(len(objects)), nil
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
	objects := c.objects(standing, size)
	var runs [2]timed
	for i, s := range both {
		runs[i] = func() (time.Duration, error) { return c.turn(s, objects) }
	}
	r := compare(tb, budget, runs)
	r.name, r.objects, r.goal = c.name, standing, c.goal
	return r
}
