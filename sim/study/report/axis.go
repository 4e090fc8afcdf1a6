package report

import "math"

// A scale maps values to coordinates.
type scale struct {
	from, to float64 // values
	a, b     float64 // coordinates of them
	log      bool
}

// at returns the coordinate of x, kept between those of the scale's ends.
func (s scale) at(x float64) float64 {
	from, to := s.from, s.to
	if s.log {
		x, from, to = math.Log10(x), math.Log10(from), math.Log10(to)
	}
	share := (x - from) / (to - from)
	if math.IsNaN(share) {
		share = 0
	}
	return s.a + (s.b-s.a)*min(1, max(0, share))
}

// linear returns a scale from 0 that has room for most, and the values to mark: about n, at round distances of the unit
// in which most reads well.
func linear(most float64, kind string, n int) (to float64, ticks []float64) {
	if !(most > 0) || !finite(most) {
		most = 1
	}
	u := unitFor(kind, most).size
	rough := most / u / float64(n)
	magnitude := math.Pow(10, math.Floor(math.Log10(rough)))
	step := 10.0
	for _, s := range []float64{1, 2, 2.5, 5} {
		if s*magnitude >= rough*0.999 {
			step = s
			break
		}
	}
	step *= magnitude
	for i := 0; ; i++ {
		ticks = append(ticks, float64(i)*step*u)
		if float64(i)*step*u >= most*0.999 || i > 2*n {
			return max(most, ticks[i]), ticks
		}
	}
}

// logarithmic returns the ends of a scale with some room around two values, and the values to mark between them: powers
// of ten, or if there are too few of those, also their doubles and fivefolds.
func logarithmic(least, most float64) (from, to float64, ticks []float64) {
	if !(least > 0) || !finite(most) || !(most >= least) {
		least, most = 1e-3, 1
	}
	from, to = max(least, most*1e-12)/1.3, most*1.3
	for _, steps := range [][]float64{{1}, {1, 2, 5}} {
		ticks = nil
		for e := math.Floor(math.Log10(from)); e <= math.Log10(to); e++ {
			for _, s := range steps {
				if t := s * math.Pow(10, e); t >= from && t <= to {
					ticks = append(ticks, t)
				}
			}
		}
		if len(ticks) > 2 {
			break
		}
	}
	return from, to, ticks
}

// A frame is the area of a drawing between its axes.
type frame struct {
	*drawing
	x, y scale
}

// tick labels of bytes: all in one unit, which the last one names.
func tickLabel(kind string, x, most float64) string {
	if x == 0 {
		return "0"
	}
	u := unitFor(kind, most)
	places := 0
	for x := x / u.size; places < 3 && math.Abs(x-math.Round(x)) > 1e-6; places++ {
		x *= 10
	}
	return digits(x/u.size, places) + "\u00a0" + u.name
}

// frame draws axes: y in bytes, x in days.
func (d *drawing) frame(left, top, right, bottom float64, days, most float64) frame {
	f := frame{drawing: d}
	to, ticks := linear(most, "bytes", 4)
	f.y = scale{from: 0, to: to, a: bottom, b: top}
	for _, t := range ticks {
		d.line("grid", left, f.y.at(t), right, f.y.at(t))
		d.text("tick", left-5, f.y.at(t)+3.5, "end", tickLabel("bytes", t, to))
	}
	f.x = scale{from: 0, to: days, a: left, b: right}
	_, marked := linear(days, "count", 5)
	for _, t := range marked {
		if t > days*1.001 {
			continue
		}
		d.line("axis", f.x.at(t), bottom, f.x.at(t), bottom+3)
		label := tickLabel("count", t, days)
		if t == 0 {
			label = "day 0"
		}
		d.text("tick", f.x.at(t), bottom+14, "middle", label)
	}
	d.line("axis", left, bottom, right, bottom)
	return f
}
