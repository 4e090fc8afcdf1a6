package compare_test

import (
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
		if d := mark - p.Mark; d < -1 || d > 1 {
			t.Errorf("%s: marking takes %s, measured %s", i, mark, p.Mark)
		}
		if d := remove - p.Remove; d < -1 || d > 1 {
			t.Errorf("%s: removal takes %s, measured %s", i, remove, p.Remove)
		}
	}
}
