package report

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// A view is a sanitized result: strings have no control characters, and lookups for the answer are done.
type view struct {
	*compare.Result
	policies []contender
}

// A contender is one combination with the figures that decide.
type contender struct {
	compare.Policy
	index int      // in the result: its colour and mark
	disk  interval // bytes, on average
	again interval // bytes pulled again, a day
	full  float64  // times that a node's disk ran full
}

// An interval is a mean with its 95 % confidence interval.
type interval struct{ mean, low, high float64 }

func (a interval) per(n float64) interval { return interval{a.mean / n, a.low / n, a.high / n} }

// newView returns the view of a result, or an error that names the missing parts.
func newView(r *compare.Result) (*view, error) {
	switch {
	case r == nil:
		return nil, errors.New("report: no result")
	case len(r.Policies) == 0:
		return nil, errors.New("report: the result compares no policies")
	case !(r.Days > 0) || !finite(r.Days):
		return nil, fmt.Errorf("report: the result covers %v days: there is nothing to show", r.Days)
	}
	cleaned := *r
	cleaned.Load.Kind, cleaned.Load.Name, cleaned.Load.About = clean(r.Load.Kind), clean(r.Load.Name), clean(r.Load.About)
	cleaned.Load.Notes = cleanAll(r.Load.Notes)
	cleaned.Costs = append([]compare.Cost(nil), r.Costs...)
	for i := range cleaned.Costs {
		c := &cleaned.Costs[i]
		c.Name, c.About = clean(c.Name), clean(c.About)
	}
	v := &view{Result: &cleaned}
	for i, p := range r.Policies {
		q, err := newContender(p, i, r.Days)
		if err != nil {
			return nil, err
		}
		v.policies = append(v.policies, q)
	}
	front := v.front()
	for i := range v.policies {
		p := &v.policies[i]
		p.Efficient = slices.Contains(front, p) // unlike in r, one under which a disk ran full beats nobody
	}
	return v, nil
}

func newContender(p compare.Policy, index int, days float64) (contender, error) {
	p.Spec, p.Name, p.Collect, p.Release = clean(p.Spec), clean(p.Name), clean(p.Collect), clean(p.Release)
	p.Void = clean(p.Void)
	if p.Name == "" {
		p.Name = fmt.Sprintf("policy %d", index+1)
	}
	p.Holders = append([]compare.Holder(nil), p.Holders...)
	for i := range p.Holders {
		h := &p.Holders[i]
		h.Name, h.Kind = clean(h.Name), clean(h.Kind)
	}
	p.PauseModels = append([]compare.PauseModel(nil), p.PauseModels...)
	for i := range p.PauseModels {
		p.PauseModels[i].Cost = clean(p.PauseModels[i].Cost)
	}
	p.Metrics = append([]compare.Metric(nil), p.Metrics...)
	for i := range p.Metrics {
		m := &p.Metrics[i]
		m.Name, m.Unit = clean(m.Name), clean(m.Unit)
	}
	q := contender{Policy: p, index: index}
	var err error
	if q.disk, err = q.decisive(meanBytes); err != nil {
		return contender{}, err
	}
	if q.again, err = q.decisive(pulledAgain); err != nil {
		return contender{}, err
	}
	q.again = q.again.per(days)
	q.full = q.find(diskFull).Mean
	return q, nil
}

// decisive returns a figure without which there is no answer.
func (p *contender) decisive(name string) (interval, error) {
	x, ok := p.metric(name)
	switch {
	case !ok:
		return x, fmt.Errorf("report: policy %q has no metric %q", p.Name, name)
	case !finite(x.mean) || x.mean < 0:
		return x, fmt.Errorf("report: policy %q: its metric %q is %v, which is no number of bytes", p.Name, name, x.mean)
	}
	return x, nil
}

// find returns the metric of that name; one without a name if there is none.
func (p *contender) find(name string) compare.Metric {
	for _, m := range p.Metrics {
		if m.Name == name {
			return m
		}
	}
	return compare.Metric{}
}

// metric returns the figure of that name.
func (p *contender) metric(name string) (interval, bool) {
	m := p.find(name)
	return interval{m.Mean, m.Low, m.High}, m.Name != ""
}

// front returns the efficient ones, ascending by disk; none if the policies that are meant to evict were idle.
func (v *view) front() []*contender {
	var fits []*contender
	for i := range v.policies {
		if p := &v.policies[i]; !p.Clairvoyant && !(p.full > 0) {
			fits = append(fits, p)
		}
	}
	if allIdle(fits) {
		return nil
	}
	return paretoFront(fits)
}

// limit is how many bytes the disk has room for, or 0 if that is not known.
func (v *view) limit() float64 { return max(0, float64(v.Disk)-float64(max(0, v.Other))) }

// clairvoyant returns the policy that knows the future, or nil.
func (v *view) clairvoyant() *contender {
	for i := range v.policies {
		if v.policies[i].Clairvoyant {
			return &v.policies[i]
		}
	}
	return nil
}

// finite reports whether x is a number that can be drawn: no size or time of this world is beyond 1e24.
func finite(x float64) bool { return math.Abs(x) <= 1e24 }

// clean returns s as text on one line. It replaces invalid UTF-8, control characters and direction marks.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Noncharacter_Code_Point, r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
}

func cleanAll(all []string) []string {
	cleaned := make([]string, len(all))
	for i, s := range all {
		cleaned[i] = clean(s)
	}
	return cleaned
}
