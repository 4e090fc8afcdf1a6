package report

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// A drawing is the content of an SVG. It escapes texts. Classes refer to the colours in palette.go.
type drawing struct {
	width, height float64
	b             strings.Builder
}

// num prints a coordinate to a tenth, which is finer than a screen.
func num(x float64) string {
	x = math.Round(x*10) / 10
	if x == 0 {
		return "0" // not -0
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

func (d *drawing) element(tag, class, attributes, title string) {
	fmt.Fprintf(&d.b, `<%s class="%s" %s`, tag, class, attributes)
	if title == "" {
		d.b.WriteString("/>\n")
		return
	}
	fmt.Fprintf(&d.b, "><title>%s</title></%s>\n", html.EscapeString(title), tag)
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	d.element("line", class, fmt.Sprintf(`x1="%s" y1="%s" x2="%s" y2="%s"`, num(x1), num(y1), num(x2), num(y2)), "")
}

func (d *drawing) rect(class string, x, y, width, height float64, title string) {
	d.element("rect", class, fmt.Sprintf(`x="%s" y="%s" width="%s" height="%s"`, num(x), num(y), num(max(0, width)), num(max(0, height))), title)
}

func (d *drawing) path(class, data string) {
	if data != "" {
		d.element("path", class, `d="`+data+`"`, "")
	}
}

// text writes s with its anchor ("start", "middle", "end") at x and its baseline at y.
func (d *drawing) text(class string, x, y float64, anchor, s string) {
	fmt.Fprintf(&d.b, `<text class="%s" x="%s" y="%s" text-anchor="%s">%s</text>`+"\n", class, num(x), num(y), anchor, html.EscapeString(s))
}

// marker draws the mark of a policy; that of a clairvoyant one is hollow.
func (d *drawing) marker(p *contender, x, y float64, title string) {
	class := policyClass(p) + " mark"
	if p.Clairvoyant {
		class += " hollow"
	}
	d.element("path", class, `d="`+marks[p.index%len(marks)](x, y, 6)+`"`, title)
}

// marks are outlines around a point, told apart without colour.
var marks = []func(x, y, r float64) string{
	func(x, y, r float64) string {
		return fmt.Sprintf("M%s %sa%[3]s %[3]s 0 1 0 %[4]s 0a%[3]s %[3]s 0 1 0 %[5]s 0z", num(x-r), num(y), num(r), num(2*r), num(-2*r))
	},
	polygon(4, math.Pi/4, 1.2),  // square
	polygon(3, -math.Pi/2, 1.3), // triangle
	polygon(4, 0, 1.3),          // diamond
	polygon(3, math.Pi/2, 1.3),  // triangle, head down
	polygon(6, 0, 1.1),          // hexagon
	star(4), star(5),
}

func polygon(corners int, turn, scale float64) func(x, y, r float64) string {
	return func(x, y, r float64) string {
		var t trail
		for i := range corners {
			angle := turn + 2*math.Pi*float64(i)/float64(corners)
			t.to(x+r*scale*math.Cos(angle), y+r*scale*math.Sin(angle))
		}
		return t.String() + "z"
	}
}

func star(rays int) func(x, y, r float64) string {
	return func(x, y, r float64) string {
		var t trail
		for i := range 2 * rays {
			angle, length := -math.Pi/2+math.Pi*float64(i)/float64(rays), r*1.3
			if i%2 == 1 {
				length = r * 0.65
			}
			t.to(x+length*math.Cos(angle), y+length*math.Sin(angle))
		}
		return t.String() + "z"
	}
}

// A trail is the data of a path made of straight lines.
type trail struct {
	b       strings.Builder
	x, y    float64 // of the last point, as printed
	started bool
}

// to goes on to a point, or starts there.
func (t *trail) to(x, y float64) {
	x, y = math.Round(x*10)/10, math.Round(y*10)/10
	if !t.started {
		fmt.Fprintf(&t.b, "M%s %s", num(x), num(y))
	} else if x != t.x || y != t.y {
		fmt.Fprintf(&t.b, "l%s %s", num(x-t.x), num(y-t.y))
	}
	t.x, t.y, t.started = x, y, true
}

func (t *trail) String() string { return t.b.String() }
