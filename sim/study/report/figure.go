package report

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// A figure is the content of the page under one heading.
type figure struct {
	name   string // of its files
	title  string
	about  func(*view) string // how to read it
	legend func(*view) []entry
	panels func(*view) []*panel
	rows   func(*view) [][]string // of its CSV, the titles first
}

// An entry of a legend: the class of its swatch, and its meaning.
type entry struct{ Class, Label string }

// A panel is one drawing of a figure. Its width is that of a phone if there are several, so that they need no
// shrinking.
type panel struct {
	drawing
	id    string // unique in a page
	title string
	desc  string // a description for screen readers
	wide  bool   // only for wide screens; narrow says the other
	small bool
}

// figures are all there are, in the order of the page.
var figures = []figure{bytesFigure, tradeoffFigure, pausesFigure, pinnedFigure, holdersFigure}

// maxPanels is how many policies a figure draws: more would be no picture. The CSV has them all.
const maxPanels = 24

// drawn are the policies that fit in a figure.
func (v *view) drawn() []contender { return v.policies[:min(len(v.policies), maxPanels)] }

// omission returns the text to append if a figure does not draw all policies.
func (v *view) omission() string {
	if len(v.policies) <= maxPanels {
		return ""
	}
	return fmt.Sprintf(" Shown are the first %d of %s policies; the CSV has all.", maxPanels, digits(float64(len(v.policies)), 0))
}

// maxPoints is how many points of a series are drawn.
const maxPoints = 180

// A sample is a part of a series: one point, or the points of a stretch of time taken together.
type sample struct {
	day float64
	compare.Point
}

// samples returns at most maxPoints samples, each with the mean, the least and the greatest value of its stretch. It
// ignores values that are not numbers; a stretch without numbers has no sample.
func (v *view) samples(p *contender) []sample {
	points := p.Series
	step := v.Every / 86400
	if !(step > 0) || !finite(step) {
		step = v.Days / float64(max(1, len(points)-1))
	}
	width := (len(points) + maxPoints - 1) / maxPoints
	kinds := len(compare.PinnedBy())
	var all []sample
	for from := 0; from < len(points); from += width {
		stretch := points[from:min(len(points), from+width)]
		s := sample{day: step * (float64(from) + float64(len(stretch)-1)/2)}
		if from == 0 {
			s.day = 0
		}
		s.Used = average(stretch, func(p compare.Point) float64 { return p.Used })
		s.Garbage = average(stretch, func(p compare.Point) float64 { return p.Garbage })
		s.Pinned = make([]float64, kinds)
		for k := range kinds {
			s.Pinned[k] = average(stretch, func(p compare.Point) float64 {
				if k < len(p.Pinned) {
					return p.Pinned[k]
				}
				return 0
			})
		}
		s.Low, s.High = s.Used, s.Used
		for _, p := range stretch {
			if finite(p.Low) && finite(p.High) {
				s.Low, s.High = min(s.Low, p.Low), max(s.High, p.High)
			}
		}
		if finite(s.Used) {
			all = append(all, s)
		}
	}
	return all
}

// average returns the mean of the numbers that of returns; NaN if there are none.
func average(points []compare.Point, of func(compare.Point) float64) float64 {
	var sum, n float64
	for _, p := range points {
		if x := of(p); finite(x) {
			sum, n = sum+x, n+1
		}
	}
	return sum / n
}

// most returns the largest number of all samples of all policies drawn.
func (v *view) most(of func(sample) float64) float64 {
	var m float64
	for i := range v.drawn() {
		for _, s := range v.samples(&v.policies[i]) {
			if x := of(s); finite(x) {
				m = max(m, x)
			}
		}
	}
	return m
}

// The size of one of several panels.
const (
	panelWidth, panelHeight = 350, 200
	panelLeft, panelRight   = 52, panelWidth - 10
	panelTop, panelBottom   = 46, panelHeight - 22
)

// newPanel starts a panel of a policy with its name, and a line below that.
func newPanel(figure string, p *contender, below string) *panel {
	d := &panel{id: fmt.Sprintf("%s-%d", figure, p.index), title: p.Name}
	d.width, d.height = panelWidth, panelHeight
	d.marker(p, 10, 12, "")
	d.text("name", 22, 16.5, "start", shorten(p.Name, 44))
	d.text("soft", 22, 32, "start", below)
	return d
}

// area returns the path between two lines over the same days.
func (f frame) area(all []sample, low, high func(sample) float64) string {
	if len(all) == 0 {
		return ""
	}
	var t trail
	for _, s := range all {
		t.to(f.x.at(s.day), f.y.at(high(s)))
	}
	for i := len(all) - 1; i >= 0; i-- {
		t.to(f.x.at(all[i].day), f.y.at(low(all[i])))
	}
	return t.String() + "z"
}

// curve returns the path of a line.
func (f frame) curve(all []sample, of func(sample) float64) string {
	var t trail
	for _, s := range all {
		t.to(f.x.at(s.day), f.y.at(of(s)))
	}
	return t.String()
}
