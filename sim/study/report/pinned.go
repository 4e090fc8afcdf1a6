package report

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

var pinnedFigure = figure{
	name:  "pinned",
	title: "Bytes by kind of holder",
	about: func(v *view) string {
		return "The same bytes by kind of holder, as the mean over all nodes. Bytes with several holders count for the first kind, in the order of the legend." + v.omission()
	},
	legend: func(*view) []entry { return append(kinds(), entry{"garbage", "garbage"}) },
	panels: drawPinned,
	rows: func(v *view) [][]string {
		rows := [][]string{append(append([]string{"policy", "day"}, compare.PinnedBy()...), "garbage")}
		for _, p := range v.policies {
			for i, s := range p.Series {
				row := []string{p.Name, v.day(i)}
				for k := range compare.PinnedBy() {
					if k < len(s.Pinned) {
						row = append(row, exact(s.Pinned[k]))
					} else {
						row = append(row, "")
					}
				}
				rows = append(rows, append(row, exact(s.Garbage)))
			}
		}
		return rows
	},
}

// kinds is the legend of the kinds of holders.
func kinds() []entry {
	var all []entry
	for _, kind := range compare.PinnedBy() {
		all = append(all, entry{kindClass(kind), kind})
	}
	return all
}

func drawPinned(v *view) []*panel {
	top := v.most(func(s sample) float64 { return s.upTo(len(s.Pinned)) + garbage(s) })
	var panels []*panel
	for i := range v.drawn() {
		p := &v.policies[i]
		own := v.samples(p)
		main, share := mainHolder(own)
		below := "nothing recorded"
		if share > 0 {
			below = fmt.Sprintf("mostly %s: %s", main, percent(share))
		}
		d := newPanel("pinned", p, below)
		d.desc = "Share of all bytes over time: " + shares(own) + "."
		f := d.frame(panelLeft, panelTop, panelRight, panelBottom, v.Days, top)
		for k := range compare.PinnedBy() {
			d.path(fmt.Sprintf("layer h%d", k%len(holderShades)),
				f.area(own, func(s sample) float64 { return s.upTo(k) }, func(s sample) float64 { return s.upTo(k + 1) }))
		}
		d.path("layer garbage", f.area(own,
			func(s sample) float64 { return s.upTo(len(s.Pinned)) },
			func(s sample) float64 { return s.upTo(len(s.Pinned)) + garbage(s) }))
		panels = append(panels, d)
	}
	return panels
}

// upTo returns the bytes that the first n kinds of holders pin.
func (s sample) upTo(n int) float64 {
	var sum float64
	for _, x := range s.Pinned[:n] {
		if x > 0 && finite(x) {
			sum += x
		}
	}
	return sum
}

// totals returns the share of all bytes that each kind pinned over time, garbage last.
func totals(all []sample) []float64 {
	kinds := make([]float64, len(compare.PinnedBy())+1)
	var sum float64
	for _, s := range all {
		for k := range s.Pinned {
			kinds[k] += s.upTo(k+1) - s.upTo(k)
		}
		kinds[len(s.Pinned)] += max(0, garbage(s))
		sum += s.upTo(len(s.Pinned)) + max(0, garbage(s))
	}
	for k := range kinds {
		kinds[k] /= max(sum, 1)
	}
	return kinds
}

func mainHolder(all []sample) (kind string, share float64) {
	for k, x := range totals(all) {
		if x > share {
			kind, share = append(compare.PinnedBy(), "garbage")[k], x
		}
	}
	return kind, share
}

func shares(all []sample) string {
	var parts []string
	for k, x := range totals(all) {
		parts = append(parts, append(compare.PinnedBy(), "garbage")[k]+" "+percent(x))
	}
	return list(parts)
}
