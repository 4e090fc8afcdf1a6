package tune

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/gc/spec"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// A Study configures a search. Zero fields have defaults.
type Study struct {
	// Load has the load, the duration and the number of nodes of the last round. Its Policies must be empty.
	Load compare.Study

	// Policies are specifications with ranges; at least one.
	Policies []string

	Goal Goal

	// Search is Halving or Grid; "" is Halving.
	Search string

	// Journal has and takes the results of nodes; nil for one in memory.
	Journal *compare.Journal
}

// The kinds of searches.
const (
	Halving = "halving" // settings that fall behind on few nodes are not simulated on more
	Grid    = "grid"    // every setting on all nodes
)

// settingsMax is the largest number of settings of a search.
const settingsMax = 900

// Search is a search in progress. Not safe for concurrent use.
type Search struct {
	study    Study
	ranges   []*compare.Range
	settings []*setting
	defaults *setting // the first policy without parameters; perhaps one of settings
	rounds   []Round
	counts   []int // of nodes, ascending
}

// A setting is one point of a range. Invariant: specs are unique in a search.
type setting struct {
	compare.Combination
	spec  string
	of    *compare.Range // nil: the default, outside of all ranges
	at    []int
	order int // in the grid
}

// Begin validates a study. Error: ErrInvalidArgument.
func Begin(s Study) (*Search, error) {
	if s.Search == "" {
		s.Search = Halving
	}
	switch {
	case s.Search != Halving && s.Search != Grid:
		return nil, fmt.Errorf("search %q: must be %s or %s: %w", s.Search, Halving, Grid, errdefs.ErrInvalidArgument)
	case len(s.Policies) == 0:
		return nil, fmt.Errorf("no policy to tune: give one with ranges, such as kubelet:high=60..90,low=40..85: %w", errdefs.ErrInvalidArgument)
	case s.Goal.Minimize.Name == "":
		return nil, fmt.Errorf("no goal: %s: %w", goalExample, errdefs.ErrInvalidArgument)
	}
	t := &Search{study: s}
	for _, text := range s.Policies {
		r, err := compare.ParseRange(text)
		if err != nil {
			return nil, err
		}
		t.ranges = append(t.ranges, r)
		for _, c := range r.Settings {
			if err := t.add(&setting{Combination: c.Combination, of: r, at: c.At}); err != nil {
				return nil, err
			}
		}
	}
	switch n := len(t.settings); {
	case n < 2:
		return nil, fmt.Errorf("%s is one setting: nothing to tune; give ranges, such as kubelet:high=60..90,low=40..85: %w",
			s.Policies[0], errdefs.ErrInvalidArgument)
	case n > settingsMax:
		return nil, fmt.Errorf("%d settings: at most %d; use larger steps, such as high=60..90/10: %w", n, settingsMax, errdefs.ErrInvalidArgument)
	}
	c, err := compare.ParseCombination(withoutRanges(s.Policies[0]))
	if err != nil {
		return nil, err
	}
	t.defaults = &setting{Combination: c}
	if t.defaults.spec, err = c.Spec(); err != nil {
		return nil, err
	}
	if same := t.find(t.defaults.spec); same != nil {
		t.defaults = same
	}
	if t.study.Journal == nil {
		if t.study.Journal, err = compare.NewJournal(s.Load, ""); err != nil {
			return nil, err
		}
	}
	running, err := compare.Begin(s.Load) // only for its defaults
	if err != nil {
		return nil, err
	}
	t.counts = []int{running.Result().Seeds}
	if s.Search == Halving {
		t.counts = halvings(running.Result().Seeds, max(1, len(s.Load.Fleet)))
	}
	return t, nil
}

// halvings returns the numbers of nodes of the rounds. Every round has each initial state.
func halvings(nodes, origins int) []int {
	return slices.Compact([]int{min(max(2, origins), nodes), min(max(5, origins), nodes), nodes})
}

// kept returns how many of a number of settings the next round has.
func kept(n, round int) int {
	least := 12
	if round > 0 {
		least = 6
	}
	return min(n, max(least, (n+2)/3))
}

// withoutRanges returns the default of a policy: the parts with ranges lose all their parameters.
func withoutRanges(text string) string {
	var parts []string
	for _, part := range spec.Sections(text) {
		if strings.Contains(part.Text, "..") {
			part.Text, _, _ = strings.Cut(part.Text, ":")
		}
		parts = append(parts, part.Text)
	}
	return strings.Join(parts, "+")
}

