package proptest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/commands"
	"github.com/leanovate/gopter/prop"

	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// An Option sets something about a check.
type Option func(*options)

type options struct {
	seed   int64
	cases  int
	size   int
	laws   []LawName
	tries  int // how many cases the reduction of a counterexample may take
	around func(run func())
}

// WithSeed sets the seed, which is 1 otherwise. The same seed gives the same cases.
func WithSeed(seed int64) Option { return func(o *options) { o.seed = seed } }

// WithCases sets how many histories each law is held against, instead of 100.
func WithCases(n int) Option { return func(o *options) { o.cases = n } }

// WithSize sets how many Ops the largest histories have, instead of 60. Small ones come first.
func WithSize(n int) Option { return func(o *options) { o.size = n } }

// WithLaws has only laws of those names checked. Names that no law has are ignored.
func WithLaws(names ...LawName) Option { return func(o *options) { o.laws = append(o.laws, names...) } }

// WithAround has around called for every history, with a function that runs it: to prepare and tidy up, or to have it run
// in a bubble of package testing/synctest, where a system that reads the clock by itself has a time that can be moved.
func WithAround(around func(run func())) Option { return func(o *options) { o.around = around } }

func optionsOf(opts []Option) options {
	o := options{seed: 1, cases: 100, size: 60, tries: 20_000, around: func(run func()) { run() }}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// Check holds the laws against systems that new makes, and returns what it found. It needs no test.
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
	for _, l := range laws {
		if len(o.laws) > 0 && !slices.Contains(o.laws, l.Name) {
			continue
		}
		c := &lawCheck{Law: l, options: o, report: report, trial: t}
		report.Laws = append(report.Laws, c.run())
	}
	return report
}

// A checking is one law that is being checked.
type lawCheck struct {
	Law
	options
	report *Report
	trial  *trial

	found   *violation
	history generate.History // by which it was found; gopter makes it shorter
}

// run checks the law.
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

// property is the law as gopter has it.
func (c *lawCheck) property() gopter.Prop {
	if c.sorts != 0 {
		return commands.Prop(machine{sorts: allowed(c.sorts, c.trial.promises), try: c.try})
	}
	return prop.ForAll(c.try, c.histories(c.trial.promises))
}

// try holds the law against a history. While gopter shrinks, the last one that breaks the law is the shortest.
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

// failure makes the counterexample short.
func (c *lawCheck) failure() *Failure {
	r := reducer{trial: c.trial, law: c.Law, how: c.found, best: c.history, tries: c.tries}
	r.reduce()
	return &Failure{
		Law: r.how.law, Check: c.Law.Name, Rule: r.how.rule, Detail: r.how.detail,
		Setup: r.best.Setup, Ops: r.best.Ops, Drawn: len(c.history.Ops), Seed: c.seed,
	}
}

// knownLaws returns an error that lists all laws if one of the names is unknown.
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
	return fmt.Errorf("unknown law %q: must be one of %s", name, strings.Join(known, "; "))
}
