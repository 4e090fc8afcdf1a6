package compare

import (
	"math"
	"testing"
	"time"
)

// Quantiles of Student's t as printed in tables, on both sides of where ours ends.
func TestQuantile(t *testing.T) {
	for freedom, want := range map[int]float64{1: 12.706, 2: 4.303, 9: 2.262, 30: 2.042, 31: 2.0395, 40: 2.0211, 60: 2.0003, 120: 1.9799, 1000: 1.9623} {
		if got := quantile(freedom); math.Abs(got-want) > 6e-4 {
			t.Errorf("%d degrees of freedom: %v, want %v", freedom, got, want)
		}
	}
}

func TestInterval(t *testing.T) {
	for _, c := range []struct {
		values          []float64
		mean, low, high float64
	}{
		{nil, 0, 0, 0}, {[]float64{5}, 5, 5, 5}, {[]float64{1, 2, 3, 4}, 2.5, 2.5, 2.5},
		{[]float64{1, 2, 3, 4, 5}, 3, 3 - 1.9633, 3 + 1.9633}, // 2.7764 × 1.5811 / √5
	} {
		if mean, low, high := interval(c.values); math.Abs(mean-c.mean)+math.Abs(low-c.low)+math.Abs(high-c.high) > 1e-3 {
			t.Errorf("%v: %v from %v to %v", c.values, mean, low, high)
		}
	}
}

func TestQuantiles(t *testing.T) {
	g := gauge{levels: []level{{10, 1}, {30, 2}, {20, 97}}}
	for part, want := range map[float64]int64{0.005: 10, 0.5: 20, 0.98: 20, 0.99: 30, 1: 30} {
		if got := g.quantile(part); got != want {
			t.Errorf("%v: %d, want %d", part, got, want)
		}
	}
	list := []time.Duration{3 * time.Second, time.Second, 2 * time.Second}
	if got := [3]float64{quantileOf(list, 0), quantileOf(list, 0.5), quantileOf(list, 1)}; got != [3]float64{1, 2, 3} || meanOf(list) != 2 || quantileOf(nil, 0.5) != 0 {
		t.Errorf("%v", got)
	}
}
