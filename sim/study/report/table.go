package report

import (
	"html/template"
	"math"
	"strings"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// A table shows some metrics of all combinations.
type table struct {
	Columns []column
	Rows    []row // realizable policies, then those that know the future
}

// A column is a metric. Its figures are in one unit, unless they are too far apart for that.
type column struct {
	Name, Title, Unit, About string

	kind   string
	scale  float64 // of the unit; 0 if each figure has its own
	places int
	per    float64 // divisor of values
	least  float64 // among realizable policies that served the load; NaN if they are equal
}

// A row is a policy.
type row struct {
	*contender
	Cells []cell
}

// A cell is a metric of a policy: its mean, and its interval and distance to the bound, which may be empty.
type cell struct {
	Mean, Interval, Bound string
	Best                  bool // among realizable policies
}

// tables returns the metrics that have a title, and the others.
func (v *view) tables() (first, others table) {
	for _, m := range v.policies[0].Metrics {
		if c := v.column(m); titles[m.Name] != "" {
			first.Columns = append(first.Columns, c)
		} else {
			others.Columns = append(others.Columns, c)
		}
	}
	for _, t := range []*table{&first, &others} {
		for _, clairvoyant := range []bool{false, true} {
			for i := range v.policies {
				if p := &v.policies[i]; p.Clairvoyant == clairvoyant {
					t.Rows = append(t.Rows, t.row(p))
				}
			}
		}
	}
	return first, others
}

func (t *table) row(p *contender) row {
	r := row{contender: p}
	for _, c := range t.Columns {
		r.Cells = append(r.Cells, c.cell(p))
	}
	return r
}

func (v *view) column(m compare.Metric) column {
	c := column{Name: m.Name, Title: titles[m.Name], About: meaning(m.Name), kind: m.Unit, per: 1, least: math.Inf(1)}
	if c.Title == "" {
		c.Title = c.Name
	}
	if m.Name == pulledAgain {
		c.per = v.Days
	}
	var most, smallest float64
	greatest := math.Inf(-1)
	for i := range v.policies {
		p := &v.policies[i]
		x, ok := p.metric(m.Name)
		if !ok || !finite(x.mean) {
			continue
		}
		size := math.Abs(x.mean) / c.per
		most = max(most, size)
		if size > 0 && (smallest == 0 || size < smallest) {
			smallest = size
		}
		if !p.Clairvoyant && !(p.full > 0) {
			c.least, greatest = min(c.least, x.mean), max(greatest, x.mean)
		}
	}
	if c.least == greatest {
		c.least = math.NaN()
	}
	u := unitFor(m.Unit, most)
	if most/smallest < 2000 || m.Unit == "count" {
		c.scale, c.places = u.size, decimals(most/u.size)
		c.Unit = u.name
	}
	if m.Name == pulledAgain {
		c.Unit = strings.TrimSpace(c.Unit + " a day")
	}
	return c
}

func (c column) cell(p *contender) cell {
	m := p.find(c.Name)
	if m.Name == "" {
		return cell{Mean: missing}
	}
	shown := cell{Mean: c.show(m.Mean), Best: !p.Clairvoyant && !(p.full > 0) && m.Mean == c.least}
	if finite(m.Low) && finite(m.High) && m.Low != m.High {
		low := m.Low
		if m.Mean >= 0 {
			low = max(0, low) // Student's t does not know that less than nothing cannot be
		}
		shown.Interval = c.show(low) + "–" + c.show(m.High)
	}
	if m.Bound > 0 && finite(m.Bound) {
		shown.Bound = "× " + digits(m.Bound, decimals(m.Bound))
	}
	return shown
}

func (c column) show(x float64) string {
	x /= c.per
	switch {
	case x == 0:
		return "0"
	case c.scale == 0:
		return show(c.kind, x)
	}
	return digits(x/c.scale, c.places)
}

// Mark is the mark of the row's policy.
func (r row) Mark() template.HTML { return swatch(r.contender) }

// Full reports whether a disk ran full.
func (r row) Full() bool { return r.full > 0 }

// Reason is the reason for which the row's figures are void.
func (r row) Reason() string { return r.Void }

// swatch is the mark of a policy on its own.
func swatch(p *contender) template.HTML {
	var d drawing
	d.marker(p, 9, 9, "")
	return template.HTML(`<svg class="hf swatch" viewBox="0 0 18 18" width="18" height="18" aria-hidden="true">` + d.b.String() + `</svg>`)
}

// metricRows is the table for a machine to read.
func metricRows(v *view) [][]string {
	rows := [][]string{{"policy", "spec", "clairvoyant", "efficient", "metric", "unit", "mean", "low", "high", "lower_bound", "ratio_to_bound", "void"}}
	for _, p := range v.policies {
		for _, m := range p.Metrics {
			least, ratio := "", ""
			if m.Bound > 0 {
				least, ratio = exact(m.Least), exact(m.Bound)
			}
			rows = append(rows, []string{p.Name, p.Spec, yes(p.Clairvoyant), yes(p.Efficient), m.Name, m.Unit, exact(m.Mean), exact(m.Low), exact(m.High), least, ratio, yes(m.Void)})
		}
	}
	return rows
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// The metrics that the answer rests on, by compare's names.
const (
	meanBytes   = "mean bytes"
	peakBytes   = "peak bytes"
	pulledAgain = "bytes pulled again"
	diskFull    = "disk full"
	evictions   = "evictions"
)

// titles has the column titles of the first table. The second table has the other metrics, under their own names.
var titles = map[string]string{
	meanBytes:            "Disk, mean",
	"p95 bytes":          "Disk, p95",
	peakBytes:            "Disk, peak",
	"garbage byte-hours": "Garbage",
	pulledAgain:          "Pulled again",
	"time to removal":    "To removal",
	"collections":        "Collec\u00adtions",
	"pause p95":          "Pause, p95",
	"pause max":          "Pause, max",
	diskFull:             "Disk full",
}

// meaning is compare's description of a metric, or "".
func meaning(name string) string {
	for _, m := range compare.Metrics() {
		if m.Name == name {
			return m.Doc
		}
	}
	return ""
}
