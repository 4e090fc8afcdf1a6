package report

import (
	"math"
	"strconv"
	"testing"
)

// TestContrast checks the palette against WCAG: 4.5 for text, 3 for graphics.
func TestContrast(t *testing.T) {
	check := func(name string, s shade, least float64) {
		t.Helper()
		if c := contrast(s.light, ground.light); c < least {
			t.Errorf("%s: %s on light has a contrast of %.2f, want %v", name, s.light, c, least)
		}
		if c := contrast(s.dark, ground.dark); c < least {
			t.Errorf("%s: %s on dark has a contrast of %.2f, want %v", name, s.dark, c, least)
		}
	}
	check("text", ink, 4.5)
	check("small text", softInk, 4.5)
	check("alarm", alarm, 4.5)
	check("axes", axisLine, 3)
	for i, s := range policyShades {
		check("policy "+strconv.Itoa(i), s, 3)
	}
	if len(policyShades) != len(marks) {
		t.Error("a policy's mark must tell as much as its colour")
	}
	// Neighbours in a stack must differ in lightness.
	layers := append(append([]shade(nil), holderShades...), garbageShade)
	for i, s := range layers[1:] {
		if a, b := contrast(s.light, layers[i].light), contrast(s.dark, layers[i].dark); a < 1.2 || b < 1.2 {
			t.Errorf("layers %d and %d are told apart by hue only: %.2f, %.2f", i, i+1, a, b)
		}
	}
}

func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is WCAG's, of "#rrggbb".
func luminance(s string) float64 {
	rgb, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		panic(err)
	}
	part := func(shift int) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}
