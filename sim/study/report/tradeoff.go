package report

import "fmt"

var tradeoffFigure = figure{
	name:  "tradeoff",
	title: "Cost against benefit",
	about: func(v *view) string {
		text := "Policies further left pull fewer bytes again; policies further down need less disk. Thin bars are 95 % confidence intervals. The dotted line joins the efficient policies: no other is better by one figure without being worse by the other; policies under which a disk ran full are excluded."
		if v.clairvoyant() != nil {
			text += " A hollow mark knows the future; no node can run it."
		}
		return text + v.omission()
	},
	panels: func(v *view) []*panel {
		wide, small := v.scatter(860, 440, 1), v.scatter(360, 400, 2)
		wide.wide, small.small = true, true
		return []*panel{wide, small}
	},
	rows: func(v *view) [][]string {
		rows := [][]string{{"policy", "clairvoyant", "efficient", "ran_full", "mean_bytes", "mean_bytes_low", "mean_bytes_high", "pulled_again_bytes_per_day", "pulled_again_low", "pulled_again_high"}}
		for _, p := range v.policies {
			rows = append(rows, []string{p.Name, yes(p.Clairvoyant), yes(p.Efficient), yes(p.full > 0),
				exact(p.disk.mean), exact(p.disk.low), exact(p.disk.high), exact(p.again.mean), exact(p.again.low), exact(p.again.high)})
		}
		return rows
	},
}

// scatter draws every policy by bytes pulled again and bytes on disk. The number makes its id another one.
func (v *view) scatter(width, height float64, number int) *panel {
	d := &panel{id: fmt.Sprintf("tradeoff-%d", number), title: "Mean bytes on disk against bytes pulled again a day"}
	d.width, d.height = width, height
	area := box{68, 30, width - 16, height - 44}
	f := d.plane(area, v.reach(func(p *contender) interval { return p.again }), v.reach(func(p *contender) interval { return p.disk }))
	x, y := f.x, f.y

	var line trail
	for _, p := range v.front() {
		if p.index >= maxPanels {
			continue
		}
		line.to(x.at(p.again.mean), y.at(p.disk.mean))
	}
	d.path("front", line.String())

	labels := labels{area: box{area.x1 + 2, area.y1 - 8, area.x2, area.y2}}
	for i := range v.drawn() {
		p := &v.policies[i]
		px, py := x.at(p.again.mean), y.at(p.disk.mean)
		labels.keep(box{px - 8, py - 8, px + 8, py + 8})
		if finite(p.again.low) && finite(p.again.high) {
			d.line(policyClass(p)+" whisker", x.at(p.again.low), py, x.at(p.again.high), py)
			labels.avoid(box{x.at(p.again.low), py - 1, x.at(p.again.high), py + 1})
		}
		if finite(p.disk.low) && finite(p.disk.high) {
			d.line(policyClass(p)+" whisker", px, y.at(p.disk.low), px, y.at(p.disk.high))
			labels.avoid(box{px - 1, y.at(p.disk.high), px + 1, y.at(p.disk.low)})
		}
	}
	for i := range v.drawn() {
		p := &v.policies[i]
		d.marker(p, x.at(p.again.mean), y.at(p.disk.mean), p.Name+": "+both(p))
		d.desc += fmt.Sprintf("%s: %s. ", p.Name, both(p))
	}
	for _, efficient := range []bool{true, false} { // which have the first choice of where to write
		for i := range v.drawn() {
			if p := &v.policies[i]; p.Efficient == efficient {
				d.label(p, &labels, x.at(p.again.mean), y.at(p.disk.mean))
			}
		}
	}
	return d
}

// plane draws the axes of two amounts of bytes: pulled again a day to the right, and on disk upwards.
func (d *drawing) plane(area box, mostAgain, mostDisk float64) frame {
	toDisk, ticks := linear(mostDisk, "bytes", 5)
	y := scale{from: 0, to: toDisk, a: area.y2, b: area.y1}
	for _, t := range ticks {
		d.line("grid", area.x1, y.at(t), area.x2, y.at(t))
		d.text("tick", area.x1-11, y.at(t)+3.5, "end", tickLabel("bytes", t, toDisk))
	}
	toAgain, ticks := linear(mostAgain*1.02, "bytes", int(d.width/110))
	x := scale{from: 0, to: toAgain, a: area.x1, b: area.x2}
	for _, t := range ticks {
		anchor := "middle"
		if t == toAgain {
			anchor = "end"
		}
		d.line("grid", x.at(t), area.y1, x.at(t), area.y2)
		d.text("tick", x.at(t), area.y2+16, anchor, tickLabel("bytes", t, toAgain))
	}
	d.line("axis", area.x1, area.y2, area.x2, area.y2)
	d.line("axis", area.x1, area.y1, area.x1, area.y2)
	d.text("soft", area.x1, area.y1-12, "start", "↑ mean bytes on disk")
	d.text("soft", area.x2, area.y2+34, "end", "bytes pulled again a day →")
	return frame{drawing: d, x: x, y: y}
}

// reach is the most of a figure and its interval, of all policies that are drawn.
func (v *view) reach(of func(*contender) interval) (most float64) {
	for i := range v.drawn() {
		x := of(&v.policies[i])
		most = max(most, x.mean)
		if finite(x.high) {
			most = max(most, x.high)
		}
	}
	return most
}

// label writes the name of a policy where there is room for it beside its mark, shortened if there is none otherwise.
func (d *drawing) label(p *contender, labels *labels, x, y float64) {
	class, note := "label", ""
	switch {
	case p.full > 0:
		class, note = "label soft", " (ran full)"
	case p.Clairvoyant:
		class, note = "label soft", ""
	case p.Efficient:
		class = "label strong"
	}
	for _, length := range []int{34, 22, 14} {
		text := shorten(p.Name, length) + note
		if atX, atY, anchor, ok := labels.place(x, y, text); ok {
			d.text(class, atX, atY, anchor, text)
			return
		}
	}
}
