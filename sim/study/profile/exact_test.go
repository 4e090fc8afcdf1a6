package profile

import (
	"math"
	"testing"
)

// near fails when got is not want to a relative error.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if got != want && !(math.Abs(got-want) <= tolerance*math.Max(math.Abs(want), 1e-300)) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestExactFunctionsAgreeWithMath(t *testing.T) {
	for x := -700.0; x < 700; x += 0.37 {
		near(t, "exp", exp(x), math.Exp(x), 2e-15)
	}
	for _, x := range []float64{1e-300, 1e-9, 0.1, 0.5, 0.7, 0.71, 0.999999, 1, 1.000001, 1.4, 2, 10, 12345, 1e300} {
		near(t, "log", log(x), math.Log(x), 4e-15)
	}
	for _, u := range []float64{1e-6, 1e-4, 0.02, 0.0243, 0.1, 0.3, 0.499, 0.5, 0.7, 0.9, 0.98, 0.9999} {
		near(t, "normal", normal(u), math.Sqrt2*math.Erfinv(2*u-1), 1e-8)
	}
	for what, pair := range map[string][2]float64{
		"exp of much":       {exp(1e9), math.Inf(1)},
		"exp of little":     {exp(-1e9), 0},
		"exp of -∞":         {exp(math.Inf(-1)), 0},
		"log of 0":          {log(0), math.Inf(-1)},
		"log of ∞":          {log(math.Inf(1)), math.Inf(1)},
		"normal of nothing": {normal(0), math.Inf(-1)},
		"normal of all":     {normal(1), math.Inf(1)},
	} {
		near(t, what, pair[0], pair[1], 0)
	}
	if log(-1) == log(-1) {
		t.Error("log of -1 is a number")
	}
}
