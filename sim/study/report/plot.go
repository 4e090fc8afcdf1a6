package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/sim/study/tune"
)

// The size of a text drawing, without its axes.
const (
	plotWidth  = 60
	plotHeight = 12
)

// Plot draws the Pareto front of a search as text, in lines of at most 100 columns. The first quantity grows to the
// right, and the minimized quantity upwards. Each setting of the front is a letter, in the order of [Tuning.Front], and
// ◆ is the named setting. The other settings of the last round are dots. Plot returns nil if all settings are equal by
// one of the quantities.
func Plot(r *tune.Result) (lines []string) {
	w := tuningView{r, quantityUnits()}
	points := slices.Concat(r.Others, r.Front)
	x, y := newPlotAxis(points, func(c tune.Choice) float64 { return c.First.Mean }), newPlotAxis(points, func(c tune.Choice) float64 { return c.Minimize.Mean })
	if !(x.most > x.least) || !(y.most > y.least) {
		return nil
	}
	var area [plotHeight][plotWidth]rune
	for i := range area {
		for j := range area[i] {
			area[i][j] = ' '
		}
	}
	put := func(c tune.Choice, mark rune) {
		area[plotHeight-1-y.at(c.Minimize.Mean, plotHeight)][x.at(c.First.Mean, plotWidth)] = mark
	}
	for _, c := range r.Others {
		put(c, '·')
	}
	var legend []string
	for i, c := range r.Front {
		mark := plotMark(i)
		if r.Pick != nil && c.Name == r.Pick.Name {
			legend = append(legend, fmt.Sprintf("  ◆ %s", shorten(clean(c.Name), 70)))
			continue
		}
		put(c, mark)
		legend = append(legend, fmt.Sprintf("  %c %s", mark, shorten(clean(c.Name), 70)))
	}
	if r.Pick != nil {
		put(*r.Pick, '◆')
	}
	top, bottom := w.text(r.Axes[1], y.most), w.text(r.Axes[1], y.least)
	lines = append(lines, fmt.Sprintf("  %s", r.Axes[1]))
	for i, row := range area {
		label := ""
		switch i {
		case 0:
			label = top
		case plotHeight - 1:
			label = bottom
		}
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%16s │%s", label, string(row[:])), " "))
	}
	left, right := w.text(r.Axes[0], x.least), w.text(r.Axes[0], x.most)
	lines = append(lines, fmt.Sprintf("%16s └%s %s", "", strings.Repeat("─", plotWidth), r.Axes[0]))
	gap := max(plotWidth-len([]rune(left))-len([]rune(right)), 1)
	lines = append(lines, fmt.Sprintf("%17s%s%s%s", "", left, strings.Repeat(" ", gap), right))
	return append(lines, legend...)
}

// plotMark returns the letter of a setting; + after the last letter.
func plotMark(i int) rune {
	if i >= 26 {
		return '+'
	}
	return rune('a' + i)
}

// A plotAxis spreads values over columns or rows.
type plotAxis struct{ least, most float64 }

func newPlotAxis(points []tune.Choice, of func(tune.Choice) float64) plotAxis {
	a := plotAxis{math.Inf(1), math.Inf(-1)}
	for _, c := range points {
		a.least, a.most = min(a.least, of(c)), max(a.most, of(c))
	}
	return a
}

// at returns the cell of a value, from 0 to n-1.
func (a plotAxis) at(x float64, n int) int {
	share := (x - a.least) / (a.most - a.least)
	if !finite(share) {
		return 0
	}
	return min(max(int(math.Round(share*float64(n-1))), 0), n-1)
}
