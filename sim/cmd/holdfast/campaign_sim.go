package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/fleet"
	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/guide"
	"github.com/holdfast-gc/holdfast/sim/shrink"
)

// simParams are the parameters of a campaign of simulations.
type simParams struct {
	First        uint64        `json:"first"`
	Seeds        int           `json:"seeds"` // 0: no end
	Ops          int           `json:"ops"`
	Profile      string        `json:"profile"`
	Schedule     string        `json:"schedule,omitempty"`
	CollectEvery int           `json:"collect_every,omitempty"`
	Faults       string        `json:"faults,omitempty"` // as for --faults
	FaultEvery   int           `json:"fault_every,omitempty"`
	Plant        sim.PlantName `json:"plant,omitempty"`
	Twice        bool          `json:"twice,omitempty"`
	Guide        int           `json:"guide,omitempty"` // seeds per round; 0: no guidance
	Shrink       int           `json:"shrink"`          // number of failures of each kind to shrink
}

// The kinds of tasks.
const (
	seedsTask  = "seeds"
	shrinkTask = "shrink"
)

// A failureKind is the part of a failure by which shrinking compares it. See [sim.Shrink].
type failureKind string

func kindOf(f *sim.Failure) failureKind {
	return failureKind(fmt.Sprintf("%s|%s|%t", f.Rule, f.Call, f.Quiet))
}

// A seedsResult is the result of a task of seeds. Its summary has the first failures of each kind, failed counts all.
type seedsResult struct {
	Summary *sim.Summary        `json:"summary"`
	Failed  map[failureKind]int `json:"failed"`
	Tally   *guide.Tally        `json:"tally,omitempty"` // of a guided campaign
}

// A shrunkFailure is the result of a task that shrinks the failure of one seed.
type shrunkFailure struct {
	Failure *sim.Failure `json:"failure"`
	Last    []engine.Op  `json:"last"`  // the last steps of the whole run
	Trace   string       `json:"trace"` // the shrunk trace, as a file for "holdfast replay"
	trace   []engine.Op
	setup   engine.Setup
}

// A simJob runs seeds in chunks, and then shrinks the traces of failing seeds.
//
// Invariants: merged and failed have the results of all finished tasks of seeds. next is the first seed that is not
// planned. Every failure in merged belongs to the first params.Shrink of its kind. In a guided campaign, tally has the
// same results as merged, and no seed of a round is planned before all results of the rounds before are there.
type simJob struct {
	*console
	params  simParams
	config  sim.Config
	merged  *sim.Summary
	failed  map[failureKind]int
	shrunk  map[uint64]*shrunkFailure
	asked   map[uint64]bool // seeds for which shrinking is planned
	next    uint64
	tally   *guide.Tally
	rounds  []guidedRound // that have begun
	seconds float64       // of workers, for the seeds in merged
	stopped bool
	broken  error // the plan has other weights than those that the results lead to
}

// A guidedRound is a number of seeds with the same weights.
type guidedRound struct {
	First   uint64 `json:"first"`   // seed
	Weights string `json:"weights"` // as for --weights
}

func newSimJob(c *console, params []byte, _ func(string) ([]byte, error)) (campaignJob, error) {
	j := &simJob{
		console: c, merged: sim.NewSummary(), failed: map[failureKind]int{}, shrunk: map[uint64]*shrunkFailure{}, asked: map[uint64]bool{},
		tally: guide.New(),
	}
	p := &j.params
	if err := json.Unmarshal(params, p); err != nil {
		return nil, err
	}
	faults, err := parseFaults(p.Faults)
	if err != nil {
		return nil, err
	}
	j.next = p.First
	j.config = sim.Config{
		Ops: p.Ops, Profile: p.Profile, Schedule: p.Schedule, CollectEvery: p.CollectEvery, Faults: faults, FaultEvery: p.FaultEvery, Plant: p.Plant,
	}
	return j, j.config.Validate()
}

// Run runs a chunk of seeds, or shrinks one failure.
func (j *simJob) Run(t fleet.Task, stop func() bool) ([]byte, error) {
	c := j.config
	c.Seed, c.Stop = t.First, stop
	var err error
	if c.Weights, err = sim.ParseWeights(t.Settings); err != nil {
		return nil, err
	}
	if t.Kind == shrinkTask {
		return j.runShrink(c)
	}
	r := seedsResult{Failed: map[failureKind]int{}}
	if j.params.Guide > 0 {
		r.Tally = guide.New()
	}
	r.Summary = sim.Campaign{Config: c, Seeds: t.Count, Twice: j.params.Twice, Failures: math.MaxInt, Each: func(o *sim.Outcome, s *sim.Summary) {
		if r.Tally != nil {
			r.Tally.Add(o)
		}
		if o.Failure != nil {
			r.Failed[kindOf(o.Failure)]++
			o.Failure.Trace = nil // its memory; shrinking runs the seed again
			s.Failures = firstOfKinds(s.Failures, j.params.Shrink)
		}
	}}.Run()
	if stop() {
		return nil, fleet.ErrStopped
	}
	return json.Marshal(r)
}

