package proptest

import (
	"maps"
	"slices"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/commands"
	"github.com/leanovate/gopter/prop"

	"github.com/holdfast-gc/holdfast/gc/spec"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// An Option configures a check.
type Option func(*options)

type options struct {
	seed   int64
	cases  int
	size   int
	laws   []LawName
	tries  int // the most cases for shortening a counterexample
	around func(run func())
}

// WithSeed sets the seed of the random cases. The default is 1. The same seed gives the same cases.
func WithSeed(seed int64) Option { return func(o *options) { o.seed = seed } }

// WithCases sets the number of histories per law. The default is 100.
func WithCases(n int) Option { return func(o *options) { o.cases = n } }

// WithSize sets the number of Ops of the largest histories. The default is 60. Histories grow from case to case.
func WithSize(n int) Option { return func(o *options) { o.size = n } }

// WithLaws restricts the check to these laws. An unknown name is an error that lists all laws.
func WithLaws(names ...LawName) Option { return func(o *options) { o.laws = append(o.laws, names...) } }

// WithAround runs every history inside around, which must call its argument once. Use it for preparation and clean-up,
// or to run histories in a bubble of package testing/synctest, where a system that reads the clock itself gets a
// controlled time.
func WithAround(around func(run func())) Option { return func(o *options) { o.around = around } }

func optionsOf(opts []Option) options {
	o := options{seed: 1, cases: 100, size: 60, tries: 20_000, around: func(run func()) { run() }}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// Check checks the laws on systems made by new, and returns a report. It needs no test. If a name of a law is unknown,
// or no system can be made, only Report.Err is set.
func Check(new New, opts ...Option) *Report { return check(new, optionsOf(opts)) }

func check(new New, o options) *Report {
	report := &Report{Seed: o.seed, Size: o.size, labels: labels{}}
	t := &trial{new: new, mark: report.labels.add, around: o.around}
	if report.Err = knownLaws(o.laws); report.Err != nil {
		return report
	}
	if report.Err = t.probe(); report.Err != nil {
		return report
	}
	for p, kept := range t.promises {
		if kept {
			report.Promises = append(report.Promises, p)
		}
	}
	slices.Sort(report.Promises)
	report.Missing = slices.Sorted(maps.Keys(t.missing))
	for _, l := range o.selected() {
		c := &lawCheck{Law: l, options: o, report: report, trial: t}
		report.Laws = append(report.Laws, c.run())
	}
	return report
}

// selected returns the laws that the options select.
func (o options) selected() []Law {
	return slices.DeleteFunc(Laws(), func(l Law) bool { return len(o.laws) > 0 && !slices.Contains(o.laws, l.Name) })
}

// A lawCheck is the check of one law.
//
// Invariant: found and history are set together, and history breaks the law as found says. While gopter shrinks, they
// describe the shortest failing history so far.
type lawCheck struct {
	Law
	options
	report *Report
	trial  *trial

	found   *violation
	history generate.History
}

// run checks the law on random histories.
func (c *lawCheck) run() LawReport {
	r := LawReport{Law: c.Law.Name, Absent: c.absent(c.trial.promises)}
	if r.Absent != "" {
		return r
	}
	p := gopter.DefaultTestParametersWithSeed(c.seed ^ int64(c.stream))
	p.MinSuccessfulTests, p.MinSize, p.MaxSize, p.Workers, p.MaxShrinkCount = c.cases, 2, c.size, 1, 200
	result := c.property().Check(p)
	r.Cases = result.Succeeded
	if c.found != nil {
		r.Cases++
		r.Failure = c.failure()
		r.Failure.Cases = r.Cases
	}
	return r
}

// property returns the law as a gopter property.
func (c *lawCheck) property() gopter.Prop {
	if c.sorts != 0 {
		return commands.Prop(machine{sorts: allowed(c.sorts, c.trial.promises), try: c.try})
	}
	return prop.ForAll(c.try, c.histories(c.trial.promises))
}

// try checks the law on a history, and keeps the history if it breaks the law.
func (c *lawCheck) try(h generate.History) bool {
	if c.found == nil {
		c.report.labels.history(h)
	}
	b := c.trial.try(c.Law, h)
	if b != nil {
		c.found, c.history = b, h
	}
	return b == nil
}

// failure shortens the counterexample and returns it.
func (c *lawCheck) failure() *Failure {
	r := reducer{trial: c.trial, law: c.Law, how: c.found, best: c.history, tries: c.tries}
	r.reduce()
	return &Failure{
		Law: r.how.law, Check: c.Law.Name, Rule: r.how.rule, Detail: r.how.detail,
		Setup: r.best.Setup, Ops: r.best.Ops, InitialOps: len(c.history.Ops), Seed: c.seed,
	}
}

// knownLaws returns an error that lists all laws, and those with a near name, if one of the names is unknown.
func knownLaws(names []LawName) error {
	for _, name := range names {
		if !slices.ContainsFunc(laws, func(l Law) bool { return l.Name == name }) {
			return unknownLaw(name)
		}
	}
	return nil
}

func unknownLaw(name LawName) error {
	var known []string
	for _, l := range laws {
		known = append(known, string(l.Name))
	}
	return spec.Unknown("law", string(name), known)
}
