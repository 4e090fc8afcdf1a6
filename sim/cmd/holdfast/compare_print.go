package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// studyProgress tells how far a comparison has come: by a bar on a terminal, by nothing otherwise.
type studyProgress struct {
	w   io.Writer
	bar *progressbar.ProgressBar
}

func newStudyProgress(w io.Writer) *studyProgress { return &studyProgress{w: w} }

func (p *studyProgress) show(at compare.Progress) {
	if p.bar == nil && takesColours(p.w) {
		p.bar = progressbar.NewOptions(at.Total, progressbar.OptionSetWriter(p.w), progressbar.OptionSetDescription("node days"),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
			progressbar.OptionThrottle(100*time.Millisecond))
	}
	if p.bar != nil {
		_ = p.bar.Set(at.Done)
	}
}

func (p *studyProgress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// print gives the answer in words and as a table.
func (v *comparison) print(r *compare.Result) {
	v.printAnswer(r)
	v.line("", "")
	t := newTable("POLICY", ">DISK, MEAN", ">×BOUND", ">PEAK", ">PULLED AGAIN", ">PULLED, ×BOUND", ">GARBAGE", ">REMOVED AFTER", ">COLLECTIONS", ">PAUSE, P95", ">DISK FULL", "")
	for _, p := range r.Policies {
		full, mark := cell{text: figureText(at(p, "disk full"))}, ""
		if at(p, "disk full").Mean > 0 {
			full.style = red
		}
		style := style("")
		switch {
		case p.Bound:
			mark, style = "the bound", dim
		case p.Efficient:
			mark, style = "efficient", green
		}
		t.add(cell{p.Name, style}, figureText(at(p, "mean bytes")), times(at(p, "mean bytes").Bound), figureText(at(p, "peak bytes")),
			figureText(at(p, "bytes pulled again")), times(at(p, "bytes pulled").Bound),
			gigabytes(at(p, "garbage byte-hours").Mean/r.Days/24), figureText(at(p, "time to removal")),
			figureText(at(p, "collections")), figureText(at(p, "pause p95")), full, cell{mark, style})
	}
	v.console.print(t, "  ")
	v.line("", "")
	v.line(dim, "±: half of the 95 %% confidence interval of the mean, over %s. Garbage is the average on the disk.", plural(r.Seeds, "node", "nodes"))
	v.line(dim, "×bound: against the policy that knows the future; whoever needs less disk than that has more pulled.")
	v.line(dim, "Pauses are modelled on %s.", r.Costs[0].About)
	for _, note := range r.Load.Notes {
		v.line(dim, "%s", note)
	}
	v.line("", "")
	v.line("", "Again: %s", v.command())
}

func (v *comparison) printAnswer(r *compare.Result) {
	var all, efficient, full []string
	for _, p := range r.Policies {
		if !p.Bound {
			all = append(all, p.Name)
		}
		switch ran := at(p, "disk full").Mean > 0; {
		case p.Bound:
		case ran:
			full = append(full, p.Name)
		case p.Efficient:
			efficient = append(efficient, p.Name)
		}
	}
	days := brief(r.Days) + " days"
	if r.Days == 1 {
		days = "1 day"
	}
	v.line("", "%s, %s, %s of disk with %s taken up by other things, %s.", r.Load.Name, days, gigabytes(float64(r.Disk)),
		gigabytes(float64(r.Other)), plural(r.Seeds, "node", "nodes"))
	v.line("", "")
	switch {
	case len(full) == len(all):
		v.line(bold, "None of these will do: the disk ran full.")
	case len(all) == 1:
		v.line(bold, "%s does; name another policy to compare it with.", all[0])
	case len(efficient) == 0:
		v.line(bold, "Worth choosing from are those under which the disk did not run full.")
	case len(efficient) == 1:
		v.line(bold, "%s needs least disk and has least pulled again.", efficient[0])
	default:
		v.line(bold, "Worth choosing from, by whether disk or pulling is dearer: %s.", strings.Join(efficient, "; "))
	}
	if len(full) > 0 && len(full) < len(all) {
		v.line(red, "The disk ran full under %s.", strings.Join(full, "; "))
	}
}

// at is a policy's figure of a name.
func at(p compare.Policy, name string) compare.Metric {
	return p.Metrics[slices.IndexFunc(p.Metrics, func(m compare.Metric) bool { return m.Name == name })]
}

// figureText is a metric with how sure it is.
func figureText(m compare.Metric) string {
	half := (m.High - m.Low) / 2
	show := func(x float64) string { return brief(x) }
	switch m.Unit {
	case "bytes":
		show = gigabytes
	case "seconds":
		show = seconds
	}
	if !(half > 0) {
		return show(m.Mean)
	}
	return show(m.Mean) + " ±" + strings.TrimSpace(show(half))
}

// gigabytes is a size: decimal, as disks are sold and images reported.
func gigabytes(x float64) string {
	switch {
	case x >= 1e12:
		return brief(x/1e12) + " TB"
	case x >= 1e8 || x == 0:
		return brief(x/1e9) + " GB"
	case x >= 1e5:
		return brief(x/1e6) + " MB"
	}
	return brief(x/1e3) + " kB"
}

func seconds(x float64) string {
	switch {
	case x >= 2*86400:
		return brief(x/86400) + " d"
	case x >= 2*3600:
		return brief(x/3600) + " h"
	case x >= 120:
		return brief(x/60) + " min"
	case x >= 1 || x == 0:
		return brief(x) + " s"
	}
	return brief(x*1000) + " ms"
}

// brief is a number with three digits.
func brief(x float64) string {
	switch {
	case x == math.Trunc(x) && math.Abs(x) < 1e6 || math.Abs(x) >= 100:
		return humanCount(int(math.Round(x)))
	case math.Abs(x) >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

func times(x float64) string {
	if !(x > 0) {
		return "-"
	}
	return fmt.Sprintf("%.2f×", x)
}