// firstOfKinds returns the first n failures of each kind. The outcomes are in the order of seeds.
func firstOfKinds(outcomes []*sim.Outcome, n int) []*sim.Outcome {
	count := map[failureKind]int{}
	kept := []*sim.Outcome{}
	for _, o := range outcomes {
		if count[kindOf(o.Failure)]++; count[kindOf(o.Failure)] <= n {
			kept = append(kept, o)
		}
	}
	return kept
}

func (j *simJob) runShrink(c sim.Config) ([]byte, error) {
	o := sim.Run(c)
	switch {
	case c.Stop():
		return nil, fleet.ErrStopped
	case o.Failure == nil:
		return nil, fmt.Errorf("seed %d failed before and does not fail now: the run is not deterministic", c.Seed)
	}
	trace := o.Failure.Trace
	f := sim.Shrink(o.Failure, shrinkBudget, c.Stop)
	if c.Stop() {
		return nil, fleet.ErrStopped
	}
	var text bytes.Buffer
	if err := writeOps(&text, f.Setup, f.Trace); err != nil {
		return nil, err
	}
	return json.Marshal(shrunkFailure{Failure: f, Last: trace[max(len(trace)-lastSteps, 0):], Trace: text.String()})
}

const (
	chunkSeconds = 10   // the aim for a task of seeds
	chunkLeast   = 0.05 // seconds; smaller tasks would cost more than they save
	resultRate   = 10   // results per second of all workers; many workers get longer tasks: docs/CAMPAIGNS.md
)

// Plan plans the shrinking of new failures, and further chunks of seeds.
func (j *simJob) Plan(p fleet.Pace) (tasks []fleet.Task) {
	for _, o := range j.merged.Failures {
		if !j.asked[o.Seed] && o.Failure.Rule != sim.NotDeterministic && o.Failure.Rule != sim.InvalidConfig {
			tasks = append(tasks, fleet.Task{Kind: shrinkTask, First: o.Seed, Count: 1, Settings: j.weights(o.Seed)})
			j.asked[o.Seed] = true
		}
	}
	for len(tasks) < p.Room && !j.stopped {
		count := j.chunk(p.Workers)
		// A new round begins when all results are there, except those of tasks set aside.
		waits := j.begins(j.next) && j.merged.Seeds < int(j.next-j.params.First) && p.Open+len(tasks) > 0
		if count == 0 || waits {
			break
		}
		tasks = append(tasks, fleet.Task{Kind: seedsTask, First: j.next, Count: count, Settings: j.weights(j.next)})
		j.next += uint64(count)
	}
	return tasks
}

// begins reports whether a round of a guided campaign begins at a seed.
func (j *simJob) begins(seed uint64) bool {
	return j.params.Guide > 0 && (seed-j.params.First)%uint64(j.params.Guide) == 0
}

// weights returns the weights of a seed, which belongs to the newest round or an earlier one. If the seed is the first
// one of its round, the weights follow from the results so far.
func (j *simJob) weights(seed uint64) string {
	if j.params.Guide == 0 {
		return ""
	}
	round := int((seed - j.params.First) / uint64(j.params.Guide))
	if round == len(j.rounds) {
		j.rounds = append(j.rounds, guidedRound{seed, j.tally.Weights().String()})
	}
	return j.rounds[round].Weights
}

// chunk returns the number of seeds of the next task, 0 if there are no more seeds. Tasks become shorter towards the
// end of the campaign or the round, so that all workers end at about the same time.
func (j *simJob) chunk(workers int) int {
	left := math.MaxInt
	if j.params.Seeds > 0 {
		left = j.params.Seeds - int(j.next-j.params.First)
	}
	if g := j.params.Guide; g > 0 {
		left = min(left, g-int((j.next-j.params.First)%uint64(g)))
	}
	if left <= 0 || j.merged.Seeds == 0 {
		return min(left, 1)
	}
	perSeed := j.perSeed()
	aim := max(chunkSeconds, float64(workers)/resultRate)
	size := min(aim/perSeed, max(float64(left)/float64(4*workers), chunkLeast/perSeed))
	return min(max(int(min(size, 1e6)), 1), left)
}

