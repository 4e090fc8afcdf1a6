package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A unit is a multiple of a metric's unit that reads well.
type unit struct {
	name string
	size float64
}

// units are the multiples of each of compare's units, ascending.
var units = map[string][]unit{
	"bytes":      {{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"PB", 1e15}},
	"byte-hours": {{"B·h", 1}, {"kB·h", 1e3}, {"MB·h", 1e6}, {"GB·h", 1e9}, {"TB·h", 1e12}, {"PB·h", 1e15}},
	"seconds":    {{"ns", 1e-9}, {"µs", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}, {"days", 86400}},
	"count":      {{"", 1}},
}

// unitFor returns the largest unit in which x is at least 1. An unknown unit stays unchanged.
func unitFor(kind string, x float64) unit {
	all, ok := units[kind]
	if !ok {
		return unit{kind, 1}
	}
	best := all[0]
	if kind == "seconds" && !(math.Abs(x) > 0) {
		return unit{"s", 1}
	}
	for _, u := range all {
		if math.Abs(x) >= u.size*0.9995 {
			best = u
		}
	}
	return best
}

// show returns x in a unit that reads well: "41.2 GB".
func show(kind string, x float64) string {
	if !finite(x) {
		return missing
	}
	u := unitFor(kind, x)
	text := digits(x/u.size, decimals(x/u.size))
	if x == math.Trunc(x) && u.size == 1 && math.Abs(x) < 1e6 {
		text = digits(x, 0)
	}
	return strings.TrimSpace(text + "\u00a0" + u.name)
}

// brief is show without trailing zeros, for settings rather than measurements.
func brief(kind string, x float64) string {
	number, name, _ := strings.Cut(show(kind, x), "\u00a0")
	if strings.Contains(number, ".") {
		number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
	}
	if number == "1" && name == "days" {
		name = "day"
	}
	return strings.TrimSpace(number + "\u00a0" + name)
}

// missing replaces values that are not numbers.
const missing = "–"

// decimals is how many digits after the point show three of x in all.
func decimals(x float64) int {
	switch x = math.Abs(x); {
	case x >= 99.95:
		return 0
	case x >= 9.995:
		return 1
	}
	return 2
}

// digits returns x with that many digits after the point and its thousands apart.
func digits(x float64, places int) string {
	if !finite(x) {
		return missing
	}
	s := strconv.FormatFloat(x, 'f', places, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return strings.Replace(whole, "-", "−", 1)
}

// percent returns a share as "12 %".
func percent(x float64) string {
	if !finite(x) {
		return missing
	}
	if x != 0 && math.Abs(x) < 0.01 {
		return "less than 1\u00a0%"
	}
	return fmt.Sprintf("%s\u00a0%%", digits(100*x, 0))
}

// exact returns x for a machine to read, empty if it is not a number.
func exact(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// count returns a number of things: "1 node", "10 nodes".
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return digits(float64(n), 0) + " " + one + "s"
}

// list joins names as a sentence does: "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// shorten cuts s to n characters, in its middle: names tend to differ at their ends.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n/2]) + "…" + string(r[len(r)-(n-n/2-1):])
}
