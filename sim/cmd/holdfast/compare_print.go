package main

import (
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// print prints the answer as sentences and as a table.
func (v *comparison) print(r *compare.Result) {
	v.printAnswer(r)
	v.blank()
	t := newTable("POLICY", ">DISK, MEAN", ">×BOUND", ">PEAK", ">PULLED AGAIN", ">PULLED, ×BOUND", ">GARBAGE",
		">REMOVED AFTER", ">COLLECTIONS", ">PAUSE, P95", ">DISK FULL", "")
	for _, p := range r.Policies {
		full, mark := cell{text: metricText(at(p, "disk full"))}, ""
		if at(p, "disk full").Mean > 0 {
			full.style = red
		}
		style := style("")
		switch {
		case p.Bound:
			mark, style = "bound", dim
		case p.Efficient:
			mark, style = "efficient", green
		}
		t.add(cell{p.Name, style}, metricText(at(p, "mean bytes")), factor(at(p, "mean bytes").Bound), metricText(at(p, "peak bytes")),
			metricText(at(p, "bytes pulled again")), factor(at(p, "bytes pulled").Bound),
			decimalBytes(at(p, "garbage byte-hours").Mean/r.Days/24), metricText(at(p, "time to removal")),
			metricText(at(p, "collections")), metricText(at(p, "pause p95")), full, cell{mark, style})
	}
	v.console.print(t, "  ")
	v.blank()
	v.line(dim, "±: half the width of the 95 %% confidence interval of the mean over %s. GARBAGE is its average size on the disk.",
		plural(r.Seeds, "node", "nodes"))
	v.line(dim, "×BOUND: relative to the policy that knows the future; a policy that needs less disk pulls more.")
	v.line(dim, "Model of pauses: %s.", r.Costs[0].About)
	for _, note := range r.Load.Notes {
		v.line(dim, "%s", note)
	}
	v.blank()
	v.line("", "Run it again: %s", v.command())
}

// printAnswer prints the load, the policies on the efficient frontier, and the policies that filled the disk.
func (v *comparison) printAnswer(r *compare.Result) {
	var all, efficient, full []string
	for _, p := range r.Policies {
		if !p.Bound {
			all = append(all, p.Name)
		}
		switch ranFull := at(p, "disk full").Mean > 0; {
		case p.Bound:
		case ranFull:
			full = append(full, p.Name)
		case p.Efficient:
			efficient = append(efficient, p.Name)
		}
	}
	days := threeDigits(r.Days) + " days"
	if r.Days == 1 {
		days = "1 day"
	}
	v.line("", "%s, %s, %s of disk, %s of it used by other data, %s.", r.Load.Name, days, decimalBytes(float64(r.Disk)),
		decimalBytes(float64(r.Other)), plural(r.Seeds, "node", "nodes"))
	v.blank()
	switch {
	case len(full) == len(all):
		v.line(bold, "No policy is sufficient: the disk ran full under each.")
	case len(all) == 1:
		v.line(bold, "%s is sufficient; name a second policy to compare it with.", all[0])
	case len(efficient) == 0:
		v.line(bold, "Choose among the policies under which the disk did not run full.")
	case len(efficient) == 1:
		v.line(bold, "%s needs the least disk and pulls the least again.", efficient[0])
	default:
		v.line(bold, "Efficient policies, for different prices of disk and pulls: %s.", strings.Join(efficient, "; "))
	}
	if len(full) > 0 && len(full) < len(all) {
		v.line(red, "The disk ran full under %s.", strings.Join(full, "; "))
	}
}

// at returns a policy's metric by name.
func at(p compare.Policy, name string) compare.Metric {
	return p.Metrics[slices.IndexFunc(p.Metrics, func(m compare.Metric) bool { return m.Name == name })]
}

// metricText formats a metric with half the width of its confidence interval.
func metricText(m compare.Metric) string {
	half := (m.High - m.Low) / 2
	show := threeDigits
	switch m.Unit {
	case "bytes":
		show = decimalBytes
	case "seconds":
		show = humanSeconds
	}
	if !(half > 0) {
		return show(m.Mean)
	}
	return show(m.Mean) + " ±" + strings.TrimSpace(show(half))
}
