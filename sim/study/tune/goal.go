package tune

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc/spec"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// A Quantity is a figure of a node that a goal can limit or minimize. Of all of them less is better.
type Quantity struct {
	Name string // "disk"
	Unit string // "bytes", "bytes a day", "seconds", "count a day"
	Doc  string

	metric string // of package compare
	daily  bool   // the metric is a sum over all days
	disk   bool   // other data on the disk is added; a limit may be a percentage
	parse  func(text string) (float64, error)
}

var quantities = []Quantity{
	{"disk", "bytes", "use of the disk with other data, averaged over time", "mean bytes", false, true, bytes},
	{"disk-p95", "bytes", "use of the disk that is not exceeded for 95 % of the time", "p95 bytes", false, true, bytes},
	{"disk-peak", "bytes", "largest use of the disk at any time", "peak bytes", false, true, bytes},
	{"refetch", "bytes a day", "bytes pulled and built again after their eviction, per day", "bytes pulled again", true, false, bytes},
	{"pulled", "bytes a day", "bytes pulled and built, per day", "bytes pulled", true, false, bytes},
	{"evictions", "count a day", "images and build records evicted, per day", "evictions", true, false, count},
	{"collections", "count a day", "garbage collections, per day", "collections", true, false, count},
	{"pause", "seconds", "time that 95 % of the collections' pauses do not exceed", "pause p95", false, false, seconds},
	{"pause-max", "seconds", "longest pause of a collection", "pause max", false, false, seconds},
}

// Quantities describes every quantity of a goal. The caller owns the slice.
func Quantities() []Quantity { return slices.Clone(quantities) }

func bytes(text string) (float64, error)   { return spec.Quantity(text, spec.ByteUnits) }
func seconds(text string) (float64, error) { return spec.Quantity(text, spec.TimeUnits) }
func count(text string) (float64, error)   { return spec.Quantity(text, spec.NoUnits) }

// A Goal says which settings will do, and which of those is the best.
type Goal struct {
	Limits   []Limit
	Minimize Quantity
	text     string
}

// A Limit is an upper limit of a quantity's mean over the nodes.
type Limit struct {
	Quantity
	Most    float64 // in the quantity's unit, or percent of the disk
	Percent bool
	Text    string // as the goal has it: "disk<70%"
}

// String returns the goal as [ParseGoal] reads it.
func (g Goal) String() string { return g.text }

// goalExample is part of every error about the form of a goal.
const goalExample = `write limits and one quantity to minimize, such as "disk<70%, refetch min"`

// ParseGoal reads a goal: terms separated by commas. "QUANTITY min" or "QUANTITY=min" names the quantity to minimize,
// and "QUANTITY<VALUE" or "QUANTITY<=VALUE" is a limit; both include the value itself. Units are those of package spec.
// A limit of the disk may be a percentage of it. For example:
//
//	disk<70%, refetch min
//	refetch<2GB, pause<50ms, disk min
//
// Error: a [*spec.Error] with the column of the term, which satisfies ErrInvalidArgument.
func ParseGoal(text string) (Goal, error) {
	g := Goal{text: strings.TrimSpace(text)}
	column := 1
	for term := range strings.SplitSeq(text, ",") {
		at := column + len(term) - len(strings.TrimLeft(term, " \t"))
		if err := g.add(strings.TrimSpace(term)); err != nil {
			return Goal{}, &spec.Error{Kind: "goal", Name: text, Column: at, Problem: err.Error()}
		}
		column += len(term) + 1
	}
	if g.Minimize.Name == "" {
		return Goal{}, &spec.Error{Kind: "goal", Name: text, Problem: "minimizes nothing; " + goalExample}
	}
	return g, nil
}

func (g *Goal) add(term string) error {
	name, minimize := strings.CutSuffix(term, " min")
	if !minimize {
		name, minimize = strings.CutSuffix(term, "=min")
	}
	if minimize {
		q, err := quantity(strings.TrimSpace(name))
		switch {
		case err != nil:
			return err
		case g.Minimize.Name != "":
			return fmt.Errorf("%s is the second quantity to minimize, after %s: write a limit for one of them", q.Name, g.Minimize.Name)
		}
		g.Minimize = q
		return nil
	}
	name, value, ok := strings.Cut(name, "<")
	if !ok {
		if term == "" {
			return fmt.Errorf("the term is empty; %s", goalExample)
		}
		return fmt.Errorf("%q is neither a limit nor a quantity to minimize; %s", term, goalExample)
	}
	q, err := quantity(strings.TrimSpace(name))
	if err != nil {
		return err
	}
	value = strings.TrimSpace(strings.TrimPrefix(value, "="))
	l := Limit{Quantity: q, Text: term}
	if slices.ContainsFunc(g.Limits, func(l Limit) bool { return l.Name == q.Name }) {
		return fmt.Errorf("%s has two limits", q.Name)
	}
	number, percent := strings.CutSuffix(value, "%")
	switch {
	case percent && !q.disk:
		return fmt.Errorf("the limit of %s must be in %s, not a percentage", q.Name, q.Unit)
	case percent:
		l.Percent = true
		l.Most, err = count(number)
		if err == nil && l.Most > 100 {
			err = fmt.Errorf("%q is above 100 %%", value)
		}
	default:
		l.Most, err = q.parse(value)
	}
	if err != nil {
		return fmt.Errorf("the limit of %s: %w", q.Name, err)
	}
	if !(l.Most > 0) {
		return fmt.Errorf("the limit of %s must be above 0", q.Name)
	}
	g.Limits = append(g.Limits, l)
	return nil
}

func quantity(name string) (Quantity, error) {
	var known []string
	for _, q := range quantities {
		if q.Name == name {
			return q, nil
		}
		known = append(known, q.Name)
	}
	return Quantity{}, fmt.Errorf("unknown quantity %q; known are %s", name, strings.Join(known, ", "))
}

// figure returns the quantity under a policy: its mean over the nodes, and the 95 % confidence interval.
func (q Quantity) figure(r *compare.Result, p *compare.Policy) Figure {
	return q.scale(r, p.Metric(q.metric), true)
}

// difference returns the paired difference of the quantity under two policies.
func (q Quantity) difference(r *compare.Result, p, other *compare.Policy) (Figure, bool) {
	d, ok := p.Metric(q.metric).Difference(other.Metric(q.metric))
	return q.scale(r, d, false), ok
}

// least returns the lower bound of the quantity; 0 if none above 0 is known.
func (q Quantity) least(r *compare.Result, p *compare.Policy) float64 {
	least := p.Metric(q.metric).Least
	if least == 0 {
		return 0
	}
	return q.scale(r, compare.Metric{Mean: least}, true).Mean
}

func (q Quantity) scale(r *compare.Result, m compare.Metric, total bool) Figure {
	f := Figure{Mean: m.Mean, Low: m.Low, High: m.High, Sure: !total && m.Sure()}
	if q.daily {
		f.Mean, f.Low, f.High = f.Mean/r.Days, f.Low/r.Days, f.High/r.Days
	}
	if q.disk && total {
		other := float64(r.Other)
		f.Mean, f.Low, f.High = f.Mean+other, f.Low+other, f.High+other
	}
	return f
}

// most returns the limit in the quantity's unit.
func (l Limit) most(r *compare.Result) float64 {
	if l.Percent {
		return l.Most / 100 * float64(r.Disk)
	}
	return l.Most
}