// perSeed returns the time of a worker for one seed in seconds, 0 if it is unknown.
func (j *simJob) perSeed() float64 {
	if j.merged.Seeds == 0 {
		return 0
	}
	return max(j.seconds/float64(j.merged.Seeds), 1e-6)
}

// Planned records a task of an earlier coordinator, and checks its decision.
func (j *simJob) Planned(t fleet.Task) {
	if want := j.weights(t.First); t.Settings != want && j.broken == nil {
		j.broken = fmt.Errorf("the plan gives seed %d the weights %q, but the results lead to %q", t.First, t.Settings, want)
	}
	if t.Kind == shrinkTask {
		j.asked[t.First] = true
		return
	}
	j.next = max(j.next, t.First+uint64(t.Count))
}

// Add merges a result.
func (j *simJob) Add(t fleet.Task, r fleet.Result) error {
	if j.broken != nil {
		return j.broken
	}
	if t.Kind == shrinkTask {
		f := &shrunkFailure{}
		if err := json.Unmarshal(r.Data, f); err != nil {
			return err
		}
		var err error
		f.setup, f.trace, err = readOps(strings.NewReader(f.Trace))
		if err != nil {
			return err
		}
		f.Failure.Trace = f.trace
		j.shrunk[t.First] = f
		return nil
	}
	var s seedsResult
	if err := json.Unmarshal(r.Data, &s); err != nil {
		return err
	}
	j.merged.Merge(s.Summary)
	if s.Tally != nil {
		j.tally.Merge(s.Tally)
	}
	j.merged.Failures = firstOfKinds(j.merged.Failures, j.params.Shrink)
	for kind, n := range s.Failed {
		j.failed[kind] += n
	}
	j.seconds += r.Seconds
	return nil
}

func (j *simJob) stop() { j.stopped = true }

// failures returns the number of failed seeds.
func (j *simJob) failures() (n int) {
	for _, count := range j.failed {
		n += count
	}
	return n
}

func (j *simJob) progress() jobProgress {
	return jobProgress{
		Done: j.merged.Seeds, Total: j.params.Seeds, Unit: "seeds", Failures: j.failures(), PerUnit: j.perSeed(),
		Text: fmt.Sprintf("%s, %s steps, %d of %d situations", plural(j.merged.Seeds, "seed", "seeds"), humanCount(j.merged.Steps),
			len(sim.Marks())-len(j.merged.Missing), len(sim.Marks())),
	}
}

// summary returns the merged summary, with shrunk failures.
func (j *simJob) summary() *sim.Summary {
	s := *j.merged
	s.Failures = []*sim.Outcome{}
	for _, o := range j.merged.Failures {
		outcome := *o
		if f := j.shrunk[o.Seed]; f != nil {
			outcome.Failure = f.Failure
		}
		s.Failures = append(s.Failures, &outcome)
	}
	return &s
}

// A distinctFailure stands for all failures with the same shrunk trace, up to names.
type distinctFailure struct {
	Rule  string   `json:"rule"`
	Seeds []uint64 `json:"seeds"`          // among the shrunk failures
	Trace []string `json:"trace"`          // of the first seed
	File  string   `json:"file,omitempty"` // with the trace, if it was written
	first *sim.Outcome
}

// distinct groups failures of the same kind and the same shape.
func (j *simJob) distinct(s *sim.Summary) (list []*distinctFailure) {
	groups := map[string]*distinctFailure{}
	for _, o := range s.Failures {
		shape := string(kindOf(o.Failure))
		if f := j.shrunk[o.Seed]; f != nil {
			shape += "\n" + shrink.Shape(f.trace)
		} else {
			shape += fmt.Sprintf("\nseed %d", o.Seed)
		}
		g := groups[shape]
		if g == nil {
			g = &distinctFailure{Rule: string(o.Failure.Rule), Trace: []string{}, first: o}
			for _, op := range o.Failure.Trace {
				g.Trace = append(g.Trace, op.String())
			}
			groups[shape] = g
			list = append(list, g)
		}
		g.Seeds = append(g.Seeds, o.Seed)
	}
	slices.SortStableFunc(list, func(a, b *distinctFailure) int { return cmp.Compare(len(b.Seeds), len(a.Seeds)) })
	return list
}

// simCampaignAnswer is the JSON answer of a campaign of simulations. Its first part is that of "holdfast sim --json";
// its seconds are those of all workers together.
type simCampaignAnswer struct {
	simAnswer
	Campaign campaignInfo       `json:"campaign"`
	Failed   int                `json:"failed"` // seeds
	Distinct []*distinctFailure `json:"distinct"`
	Rounds   []guidedRound      `json:"rounds,omitempty"` // of a guided campaign
}

