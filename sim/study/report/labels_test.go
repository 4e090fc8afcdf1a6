package report

import (
	"fmt"
	"testing"
)

// TestLabels checks that texts beside a crowd of points stay inside, off the marks and off each other.
func TestLabels(t *testing.T) {
	l := labels{area: box{0, 0, 300, 200}}
	for i := range 5 {
		l.keep(box{150, float64(90 + 6*i), 166, float64(106 + 6*i)})
	}
	l.avoid(box{0, 97, 300, 99})
	placed := 0
	for i := range 5 {
		before := append([]box(nil), l.taken...)
		_, _, _, ok := l.place(158, float64(98+6*i), fmt.Sprint("policy", i))
		if !ok {
			continue
		}
		placed++
		b := l.taken[len(l.taken)-1]
		if b.x1 < 0 || b.y1 < 0 || b.x2 > 300 || b.y2 > 200 || meetsAny(b, before) {
			t.Errorf("text %d is at %v: outside, or on what was there", i, b)
		}
	}
	if placed < 4 {
		t.Errorf("room for %d of 5 texts", placed)
	}
	if b := l.taken[5]; meetsAny(b, l.lines) {
		t.Errorf("the first text, %v, is on a line although there is room elsewhere", b)
	}
	if _, _, _, ok := l.place(150, 100, string(make([]byte, 100))); ok {
		t.Error("room for a text that is wider than the drawing")
	}
}
