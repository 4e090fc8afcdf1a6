package report

import (
	"fmt"
	"slices"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// maxHolders is how many holders of a policy are drawn.
const maxHolders = 6

var holdersFigure = figure{
	name:  "holders",
	title: "Largest holders",
	about: func(v *view) string {
		return "Bytes that would have been free without this one holder, averaged over time and nodes. Each bar has the colour of the holder's kind." + v.omission()
	},
	legend: func(*view) []entry { return kinds() },
	panels: drawHolders,
	rows: func(v *view) [][]string {
		rows := [][]string{{"policy", "holder", "kind", "bytes"}}
		for _, p := range v.policies {
			for _, h := range p.Holders {
				rows = append(rows, []string{p.Name, h.Name, h.Kind, exact(h.Bytes)})
			}
		}
		return rows
	},
}

func drawHolders(v *view) []*panel {
	var most float64
	rows := 1
	for _, p := range v.drawn() {
		for _, h := range p.topHolders() {
			most = max(most, h.Bytes)
		}
		rows = max(rows, len(p.topHolders()))
	}
	x := scale{from: 0, to: most, a: 10, b: panelWidth - 150}
	var panels []*panel
	for i := range v.drawn() {
		p := &v.policies[i]
		top := p.topHolders()
		var sum float64
		for _, h := range top {
			sum += h.Bytes
		}
		d := newPanel("holders", p, fmt.Sprintf("the first %d: %s", len(top), show("bytes", sum)))
		if len(top) == 0 {
			d = newPanel("holders", p, "no single holder")
		}
		d.height = float64(46 + 30*rows)
		for k, h := range top {
			y := float64(54 + 30*k)
			d.text("", 10, y, "start", shorten(h.Name, 48))
			d.rect(kindClass(h.Kind), 10, y+5, max(1, x.at(h.Bytes)-10), 9, h.Name)
			d.text("tick", x.at(h.Bytes)+6, y+13, "start", show("bytes", h.Bytes)+", "+h.Kind)
			d.desc += fmt.Sprintf("%s (%s): %s. ", h.Name, h.Kind, show("bytes", h.Bytes))
		}
		if len(top) == 0 {
			d.desc = "No single holder kept bytes that nothing else kept."
		}
		panels = append(panels, d)
	}
	return panels
}

// topHolders returns the holders to draw, without values that are 0 or not numbers.
func (p *contender) topHolders() []compare.Holder {
	all := slices.DeleteFunc(slices.Clone(p.Holders), func(h compare.Holder) bool { return !(h.Bytes > 0) || !finite(h.Bytes) })
	return all[:min(len(all), maxHolders)]
}

// kindClass is the class that colours a kind of holder.
func kindClass(kind string) string {
	if k := slices.Index(compare.PinnedBy(), kind); k >= 0 {
		return fmt.Sprintf("h%d", k%len(holderShades))
	}
	return "axis"
}
