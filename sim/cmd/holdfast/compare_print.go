package main

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/report"
)

// compareWidth is the number of columns that the answer takes without --wide.
const compareWidth = 100

// print prints the answer of the report's page, and a table.
func (v *comparison) print(r *compare.Result) error {
	conclusion, err := report.Conclude(r)
	if err != nil {
		return err
	}
	if !v.wide && (v.width == 0 || v.width > compareWidth) {
		v.width = compareWidth
	}
	v.printLoad(r)
	v.blank()
	v.paragraph(bold, conclusion.Headline)
	for _, f := range conclusion.Facts {
		v.paragraph("", f.Lead+": "+f.Text)
	}
	v.blank()
	if v.wide {
		v.printMetrics(r)
	} else {
		v.printDifferences(r, conclusion.Pick)
	}
	v.blank()
	v.printReasons(r)
	if r.Seeds >= compare.IntervalNodes {
		text := "±: half the width of the 95 % confidence interval."
		if !v.wide {
			text += " A difference is computed node by node, and is sure if 0 is outside of its interval."
		}
		v.paragraph(dim, text)
	} else if r.Load.Kind != "trace" {
		v.paragraph(dim, "No intervals: these need --seeds 5 or more.")
	}
	if v.wide {
		v.paragraph(dim, "×BOUND: ratio to the lower bound of every policy that serves the same requests.")
	} else {
		v.paragraph(dim, "★: no other policy is better by one of both figures and no worse by the other. REPULLED/DAY: bytes pulled again "+
			"after their eviction, per day. --wide shows all metrics.")
	}
	v.paragraph(dim, "Model of pauses: "+r.Costs[0].About+".")
	for _, note := range append(v.notes, r.Load.Notes...) {
		if note == "" {
			continue
		}
		v.paragraph(dim, note)
	}
	v.blank()
	v.line("", "Run it again: %s", v.command())
	return nil
}

// printLoad prints the load and the size of the study.
func (v *comparison) printLoad(r *compare.Result) {
	days := threeDigits(r.Days) + " days"
	if r.Days == 1 {
		days = "1 day"
	}
	v.line("", "%s, %s, %s of disk, %s of it used by other data, %s.", r.Load.Name, days, decimalBytes(float64(r.Disk)),
		decimalBytes(float64(r.Other)), plural(r.Seeds, "node", "nodes"))
}

// printDifferences prints the two figures that decide, with the paired differences to the recommended policy.
func (v *comparison) printDifferences(r *compare.Result, pick string) {
	at := slices.IndexFunc(r.Policies, func(p compare.Policy) bool { return p.Name == pick })
	titles := []string{"", "POLICY", ">DISK, MEAN", ">DIFFERENCE", ">REPULLED/DAY", ">DIFFERENCE"}
	if at < 0 {
		titles = []string{"", "POLICY", ">DISK, MEAN", ">REPULLED/DAY"}
	}
	t := newTable(titles...)
	for i, p := range r.Policies {
		mark, name, style := "", p.Name, style("")
		switch {
		case p.Clairvoyant:
			style = dim
		case p.Efficient:
			mark, style = "★", green
		}
		row := []any{mark, cell{name, style}}
		for _, m := range []struct {
			name string
			per  float64
		}{{"mean bytes", 1}, {"bytes pulled again", r.Days}} {
			own := p.Metric(m.name)
			figure, difference := cell{text: decimalBytes(own.Mean / m.per)}, cell{}
			switch {
			case own.Void:
				figure = cell{"void", red}
			case i == at:
				difference.text = "reference"
			case at >= 0:
				difference.text = differenceText(own, r.Policies[at].Metric(m.name), m.per)
			}
			if row = append(row, figure); at >= 0 {
				row = append(row, difference)
			}
		}
		t.add(row...)
	}
	v.console.print(t, "  ")
}

// differenceText formats the paired difference of two metrics in bytes: "-5.38 ±1.20 GB sure".
func differenceText(m, reference compare.Metric, per float64) string {
	d, ok := m.Difference(reference)
	if !ok {
		return "-"
	}
	mean, half := d.Mean/per, (d.High-d.Low)/2/per
	text := decimalBytes(max(math.Abs(mean), half))
	unit := text[strings.LastIndexByte(text, ' ')+1:]
	scale := map[string]float64{"TB": 1e12, "GB": 1e9, "MB": 1e6, "kB": 1e3}[unit]
	sign := "+"
	if mean <= 0 {
		sign = ""
	}
	text = sign + threeDigits(mean/scale)
	if len(d.Values) < compare.IntervalNodes {
		return text + " " + unit
	}
	text += " ±" + threeDigits(half/scale) + " " + unit
	if d.Sure() {
		return text + " sure"
	}
	return text + " not sure"
}

// printMetrics prints all metrics.
func (v *comparison) printMetrics(r *compare.Result) {
	titles := []string{"POLICY"}
	for _, m := range compare.Metrics() {
		titles = append(titles, ">"+strings.ToUpper(m.Name))
		if m.Name == "mean bytes" || m.Name == "bytes pulled" {
			titles = append(titles, ">×BOUND")
		}
	}
	t := newTable(append(titles, "")...)
	for _, p := range r.Policies {
		mark, style := "", style("")
		switch {
		case p.Clairvoyant:
			mark, style = "knows the future", dim
		case p.Efficient:
			mark, style = "efficient", green
		}
		row := []any{cell{p.Name, style}}
		for _, m := range p.Metrics {
			c := cell{text: metricText(m)}
			if m.Void {
				c = cell{"void", red}
			}
			if row = append(row, c); m.Name == "mean bytes" || m.Name == "bytes pulled" {
				row = append(row, factor(m.Bound))
			}
		}
		t.add(append(row, cell{mark, style})...)
	}
	v.console.print(t, "  ")
}

// printReasons prints why figures are void.
func (v *comparison) printReasons(r *compare.Result) {
	for _, p := range r.Policies {
		if p.Void != "" {
			v.paragraph(red, p.Name+" is void, since failed requests distort its figures: "+p.Void+".")
		}
	}
}

// paragraph prints text in lines of at most the console's width.
func (c *console) paragraph(s style, text string) {
	line := ""
	for _, word := range strings.Fields(printable(text)) {
		if c.width > 0 && line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > c.width {
			c.line(s, "%s", line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	c.line(s, "%s", line)
}

// metricText formats a metric with half the width of its confidence interval.
func metricText(m compare.Metric) string {
	half := (m.High - m.Low) / 2
	show := threeDigits
	switch m.Unit {
	case "bytes":
		show = decimalBytes
	case "byte-hours":
		show = func(x float64) string { return decimalBytes(x) + "·h" }
	case "seconds":
		show = humanSeconds
	}
	if !(half > 0) {
		return show(m.Mean)
	}
	return show(m.Mean) + " ±" + strings.TrimSpace(show(half))
}