func (j *simJob) show(o showOptions) error {
	s := j.summary()
	distinct := j.distinct(s)
	v := j.simulation(j.params.First)
	var found []finding
	for _, d := range distinct {
		f := finding{Outcome: d.first}
		if short := j.shrunk[d.first.Seed]; short != nil {
			f.last = short.Last
			f.file = fmt.Sprintf("sim-%d.jsonl", d.first.Seed)
			if o.output != "" {
				f.file = filepath.Join(o.output, f.file)
				if err := writeTrace(f.file, short.setup, short.trace); err != nil {
					return &fileError{err}
				}
				d.File = f.file
			}
		}
		found = append(found, f)
	}
	perSecond := float64(s.Steps) / max(j.seconds, 1e-9)
	answer := simCampaignAnswer{
		simAnswer{simVersion, !o.done, s, j.seconds, perSecond}, newCampaignInfo(o, j.progress()), j.failures(), distinct, j.rounds,
	}
	if o.report != "" {
		if err := j.writeReport(o.report, answer, found); err != nil {
			return err
		}
	}
	if o.asJSON {
		if err := j.printJSON(answer); err != nil {
			return err
		}
	} else {
		v.print(s, j.failures(), "steps per second of a worker", perSecond, !o.done)
		for i, f := range found {
			j.simulation(f.Seed).printFailure(f)
			j.printAlso(distinct[i])
		}
		j.printFailureKinds(s)
		j.printSetAside(o.progress.Failures, func(t fleet.Task) string { return j.simulation(t.First).rerun(t.First, t.Count) })
	}
	if j.failures() > 0 || len(o.progress.Failures) > 0 {
		return errFindings
	}
	return nil
}

// printAlso lists the other seeds of a distinct failure.
func (j *simJob) printAlso(d *distinctFailure) {
	if others := d.Seeds[1:]; len(others) > 0 {
		var names []string
		for _, seed := range others[:min(len(others), listedMax)] {
			names = append(names, fmt.Sprint(seed))
		}
		j.line("", "The same trace, up to names, from %s: %s", plural(len(others), "other seed", "other seeds"), strings.Join(names, ", "))
	}
}

// printFailureKinds tells the kinds of failures of which only a part was shrunk.
func (j *simJob) printFailureKinds(s *sim.Summary) {
	shown := map[failureKind]int{}
	rules := map[failureKind]string{}
	for _, o := range s.Failures {
		shown[kindOf(o.Failure)]++
		rules[kindOf(o.Failure)] = string(o.Failure.Rule)
	}
	for _, kind := range slices.Sorted(maps.Keys(j.failed)) {
		if more := j.failed[kind] - shown[kind]; more > 0 {
			j.blank()
			j.line("", "%s in the same check, and were not shrunk: %s", plural(more, "further seed failed", "further seeds failed"), rules[kind])
		}
	}
}

// simulation returns the run of the verb sim with the campaign's flags, and the weights of a planned seed.
func (j *simJob) simulation(seed uint64) *simulation {
	v := &simulation{console: j.console, campaign: sim.Campaign{Config: j.seeded(), Seeds: j.params.Seeds}, faults: j.params.Faults}
	if len(j.rounds) > 0 {
		v.weights = j.weights(seed)
	}
	return v
}

func (j *simJob) seeded() sim.Config {
	c := j.config
	c.Seed = j.params.First
	return c
}

// seedRange parses the value of --seeds: a number of seeds, or FIRST..LAST.
func seedRange(text string) (first uint64, seeds int, ranged bool, err error) {
	var last uint64
	if from, to, ok := strings.Cut(text, ".."); ok {
		if _, err = fmt.Sscanf(from+" "+to, "%d %d", &first, &last); err == nil && (last < first || last-first >= math.MaxInt32) {
			err = errors.New("reversed or too long")
		}
		if err != nil || fmt.Sprintf("%d..%d", first, last) != text {
			return 0, 0, false, fmt.Errorf("--seeds %s: must be a number or a range such as 1..1000", text)
		}
		return first, int(last-first) + 1, true, nil
	}
	if _, err = fmt.Sscanf(text, "%d", &seeds); err != nil || seeds < 0 || fmt.Sprint(seeds) != text {
		return 0, 0, false, fmt.Errorf("--seeds %s: must be a number or a range such as 1..1000", text)
	}
	return 0, seeds, false, nil
}