// add adds a setting unless an earlier range has it.
func (t *Search) add(s *setting) (err error) {
	if s.spec, err = s.Spec(); err != nil || t.find(s.spec) != nil {
		return err
	}
	s.order = len(t.settings)
	t.settings = append(t.settings, s)
	return nil
}

func (t *Search) find(spec string) *setting {
	for _, s := range t.settings {
		if s.spec == spec {
			return s
		}
	}
	return nil
}

// Progress is the progress of a search.
type Progress struct {
	Round    int // from 1
	Settings int // of this round
	Nodes    int // of each
	compare.Progress
}

// Run searches on a number of goroutines. It calls each with the progress after each step, and stop before each step;
// both may be nil, and their calls are serialized. If stop returns true, the result has the settings and nodes that
// are finished; it is nil if no node is finished under every setting. Errors: those of the simulation and the journal.
func (t *Search) Run(workers int, each func(Progress), stop func() bool) (*Result, error) {
	if stop == nil {
		stop = func() bool { return false }
	}
	list := slices.Clone(t.settings)
	var found *compare.Result
	for round, nodes := range t.counts {
		r, err := t.measure(list, nodes, false, workers, each, stop)
		if err != nil {
			return nil, err
		}
		if r != nil {
			found = r
		}
		if stop() {
			return t.result(found, true), nil
		}
		if round < len(t.counts)-1 {
			list = t.survivors(r, list, kept(len(list), round))
		}
	}
	// The neighbours of the best setting may have fallen behind on few nodes by chance.
	for {
		near := t.neighbours(t.best(found))
		before := len(list)
		for _, s := range near {
			if !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
		if len(list) == before {
			break
		}
		slices.SortFunc(list, func(a, b *setting) int { return cmp.Compare(a.order, b.order) })
		r, err := t.measure(list, t.counts[len(t.counts)-1], false, workers, each, stop)
		if err != nil {
			return nil, err
		}
		if stop() {
			return t.result(found, true), nil // r may have fewer nodes
		}
		found = r
	}
	if policyOf(found, t.pick(found)).Void != "" { // the journal has the nodes of this disk
		r, err := t.measure(list, t.counts[len(t.counts)-1], true, workers, each, stop)
		if err != nil {
			return nil, err
		}
		if r != nil {
			found = r
		}
	}
	return t.result(found, stop()), nil
}

// measure simulates settings, the default and the clairvoyant policy on a number of nodes. If larger is true and
// requests fail under all of them, it also tries larger disks. The result is nil if measure was stopped before any node
// was finished under all settings.
func (t *Search) measure(list []*setting, nodes int, larger bool, workers int, each func(Progress), stop func() bool) (*compare.Result, error) {
	s := t.study.Load
	s.Seeds = nodes
	s.Policies = nil
	s.FixedDisk = !larger
	all := list
	if !slices.Contains(list, t.defaults) {
		all = append(slices.Clone(list), t.defaults)
	}
	for _, one := range all {
		s.Policies = append(s.Policies, one.Combination)
	}
	running, err := compare.Begin(s)
	if err == nil {
		err = running.Keep(t.study.Journal)
	}
	if err != nil {
		return nil, err
	}
	if last := len(t.rounds) - 1; last >= 0 && t.rounds[last].Nodes == nodes {
		t.rounds[last].Settings = len(list) // neighbours join the last round
	} else {
		t.rounds = append(t.rounds, Round{len(list), nodes})
	}
	show := func(at compare.Progress) {
		if each != nil {
			each(Progress{len(t.rounds), len(list), nodes, at})
		}
	}
	if err := running.Run(workers, show, stop); err != nil {
		return nil, err
	}
	r, _ := running.Partial()
	if r != nil {
		r.Larger = running.Result().Larger
	}
	return r, nil
}

// policyOf returns the figures of a setting; nil if the result lacks it.
func policyOf(r *compare.Result, s *setting) *compare.Policy {
	if r == nil || s == nil {
		return nil
	}
	for i := range r.Policies {
		if r.Policies[i].Spec == s.spec {
			return &r.Policies[i]
		}
	}
	return nil
}

// A score orders settings: the failures first, then by how much limits are exceeded, then the minimized quantity.
type score struct{ failed, excess, minimize, first float64 }

func (t *Search) score(r *compare.Result, s *setting) score {
	p := policyOf(r, s)
	a := score{minimize: t.study.Goal.Minimize.figure(r, p).Mean, first: t.axis().figure(r, p).Mean}
	if p.Void != "" {
		a.failed = p.Metric("disk full").Mean
	}
	for _, l := range t.study.Goal.Limits {
		a.excess += max(0, l.figure(r, p).Mean/l.most(r)-1)
	}
	return a
}

func (a score) compare(b score) int {
	return cmp.Or(cmp.Compare(a.failed, b.failed), cmp.Compare(a.excess, b.excess), cmp.Compare(a.minimize, b.minimize),
		cmp.Compare(a.first, b.first))
}

// ranked returns the settings of a result, the best first. Of equal ones the default is first, then the grid's first.
func (t *Search) ranked(r *compare.Result, list []*setting) []*setting {
	list = slices.Clone(list)
	distance := func(s *setting) int {
		if s == t.defaults {
			return -1
		}
		return s.order
	}
	slices.SortStableFunc(list, func(a, b *setting) int {
		return cmp.Or(t.score(r, a).compare(t.score(r, b)), cmp.Compare(distance(a), distance(b)))
	})
	return list
}

// measured returns the settings of the ranges that a result has.
func (t *Search) measured(r *compare.Result) (list []*setting) {
	for _, s := range t.settings {
		if policyOf(r, s) != nil {
			list = append(list, s)
		}
	}
	return list
}

// best returns the best setting of a result.
func (t *Search) best(r *compare.Result) *setting { return t.ranked(r, t.measured(r))[0] }

// pick returns the best setting of a result, or the default if that is better: it may be outside of the ranges.
func (t *Search) pick(r *compare.Result) *setting {
	list := t.measured(r)
	if !slices.Contains(list, t.defaults) && policyOf(r, t.defaults) != nil {
		list = append(list, t.defaults)
	}
	return t.ranked(r, list)[0]
}

// survivors returns the n settings of the next round in the grid's order: half of them the best by the goal, then the
// efficient ones, then the next best.
func (t *Search) survivors(r *compare.Result, list []*setting, n int) []*setting {
	ranked := t.ranked(r, list)
	next := slices.Clone(ranked[:min((n+1)/2, len(ranked))])
	for _, more := range [][]*setting{t.front(r, ranked), ranked} {
		for _, s := range more {
			if len(next) < n && !slices.Contains(next, s) {
				next = append(next, s)
			}
		}
	}
	slices.SortFunc(next, func(a, b *setting) int { return cmp.Compare(a.order, b.order) })
	return next
}

// axis returns the quantity that the front has beside the minimized one: that of the first limit, or else the disk, or
// for a goal that minimizes the disk the bytes pulled again.
func (t *Search) axis() Quantity {
	if len(t.study.Goal.Limits) > 0 && t.study.Goal.Limits[0].Name != t.study.Goal.Minimize.Name {
		return t.study.Goal.Limits[0].Quantity
	}
	name := "disk"
	if t.study.Goal.Minimize.disk {
		name = "refetch"
	}
	q, err := quantity(name)
	if err != nil {
		panic(err) // a constant of this package
	}
	return q
}

// front returns the efficient ones of some settings, in their order.
func (t *Search) front(r *compare.Result, list []*setting) (front []*setting) {
	for _, s := range list {
		a := t.score(r, s)
		if a.failed > 0 {
			continue
		}
		beaten := slices.ContainsFunc(list, func(other *setting) bool {
			b := t.score(r, other)
			return !(b.failed > 0) && b.first <= a.first && b.minimize <= a.minimize && (b.first < a.first || b.minimize < a.minimize)
		})
		if !beaten {
			front = append(front, s)
		}
	}
	return front
}

// neighbours returns the settings that differ from one by one step of one parameter.
func (t *Search) neighbours(s *setting) (list []*setting) {
	for axis := range s.at {
		for _, step := range []int{-1, 1} {
			if n := t.step(s, axis, step); n != nil {
				list = append(list, n)
			}
		}
	}
	return list
}

// step returns the setting that is one step from another on an axis; nil if there is none.
func (t *Search) step(s *setting, axis, step int) *setting {
	at := slices.Clone(s.at)
	at[axis] += step
	for _, other := range t.settings {
		if other.of == s.of && slices.Equal(other.at, at) {
			return other
		}
	}
	return nil
}
