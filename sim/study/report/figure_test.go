package report

import (
	"math"
	"testing"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// TestSamples checks that a long series keeps its extremes and its mean when it is thinned.
func TestSamples(t *testing.T) {
	p := contender{}
	for i := range 10*maxPoints - 3 {
		x := float64(i % 10)
		p.Series = append(p.Series, compare.Point{Used: x, Low: x - 1, High: x + 1, Garbage: 2, Pinned: []float64{x}})
	}
	v := &view{Result: &compare.Result{Days: 30, Every: 60}}
	all := v.samples(&p)
	if len(all) != maxPoints {
		t.Fatalf("%d samples, want %d", len(all), maxPoints)
	}
	for i, s := range all[:maxPoints-1] {
		if s.Used != 4.5 || s.Low != -1 || s.High != 10 || s.Garbage != 2 || s.Pinned[0] != 4.5 {
			t.Fatalf("sample %d is %+v", i, s)
		}
		if day := (10*float64(i) + 4.5) * 60 / 86400; i > 0 && math.Abs(s.day-day) > 1e-9 {
			t.Fatalf("sample %d is of day %v, want %v", i, s.day, day)
		}
	}
}
