package report

import "unicode/utf8"

// A box is a rectangle of a drawing.
type box struct{ x1, y1, x2, y2 float64 }

func (a box) meets(b box) bool { return a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2 }

// labels finds room for texts beside points: never on each other or on a mark, and on a line only if nothing else is
// free.
type labels struct {
	area  box // in which texts may be
	taken []box
	lines []box
}

func (l *labels) keep(b box)  { l.taken = append(l.taken, b) }
func (l *labels) avoid(b box) { l.lines = append(l.lines, b) }

// place returns where a text's anchor and baseline go, and false if there is no room.
func (l *labels) place(x, y float64, text string) (atX, atY float64, anchor string, ok bool) {
	width, height := float64(utf8.RuneCountInString(text))*6.6, 13.0
	for _, spared := range [][]box{l.lines, nil} {
		for _, lift := range []float64{0, -16, 16, -30, 30} {
			for _, anchor := range []string{"start", "end", "middle"} {
				b := box{y1: y + lift - height/2, y2: y + lift + height/2}
				switch anchor {
				case "start":
					atX, b.x1 = x+11, x+11
				case "end":
					atX, b.x1 = x-11, x-11-width
				case "middle":
					atX, b.x1 = x, x-width/2
				}
				b.x2 = b.x1 + width
				inside := b.x1 >= l.area.x1 && b.x2 <= l.area.x2 && b.y1 >= l.area.y1 && b.y2 <= l.area.y2
				if !inside || meetsAny(b, l.taken) || meetsAny(b, spared) {
					continue
				}
				l.keep(b)
				return atX, b.y2 - 3, anchor, true
			}
		}
	}
	return 0, 0, "", false
}

func meetsAny(b box, others []box) bool {
	for _, o := range others {
		if b.meets(o) {
			return true
		}
	}
	return false
}
