package report

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

var pausesFigure = figure{
	name:  "pauses",
	title: "How long collections block writers",
	about: func(v *view) string {
		return "Each row is the distribution of one policy's pauses, its bars as high as its pauses are frequent; 95 % of them are shorter than the mark on the base line. The time axis is logarithmic. Each cost model applies to the same collections." + v.omission()
	},
	panels: func(v *view) []*panel {
		var panels []*panel
		for i, model := range v.models() {
			panels = append(panels, v.pausePanel(model, i))
		}
		return panels
	},
	rows: func(v *view) [][]string {
		rows := [][]string{{"policy", "cost_model", "up_to_seconds", "pauses", "mean_seconds", "p50_seconds", "p95_seconds", "max_seconds", "total_seconds"}}
		for _, p := range v.policies {
			for _, m := range p.PauseModels {
				rest := []string{exact(m.Mean), exact(m.P50), exact(m.P95), exact(m.Max), exact(m.Total)}
				for _, b := range m.Buckets {
					rows = append(rows, append([]string{p.Name, m.Cost, exact(b.UpTo), fmt.Sprint(b.Count)}, rest...))
				}
				if len(m.Buckets) == 0 {
					rows = append(rows, append([]string{p.Name, m.Cost, "", exact(m.Count)}, rest...))
				}
			}
		}
		return rows
	},
}

// models returns the names of the cost models, in the order of their first appearance in the result.
func (v *view) models() []string {
	var all []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] && len(all) < 4 {
			seen[name] = true
			all = append(all, name)
		}
	}
	for _, c := range v.Costs {
		add(c.Name)
	}
	for _, p := range v.policies {
		for _, m := range p.PauseModels {
			add(m.Cost)
		}
	}
	return all
}

func (p *contender) pauses(model string) (compare.PauseModel, bool) {
	for _, m := range p.PauseModels {
		if m.Cost == model {
			return m, true
		}
	}
	return compare.PauseModel{}, false
}

const pauseRow = 62

func (v *view) pausePanel(model string, number int) *panel {
	drawn := v.drawn()
	d := &panel{id: fmt.Sprintf("pauses-%d", number), title: "Pauses by the cost model of " + model}
	d.width, d.height = 400, float64(62+pauseRow*len(drawn))
	left, right, bottom := 10.0, d.width-14, d.height-24
	d.text("name", left, 16, "start", shorten(model, 40)+"'s cost model")

	least, most := v.pauseRange(model)
	from, to, ticks := logarithmic(least, most)
	x := scale{from: from, to: to, a: left, b: right, log: true}
	for _, t := range ticks {
		anchor := "middle"
		switch {
		case x.at(t) < left+20:
			anchor = "start"
		case x.at(t) > right-20:
			anchor = "end"
		}
		d.line("grid", x.at(t), 30, x.at(t), bottom)
		d.text("tick", x.at(t), bottom+16, anchor, tickLabel("seconds", t, t))
	}
	for i := range drawn {
		p := &drawn[i]
		base := float64(30 + pauseRow*(i+1) - 6)
		d.marker(p, left+6, base-44, "")
		d.text("strong", left+18, base-40, "start", shorten(p.Name, 30))
		m, ok := p.pauses(model)
		if !ok || !(m.Count > 0) {
			d.text("soft", right, base-40, "end", "no pauses")
			d.line("axis", left, base, right, base)
			d.desc += p.Name + ": none. "
			continue
		}
		d.text("soft", right, base-40, "end", fmt.Sprintf("p95 %s, max %s", show("seconds", m.P95), show("seconds", m.Max)))
		d.desc += fmt.Sprintf("%s: half below %s, 95 %% below %s, at most %s. ", p.Name, show("seconds", m.P50), show("seconds", m.P95), show("seconds", m.Max))
		v.histogram(&d.drawing, p, m, x, base-2)
		d.line("axis", left, base, right, base)
		if finite(m.P95) && m.P95 > 0 {
			d.rect(policyClass(p)+" quantile", x.at(m.P95)-1.5, base-5, 3, 10, "")
		}
	}
	return d
}

// histogram draws the buckets of a model, the fullest 28 high.
func (v *view) histogram(d *drawing, p *contender, m compare.PauseModel, x scale, base float64) {
	fullest := 0
	for _, b := range m.Buckets {
		fullest = max(fullest, b.Count)
	}
	from := lowest(m)
	for _, b := range m.Buckets {
		to := b.UpTo
		if !finite(to) {
			to = x.to
		}
		if b.Count > 0 && to > from {
			high := max(1.5, 28*float64(b.Count)/float64(fullest))
			d.rect(policyClass(p)+" bar", x.at(from)+0.4, base-high, x.at(to)-x.at(from)-0.8, high, "")
		}
		from = max(from, to)
	}
}

// pauseRange returns where the pauses of all drawn policies lie.
func (v *view) pauseRange(model string) (least, most float64) {
	see := func(x float64) {
		if x > 0 && finite(x) {
			if least == 0 {
				least, most = x, x
			}
			least, most = min(least, x), max(most, x)
		}
	}
	for i := range v.drawn() {
		m, _ := v.policies[i].pauses(model)
		see(m.P50)
		see(m.P95)
		see(m.Max)
		see(lowest(m))
		for _, b := range m.Buckets {
			see(b.UpTo)
		}
	}
	return least, most
}

// lowest returns the start of the first bucket, by extrapolation: its distance to the bucket's end is that from there
// to the next bucket's end, on the logarithmic axis.
func lowest(m compare.PauseModel) float64 {
	if len(m.Buckets) == 0 {
		return 0
	}
	first := m.Buckets[0].UpTo
	if len(m.Buckets) > 1 && finite(m.Buckets[1].UpTo) && m.Buckets[1].UpTo > first {
		return first * first / m.Buckets[1].UpTo
	}
	return first / 2
}
