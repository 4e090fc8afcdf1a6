package sim

import (
	"cmp"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
)

// A Campaign runs many seeds, one after the other or side by side.
type Campaign struct {
	Config        // of every run; Seed is the first seed
	Seeds    int  // number of seeds; 0 means until Stop
	Workers  int  // number of seeds at once; 0 means 1
	Twice    bool // run every seed twice: see RunTwice
	Failures int  // number of failures after which to stop; 0 means 1

	// Each, unless nil, is called after every run, one call at a time.
	Each func(*Outcome, *Summary)
}

// A Summary is the sum of a campaign's outcomes.
type Summary struct {
	Seeds       int            `json:"seeds"`
	Steps       int            `json:"steps"`
	Collections int            `json:"collections"`
	Removed     int            `json:"removed"`
	Rules       map[string]int `json:"rules"`     // seeds by version of containerd
	Schedules   map[string]int `json:"schedules"` // seeds by schedule
	Faults      map[string]int `json:"faults"`
	Marks       map[Mark]int   `json:"marks"`   // how often each situation occurred
	Missing     []Mark         `json:"missing"` // situations that never occurred
	Codes       map[string]int `json:"codes"`
	Failures    []*Outcome     `json:"failures"` // by seed
}

// Run runs the campaign to its end.
func (c Campaign) Run() *Summary {
	s := NewSummary()
	started := 0
	next := func() (Config, bool) {
		enough := len(s.Failures) >= max(c.Failures, 1)
		if enough || c.Seeds > 0 && started >= c.Seeds || c.Stop != nil && c.Stop() {
			return Config{}, false
		}
		one := c.Config
		one.Seed += uint64(started)
		started++
		return one, true
	}
	run := Run
	if c.Twice {
		run = RunTwice
	}
	workers(max(c.Workers, 1), run, next, func(o *Outcome) {
		s.add(o)
		if c.Each != nil {
			c.Each(o, s)
		}
	})
	s.Missing = missing(s.Marks)
	return s
}

// NewSummary returns the summary of no seeds.
func NewSummary() *Summary {
	return &Summary{
		Rules: map[string]int{}, Schedules: map[string]int{}, Faults: map[string]int{}, Marks: map[Mark]int{},
		Codes: map[string]int{}, Missing: missing(nil), Failures: []*Outcome{},
	}
}

// Merge adds the summary of other seeds to s. The order of merges does not matter. s shares the outcomes of failures
// with the other summary.
func (s *Summary) Merge(other *Summary) {
	s.Seeds += other.Seeds
	s.Steps += other.Steps
	s.Collections += other.Collections
	s.Removed += other.Removed
	addCounts(s.Rules, other.Rules)
	addCounts(s.Schedules, other.Schedules)
	addCounts(s.Faults, other.Faults)
	addCounts(s.Marks, other.Marks)
	addCounts(s.Codes, other.Codes)
	s.Failures = append(s.Failures, other.Failures...)
	slices.SortStableFunc(s.Failures, func(a, b *Outcome) int { return cmp.Compare(a.Seed, b.Seed) })
	s.Missing = missing(s.Marks)
}

func (s *Summary) add(o *Outcome) {
	s.Seeds++
	s.Steps += o.Steps
	s.Collections += o.Collections
	s.Removed += o.Removed
	s.Rules[o.Scenario.Rules]++
	s.Schedules[o.Scenario.Schedule]++
	addCounts(s.Faults, o.Faults)
	addCounts(s.Marks, o.Marks)
	addCounts(s.Codes, o.Codes)
	if o.Failure == nil {
		return
	}
	i := 0
	for i < len(s.Failures) && s.Failures[i].Seed < o.Seed {
		i++
	}
	s.Failures = append(s.Failures[:i:i], append([]*Outcome{o}, s.Failures[i:]...)...)
}

func addCounts[K comparable](to, from map[K]int) {
	for name, n := range from {
		to[name] += n
	}
}

// RunTwice runs a seed twice and compares the hashes of the node after every step. If they differ, the outcome of the
// second run has a Failure with the rule [NotDeterministic]; otherwise RunTwice returns the first outcome.
func RunTwice(c Config) *Outcome {
	var hashes []engine.Hash
	c.Hashed = func(_ int, hash engine.Hash) { hashes = append(hashes, hash) }
	first := Run(c)
	differs := -1
	c.Hashed = func(step int, hash engine.Hash) {
		if differs < 0 && (step > len(hashes) || hashes[step-1] != hash) {
			differs = step
		}
	}
	second := Run(c)
	if differs >= 0 && first.Failure == nil {
		second.Failure = &Failure{Rule: NotDeterministic, Detail: "the hash of the node differs from that of the first run", Step: differs}
		return second
	}
	return first
}
