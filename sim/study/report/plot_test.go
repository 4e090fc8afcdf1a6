package report_test

import (
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/sim/study/report"
	"github.com/holdfast-gc/holdfast/sim/study/tune"
)

// TestPlot draws a front of three settings and another setting, and compares the places of their marks.
func TestPlot(t *testing.T) {
	at := func(name string, disk, again float64) tune.Choice {
		return tune.Choice{Name: name, First: tune.Figure{Mean: disk * 1e9}, Minimize: tune.Figure{Mean: again * 1e6}}
	}
	r := &tune.Result{Axes: [2]string{"disk", "refetch"}}
	r.Front = []tune.Choice{at("frugal", 10, 120), at("middle", 20, 40), at("greedy", 70, 10)}
	r.Others = []tune.Choice{at("worse", 70, 120)}
	r.Pick = &r.Front[1]
	lines := report.Plot(r)
	for i, want := range map[int]string{
		0: "  refetch", 1: "    120 MB a day │a" + strings.Repeat(" ", 58) + "·", 9: strings.Repeat(" ", 17) + "│" + strings.Repeat(" ", 10) + "◆",
		12: "   10.0 MB a day │" + strings.Repeat(" ", 59) + "c", 14: strings.Repeat(" ", 17) + "10.0 GB" + strings.Repeat(" ", 46) + "70.0 GB",
		15: "  a frugal", 16: "  ◆ middle", 17: "  c greedy",
	} {
		if i >= len(lines) || strings.ReplaceAll(lines[i], "\u00a0", " ") != want {
			t.Errorf("line %d should be %q:\n%s", i, want, strings.Join(lines, "\n"))
		}
	}
	r.Front, r.Others = r.Front[:1], nil
	if lines := report.Plot(r); lines != nil {
		t.Errorf("a drawing of one setting: %q", lines)
	}
}
