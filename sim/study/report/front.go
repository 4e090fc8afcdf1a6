package report

import (
	"cmp"
	"math"
	"slices"
)

// paretoFront returns the combinations that no other dominates, ascending by disk.
func paretoFront(all []*contender) []*contender {
	var front []*contender
	for _, p := range all {
		beaten := slices.ContainsFunc(all, func(q *contender) bool {
			return q.disk.mean <= p.disk.mean && q.again.mean <= p.again.mean &&
				(q.disk.mean < p.disk.mean || q.again.mean < p.again.mean)
		})
		if !beaten {
			front = append(front, p)
		}
	}
	slices.SortStableFunc(front, func(a, b *contender) int {
		return cmp.Or(cmp.Compare(a.disk.mean, b.disk.mean), cmp.Compare(a.again.mean, b.again.mean))
	})
	return front
}

// compromise returns the one of a front that is closest to the least of both figures, each measured from its least to
// its most on the front.
func compromise(front []*contender) *contender {
	least, fewest := front[0], front[len(front)-1]
	share := func(x, from, to float64) float64 {
		if d := (x - from) / (to - from); finite(d) {
			return d
		}
		return 0
	}
	return slices.MinFunc(front, func(a, b *contender) int {
		distance := func(p *contender) float64 {
			return math.Hypot(share(p.disk.mean, least.disk.mean, fewest.disk.mean), share(p.again.mean, fewest.again.mean, least.again.mean))
		}
		return cmp.Compare(distance(a), distance(b))
	})
}

// ends are the first and the last of a front as choices.
func ends(front []*contender) []choice {
	return []choice{{"Least disk", front[0]}, {"Least pulled again", front[len(front)-1]}}
}

// same reports whether there are several, all with the very same figures.
func same(front []*contender) bool {
	return len(front) > 1 && !slices.ContainsFunc(front, func(p *contender) bool {
		return p.disk.mean != front[0].disk.mean || p.again.mean != front[0].again.mean
	})
}

// anySure reports whether any two differ for sure by either figure.
func (v *view) anySure(front []*contender) bool {
	for i, p := range front {
		for _, q := range front[:i] {
			if v.sure(p, q, meanBytes) || v.sure(p, q, pulledAgain) {
				return true
			}
		}
	}
	return false
}

func names(all []*contender) []string { return each(all, func(p *contender) string { return p.Name }) }

func each(all []*contender, text func(*contender) string) []string {
	var texts []string
	for _, p := range all {
		texts = append(texts, text(p))
	}
	return texts
}
