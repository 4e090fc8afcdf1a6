package compare_test

import (
	"math"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/metadata/bench/figures"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// The cost models reproduce the measurements that they are made from.
func TestCostModelsAgreeWithMeasurements(t *testing.T) {
	models := compare.CostModels()
	for at, i := range []figures.Implementation{figures.Containerd, figures.Holdfast} {
		m, p := models[at], figures.PauseOf(i)
		if m.Name != string(i) || !strings.Contains(m.About, "objects") {
			t.Errorf("model %d: %+v", at, m)
		}
		mark, remove := m.Pause(p.Objects, 0), m.Pause(0, p.Removed)
		if d := mark - p.Fixed - p.Mark; d < -1 || d > 1 {
			t.Errorf("%s: marking takes %s, measured %s", i, mark, p.Mark)
		}
		if d := remove - p.Fixed - p.Remove; d < -1 || d > 1 {
			t.Errorf("%s: removal takes %s, measured %s", i, remove, p.Remove)
		}
	}
}

// TestDifference checks that a difference that is nearly equal on all nodes is sure, although the nodes differ, and
// that fewer than five nodes have no interval.
func TestDifference(t *testing.T) {
	a := compare.Metric{Name: "mean bytes", Unit: "bytes", Values: []float64{11, 52, 93, 32, 73}}
	b := compare.Metric{Name: "mean bytes", Unit: "bytes", Values: []float64{10, 50, 90, 30, 71}}
	d, ok := a.Difference(b)
	half := 2.7764 * math.Sqrt(0.5/5) // the differences are 1, 2, 3, 2, 2
	if !ok || d.Mean != 2 || math.Abs(d.Low-(2-half)) > 1e-9 || math.Abs(d.High-(2+half)) > 1e-9 || !d.Sure() {
		t.Errorf("difference %+v, %v", d, ok)
	}
	if d.Name != a.Name || d.Unit != a.Unit || len(d.Values) != 5 {
		t.Errorf("difference %+v", d)
	}
	for _, other := range []compare.Metric{{}, {Values: []float64{1, 2}}} {
		if _, ok := a.Difference(other); ok {
			t.Errorf("a difference from %v, which is of other nodes", other.Values)
		}
	}
	few := compare.Metric{Values: []float64{1, 1, 1, 1}}
	if d, ok := few.Difference(compare.Metric{Values: []float64{0, 0, 0, 0}}); !ok || d.Mean != 1 || d.Low != 1 || d.High != 1 || d.Sure() {
		t.Errorf("four nodes: %+v, sure %v", d, d.Sure())
	}
	if d, _ := a.Difference(a); d.Sure() {
		t.Error("no difference is sure")
	}
}
