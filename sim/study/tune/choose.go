package tune

import (
	"cmp"
	"slices"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// result returns the answer from the figures of the last round; nil without figures.
func (t *Search) result(r *compare.Result, cut bool) *Result {
	if r == nil {
		return nil
	}
	goal := t.study.Goal
	a := &Result{
		Goal: goal.String(), Policies: t.study.Policies, Settings: len(t.settings), Search: t.study.Search, Rounds: t.rounds, Cut: cut,
		Axes: [2]string{t.axis().Name, goal.Minimize.Name}, Ties: []string{}, Front: []Choice{}, Others: []Choice{}, Sensitivity: []Change{}, Comparison: r,
	}
	for _, of := range t.ranges {
		if note := of.Note(); note != "" {
			a.LeftOut += of.LeftOut
			a.Notes = append(a.Notes, note)
		}
	}
	var pick *compare.Policy
	best := t.pick(r)
	if p := policyOf(r, best); p.Void == "" {
		pick = p
		a.Pick = t.choice(r, p, nil)
		a.Least = [2]float64{t.axis().least(r, p), goal.Minimize.least(r, p)}
		t.ties(a, r, pick)
		t.sensitivity(a, r, best, pick)
	}
	if p := policyOf(r, t.defaults); p != nil {
		a.Default = t.choice(r, p, pick)
	}
	if at := slices.IndexFunc(r.Policies, func(p compare.Policy) bool { return p.Clairvoyant }); at >= 0 {
		a.Clairvoyant = t.choice(r, &r.Policies[at], pick)
	}
	list := t.measured(r)
	if !slices.Contains(list, best) {
		list = append(list, best)
	}
	front := t.front(r, list)
	for _, s := range list {
		switch p := policyOf(r, s); {
		case slices.Contains(front, s):
			a.Front = append(a.Front, *t.choice(r, p, pick))
		case p.Void == "":
			a.Others = append(a.Others, *t.choice(r, p, pick))
		}
	}
	slices.SortStableFunc(a.Front, func(x, y Choice) int {
		return cmp.Or(cmp.Compare(x.First.Mean, y.First.Mean), cmp.Compare(x.Minimize.Mean, y.Minimize.Mean))
	})
	return a
}

// choice returns the figures of a policy, and its differences to the named one; that may be nil.
func (t *Search) choice(r *compare.Result, p, pick *compare.Policy) *Choice {
	goal, first := t.study.Goal, t.axis()
	c := &Choice{Name: p.Name, Spec: p.Spec, Void: p.Void, Minimize: goal.Minimize.figure(r, p), First: first.figure(r, p), Limits: []Check{}}
	c.Met = p.Void == ""
	for _, l := range goal.Limits {
		value := l.figure(r, p)
		most := l.most(r)
		check := Check{Limit: l.Text, Most: most, Value: value, Met: value.Mean <= most}
		check.Sure = r.Seeds >= compare.IntervalNodes && (value.High <= most || value.Low > most)
		c.Limits = append(c.Limits, check)
		c.Met = c.Met && check.Met
	}
	if pick == nil || p == pick || p.Void != "" {
		return c
	}
	minimize, ok := goal.Minimize.difference(r, p, pick)
	if other, both := first.difference(r, p, pick); ok && both {
		c.Cost = &Cost{minimize, other}
	}
	return c
}

// ties lists the other settings that meet the goal as well as the named one does, and are not worse for sure.
func (t *Search) ties(a *Result, r *compare.Result, pick *compare.Policy) {
	for _, s := range t.measured(r) {
		p := policyOf(r, s)
		if p == pick || p.Void != "" {
			continue
		}
		if c := t.choice(r, p, pick); c.Met == a.Pick.Met && c.Cost != nil && !c.Cost.Minimize.Sure {
			a.Ties = append(a.Ties, c.Name)
		}
	}
}

// sensitivity describes the neighbours of the named setting.
func (t *Search) sensitivity(a *Result, r *compare.Result, best *setting, pick *compare.Policy) {
	for axis, at := range best.at {
		values := best.of.Axes[axis]
		for _, step := range []int{-1, 1} {
			c := Change{Policy: values.Name, Key: values.Key, From: values.Values[at], Up: step > 0}
			next := at + step
			if next < 0 || next >= len(values.Values) {
				c.Reason = "the end of the range"
				a.Sensitivity = append(a.Sensitivity, c)
				continue
			}
			c.To = values.Values[next]
			switch s := t.step(best, axis, step); {
			case s == nil:
				c.Reason = "not a valid setting"
			case policyOf(r, s) == nil:
				c.Reason = "not simulated on all nodes"
			default:
				c.Choice = t.choice(r, policyOf(r, s), pick)
			}
			a.Sensitivity = append(a.Sensitivity, c)
		}
	}
}
