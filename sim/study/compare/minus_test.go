package compare_test

import (
	"math"
	"testing"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// TestMinus checks that a difference which every node agrees on is sure, however much the nodes differ.
func TestMinus(t *testing.T) {
	a := compare.Metric{Name: "mean bytes", Unit: "bytes", Values: []float64{11, 52, 93}}
	b := compare.Metric{Name: "mean bytes", Unit: "bytes", Values: []float64{10, 50, 90}}
	d, ok := a.Minus(b)
	if half := 4.3027 / math.Sqrt(3); !ok || d.Mean != 2 || math.Abs(d.Low-(2-half)) > 1e-9 || math.Abs(d.High-(2+half)) > 1e-9 {
		t.Errorf("difference %+v, %v", d, ok)
	}
	if d.Name != a.Name || d.Unit != a.Unit || len(d.Values) != 3 {
		t.Errorf("difference %+v", d)
	}
	for _, other := range []compare.Metric{{}, {Values: []float64{1, 2}}} {
		if _, ok := a.Minus(other); ok {
			t.Errorf("a difference from %v, which is of other nodes", other.Values)
		}
	}
	one := compare.Metric{Values: []float64{1}}
	if _, ok := one.Minus(one); ok {
		t.Error("an interval from one node")
	}
}
