package spec

import (
	"fmt"
	"strconv"
	"strings"
)

// A Grid is a specification with ranges. It stands for the specifications of it: every combination of the values
// of its axes. A specification without ranges is a grid without axes, which stands for itself. It never changes.
//
// A range has the form FROM..TO or FROM..TO/STEP in place of a value. Each end is one number with one unit; the unit
// may be omitted at FROM. For example:
//
//	high=70..90/5    70, 75, 80, 85, 90
//	maxage=1..7d/3d  1d, 4d, 7d
//	low=40..85       40, 45, ..., 85: a round step, with at most ten values besides TO
type Grid struct {
	Axes  []Axis
	texts []string // around the axes: one more than there are
}

// An Axis is one range of a grid.
type Axis struct {
	Name   string   // of the part: "kubelet"
	Key    string   // of the setting; "" for a value alone
	Values []string // ascending, as a specification has them: "70", "7d"
	Column int      // where the range starts, in bytes from 1
}

// Limits of ranges.
const (
	rangeValues = 10     // of a range without a step, besides the last
	axisMax     = 1000   // values of an axis
	gridMax     = 10_000 // specifications of a space
)

// ParseGrid reads the ranges of a specification of any number of parts. It does not check names and keys. Kind names
// the language in errors. Error: an [*Error] with the column of the range.
func ParseGrid(kind, text string) (Grid, error) {
	s := Grid{texts: []string{""}}
	keep := func(text string) { s.texts[len(s.texts)-1] += text }
	name, key := "", ""
	for at := 0; at < len(text); {
		end := at + strings.IndexAny(text[at:]+"+", "+:;,=")
		word := text[at:end]
		switch {
		case !strings.Contains(word, ".."):
			keep(word)
		default:
			values, err := rangeOf(word)
			if err != nil {
				return Grid{}, &Error{Kind: kind, Name: name, Column: at + 1, Key: key, Problem: err.Error()}
			}
			s.Axes = append(s.Axes, Axis{name, key, values, at + 1})
			s.texts = append(s.texts, "")
		}
		if end == len(text) {
			break
		}
		switch text[end] {
		case ':':
			name, key = strings.TrimSpace(word), ""
		case '=':
			key = word
		default:
			key = ""
		}
		keep(text[end : end+1])
		at = end + 1
	}
	if size := s.Size(); size > gridMax {
		return Grid{}, &Error{Kind: kind, Name: name, Problem: fmt.Sprintf(
			"the ranges stand for %d specifications: at most %d; use larger steps, such as /10", size, gridMax)}
	}
	return s, nil
}

// Size returns the number of specifications of the grid.
func (s Grid) Size() int {
	size := 1
	for _, a := range s.Axes {
		size *= len(a.Values)
		if size > gridMax {
			return size // further axes could overflow
		}
	}
	return size
}

// Indices returns the index of a value on each axis for specification i of the grid. The last axis varies fastest.
// 0 <= i < Size.
func (s Grid) Indices(i int) []int {
	indices := make([]int, len(s.Axes))
	for at := len(s.Axes) - 1; at >= 0; at-- {
		n := len(s.Axes[at].Values)
		indices[at], i = i%n, i/n
	}
	return indices
}

// At returns specification i of the grid. 0 <= i < Size.
func (s Grid) At(i int) string {
	var b strings.Builder
	for at, value := range s.Indices(i) {
		b.WriteString(s.texts[at])
		b.WriteString(s.Axes[at].Values[value])
	}
	b.WriteString(s.texts[len(s.Axes)])
	return b.String()
}

// A rangeEnd is a number of a range, in units of 10^-places.
type rangeEnd struct {
	digits int64
	places int
	unit   string
}

// rangeMax is the largest number at an end of a range. It leaves room to scale the number.
const rangeMax = 1e12

func parseEnd(text string) (rangeEnd, error) {
	end := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end < 0 {
		end = len(text)
	}
	whole, part, _ := strings.Cut(text[:end], ".")
	digits, err := strconv.ParseInt(whole+part, 10, 64)
	e := rangeEnd{digits, len(part), text[end:]}
	if err != nil || whole == "" || digits > rangeMax || e.places > 4 || strings.ContainsAny(e.unit, "0123456789./") {
		return e, fmt.Errorf("%q is not one number with at most one unit, such as 70 or 7d", text)
	}
	return e, nil
}

// scaled returns the number in units of 10^-places.
func (e rangeEnd) scaled(places int) int64 {
	n := e.digits
	for range places - e.places {
		n *= 10
	}
	return n
}

// rangeOf returns the values of a range. The numbers are integers throughout, so that 0.1 steps are exact.
func rangeOf(text string) ([]string, error) {
	rest, step, stepped := strings.Cut(text, "/")
	low, high, _ := strings.Cut(rest, "..")
	from, err := parseEnd(low)
	if err != nil {
		return nil, err
	}
	to, err := parseEnd(high)
	if err != nil {
		return nil, err
	}
	by := rangeEnd{unit: to.unit}
	if stepped {
		if by, err = parseEnd(step); err != nil {
			return nil, err
		}
	}
	for _, e := range []*rangeEnd{&from, &by} {
		if e.unit == "" {
			e.unit = to.unit
		}
		if e.unit != to.unit {
			return nil, fmt.Errorf("%q has the units %q and %q: write all numbers of a range in one unit", text, e.unit, to.unit)
		}
	}
	places := max(from.places, to.places, by.places)
	first, last, width := from.scaled(places), to.scaled(places), by.scaled(places)
	switch {
	case first >= last:
		return nil, fmt.Errorf("the range %q does not ascend", text)
	case stepped && width == 0:
		return nil, fmt.Errorf("the step of the range %q is 0", text)
	case !stepped:
		width = roundStep(last - first)
	}
	if n := (last-first)/width + 1; n > axisMax {
		return nil, fmt.Errorf("the range %q has %d values: at most %d; use a larger step", text, n, axisMax)
	}
	var values []string
	for x := first; x <= last; x += width {
		values = append(values, decimal(x, places)+to.unit)
	}
	if end := decimal(last, places) + to.unit; !stepped && values[len(values)-1] != end {
		values = append(values, end)
	}
	return values, nil
}

// roundStep returns the least step of the form 1, 2 or 5 times a power of ten with at most rangeValues values.
func roundStep(span int64) int64 {
	for power := int64(1); ; power *= 10 {
		for _, n := range []int64{1, 2, 5} {
			if span/(n*power) < rangeValues {
				return n * power
			}
		}
	}
}

// decimal formats a number of units of 10^-places.
func decimal(x int64, places int) string {
	text := fmt.Sprintf("%0*d", places+1, x)
	if places == 0 {
		return text
	}
	cut := len(text) - places
	return strings.TrimSuffix(strings.TrimRight(text[:cut]+"."+text[cut:], "0"), ".")
}
