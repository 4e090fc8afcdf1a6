package profile

import (
	"math"
	"sort"
)

// A Distribution is defined by its quantiles. Quantile(u) is the value that a fraction u of all values does not exceed:
// the smallest value for 0, and the largest for 1, which may be infinite. Distributions are immutable and may be
// shared.
type Distribution interface {
	Quantile(u float64) float64
}

// A constant has one value.
type constant float64

func (c constant) Quantile(float64) float64 { return float64(c) }

// A uniform has the same density at every value from low to high.
type uniform struct{ low, high float64 }

func (d uniform) Quantile(u float64) float64 { return d.low + float64(u*(d.high-d.low)) }

// An exponential is the exponential distribution with a mean.
type exponential struct{ mean float64 }

func (d exponential) Quantile(u float64) float64 { return -d.mean * log(1-u) }

// A lognormal is given by its median and the standard deviation of its logarithm.
type lognormal struct{ median, sigma float64 }

func (d lognormal) Quantile(u float64) float64 { return d.median * exp(d.sigma*normal(u)) }

// A table interpolates between points: geometrically between two values above 0, or else linearly. Invariants: it has
// at least two points; both coordinates ascend, the first from 0 to 1.
type table []point

type point struct{ u, x float64 }

func (t table) Quantile(u float64) float64 {
	i := sort.Search(len(t)-1, func(i int) bool { return t[i].u >= u })
	if t[i].u <= u || i == 0 {
		return t[i].x
	}
	a, b := t[i-1], t[i]
	part := (u - a.u) / (b.u - a.u)
	if a.x <= 0 {
		return a.x + float64(part*(b.x-a.x))
	}
	return a.x * exp(part*log(b.x/a.x))
}

// A zipf is a distribution of ranks from 1; below[k] is the fraction of values with a rank of k or less.
type zipf struct {
	exponent float64
	below    []float64
}

func newZipf(exponent float64, ranks int) zipf {
	z := zipf{exponent, make([]float64, ranks+1)}
	for k := 1; k <= ranks; k++ {
		z.below[k] = z.below[k-1] + exp(-exponent*log(float64(k)))
	}
	all := z.below[ranks]
	for k := range z.below {
		z.below[k] /= all
	}
	return z
}

func (z zipf) Quantile(u float64) float64 {
	last := len(z.below) - 1
	rank := sort.Search(last, func(k int) bool { return z.below[k] > u })
	return math.Max(float64(rank), 1)
}
