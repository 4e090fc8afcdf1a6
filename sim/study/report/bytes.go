package report

import (
	"fmt"
	"math"
)

var bytesFigure = figure{
	name:  "bytes",
	title: "Bytes over time",
	about: func(v *view) string {
		text := "Bytes of images, snapshots and builds: the line is the mean over all nodes, the band extends from the smallest node to the largest, and red is garbage."
		if v.limit() > 0 {
			text += fmt.Sprintf(" The dashed line is where the disk is full (%s, less %s of other things).", brief("bytes", float64(v.Disk)), brief("bytes", float64(max(0, v.Other))))
		}
		if len(v.drawn()) > 1 {
			text += " The thin grey lines are the other policies."
		}
		return text + v.omission()
	},
	legend: func(v *view) []entry { return []entry{{"garbage", "garbage"}} },
	panels: drawBytes,
	rows: func(v *view) [][]string {
		rows := [][]string{{"policy", "day", "used_bytes", "used_least_bytes", "used_most_bytes", "garbage_bytes"}}
		for _, p := range v.policies {
			for i, s := range p.Series {
				rows = append(rows, []string{p.Name, v.day(i), exact(s.Used), exact(s.Low), exact(s.High), exact(s.Garbage)})
			}
		}
		return rows
	},
}

func drawBytes(v *view) []*panel {
	high := v.most(func(s sample) float64 { return s.High })
	top := high
	if limit := v.limit(); limit > 0 && limit < 2.5*high {
		top = max(top, limit)
	}
	series := make([][]sample, len(v.drawn()))
	for i := range series {
		series[i] = v.samples(&v.policies[i])
	}
	var panels []*panel
	for i := range v.drawn() {
		p, own := &v.policies[i], series[i]
		d := newPanel("bytes", p, "mean "+show("bytes", p.disk.mean)+peak(p))
		f := d.frame(panelLeft, panelTop, panelRight, panelBottom, v.Days, top)
		if len(series) <= 8 {
			for j, other := range series {
				if j != i {
					d.path("ghost", f.curve(other, used))
				}
			}
		}
		d.path(policyClass(p)+" band", f.area(own, func(s sample) float64 { return s.Low }, func(s sample) float64 { return s.High }))
		d.path("garbage", f.area(own, func(sample) float64 { return 0 }, garbage))
		d.path(policyClass(p)+" line", f.curve(own, used))
		if limit := v.limit(); limit > 0 && limit <= top {
			d.line("limit", panelLeft, f.y.at(limit), panelRight, f.y.at(limit))
		}
		if len(own) == 0 {
			d.text("soft", (panelLeft+panelRight)/2, (panelTop+panelBottom)/2, "middle", "nothing recorded")
		}
		d.desc = describe(p, own)
		panels = append(panels, d)
	}
	return panels
}

func used(s sample) float64 { return s.Used }

func garbage(s sample) float64 {
	if !finite(s.Garbage) {
		return 0
	}
	return s.Garbage
}

// peak returns the text to append to a mean; "" if the peak is unknown.
func peak(p *contender) string {
	if x, ok := p.metric(peakBytes); ok && finite(x.mean) {
		return ", peak " + show("bytes", x.mean)
	}
	return ""
}

func describe(p *contender, all []sample) string {
	if len(all) == 0 {
		return "Nothing was recorded."
	}
	var most, rotten float64
	for _, s := range all {
		most, rotten = max(most, s.Used), max(rotten, garbage(s))
	}
	return fmt.Sprintf("The mean over all nodes starts at %s, ends at %s and is %s at most. Garbage is %s at most.",
		show("bytes", all[0].Used), show("bytes", all[len(all)-1].Used), show("bytes", most), show("bytes", rotten))
}

// day is the time of a point of a series, in days to the second.
func (v *view) day(i int) string { return exact(math.Round(float64(i)*v.Every) / 86400) }
