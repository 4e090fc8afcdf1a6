package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/fleet"
	"github.com/holdfast-gc/holdfast/sim/shrink"
)

// lawsParams are the parameters of a campaign of laws.
type lawsParams struct {
	Seed      uint64             `json:"seed"`           // of the first task; the next one has the next seed
	Histories int                `json:"histories"`      // for each law; 0: no end
	Laws      []proptest.LawName `json:"laws,omitempty"` // empty: all
}

// historiesTask is the kind of tasks of laws: Count histories of each law, with the seed First.
const historiesTask = "histories"

// lawsChunk is the number of histories of a task. It is fixed, because the size of a history depends on its number.
const lawsChunk = 50

// A lawResult is the result of one law in one task, and the sum of these.
type lawResult struct {
	Law    proptest.LawName `json:"law"`
	Cases  int              `json:"cases"`
	Absent proptest.Promise `json:"absent,omitempty"` // the missing promise for which the law was skipped
}

// A brokenLaw is a counterexample.
type brokenLaw struct {
	Law    proptest.LawName `json:"law"`
	Rule   string           `json:"rule"`
	Detail string           `json:"detail"`
	Seeds  []int64          `json:"seeds"` // that give the same counterexample, up to names
	Trace  string           `json:"trace"` // of the first seed, as a file for "holdfast replay"
	Shape  string           `json:"shape"` // of the trace
}

// A lawsResult is the result of a task, and the sum of these.
type lawsResult struct {
	Laws   []lawResult  `json:"laws"`
	Broken []*brokenLaw `json:"broken"` // by law and shape of the counterexample
}

// A lawsJob checks the laws of package proptest on histories.
type lawsJob struct {
	*console
	params  lawsParams
	merged  lawsResult
	next    uint64 // the seed of the next task
	planned int    // histories of each law
	done    int    // histories of each law
	seconds float64
	stopped bool
}

func newLawsJob(c *console, params []byte, _ func(string) ([]byte, error)) (campaignJob, error) {
	j := &lawsJob{console: c, merged: lawsResult{Laws: []lawResult{}, Broken: []*brokenLaw{}}}
	if err := json.Unmarshal(params, &j.params); err != nil {
		return nil, err
	}
	j.next = j.params.Seed
	return j, nil
}

// Run checks the laws on the histories of one seed. It cannot be stopped early, but takes a few seconds only.
func (j *lawsJob) Run(t fleet.Task, stop func() bool) ([]byte, error) {
	report := proptest.Check(proptest.Engine(), proptest.WithSeed(int64(t.First)), proptest.WithCases(t.Count), proptest.WithLaws(j.params.Laws...))
	if report.Err != nil {
		return nil, report.Err
	}
	if stop() {
		return nil, fleet.ErrStopped
	}
	r := lawsResult{Laws: []lawResult{}, Broken: []*brokenLaw{}}
	for _, l := range report.Laws {
		r.Laws = append(r.Laws, lawResult{l.Law, l.Cases, l.Absent})
	}
	for _, f := range report.Failures() {
		r.Broken = append(r.Broken, &brokenLaw{f.Check, f.Rule, f.Detail, []int64{f.Seed}, string(f.Trace()), shrink.Shape(f.Ops)})
	}
	return json.Marshal(r)
}

// Plan plans further histories.
func (j *lawsJob) Plan(p fleet.Pace) (tasks []fleet.Task) {
	for len(tasks) < p.Room && !j.stopped {
		count := lawsChunk
		if j.params.Histories > 0 {
			count = min(count, j.params.Histories-j.planned)
		}
		if count == 0 {
			break
		}
		t := fleet.Task{Kind: historiesTask, First: j.next, Count: count}
		j.Planned(t)
		tasks = append(tasks, t)
	}
	return tasks
}

// Planned records a planned task.
func (j *lawsJob) Planned(t fleet.Task) {
	j.next = max(j.next, t.First+1)
	j.planned += t.Count
}

// Add merges a result. The sum does not depend on the order.
func (j *lawsJob) Add(t fleet.Task, r fleet.Result) error {
	var part lawsResult
	if err := json.Unmarshal(r.Data, &part); err != nil {
		return err
	}
	j.done += t.Count
	j.seconds += r.Seconds
	for i, l := range part.Laws {
		if i == len(j.merged.Laws) {
			j.merged.Laws = append(j.merged.Laws, lawResult{Law: l.Law, Absent: l.Absent})
		}
		j.merged.Laws[i].Cases += l.Cases
	}
	for _, b := range part.Broken {
		at := slices.IndexFunc(j.merged.Broken, func(o *brokenLaw) bool { return o.Law == b.Law && o.Shape == b.Shape })
		if at < 0 {
			j.merged.Broken = append(j.merged.Broken, b)
			continue
		}
		known := j.merged.Broken[at]
		if b.Seeds[0] < known.Seeds[0] {
			known.Rule, known.Detail, known.Trace = b.Rule, b.Detail, b.Trace
		}
		known.Seeds = append(known.Seeds, b.Seeds...)
		slices.Sort(known.Seeds)
	}
	slices.SortFunc(j.merged.Broken, func(a, b *brokenLaw) int {
		return cmp.Or(cmp.Compare(a.Law, b.Law), cmp.Compare(a.Seeds[0], b.Seeds[0]))
	})
	return nil
}

func (j *lawsJob) stop() { j.stopped = true }

func (j *lawsJob) progress() jobProgress {
	return jobProgress{
		Done: j.done, Total: j.params.Histories, Unit: "histories", Failures: len(j.merged.Broken), PerUnit: j.seconds / float64(max(j.done, 1)),
		Text: fmt.Sprintf("%s of each law", plural(j.done, "history", "histories")),
	}
}

// lawsAnswer is the JSON answer of a campaign of laws.
type lawsAnswer struct {
	Version int `json:"version"`
	lawsResult
	Campaign campaignInfo `json:"campaign"`
}

// lawsVersion is the version of the JSON answer.
const lawsVersion = 1

func (j *lawsJob) show(o showOptions) error {
	var files []string
	for i, b := range j.merged.Broken {
		if o.output != "" {
			name := filepath.Join(o.output, fmt.Sprintf("law-%d.jsonl", i+1))
			if err := os.WriteFile(name, []byte(b.Trace), 0o666); err != nil {
				return &fileError{err}
			}
			files = append(files, name)
		}
	}
	answer := lawsAnswer{lawsVersion, j.merged, newCampaignInfo(o, j.progress())}
	if o.report != "" {
		if err := j.writeReport(o.report, answer, files); err != nil {
			return err
		}
	}
	if o.asJSON {
		if err := j.printJSON(answer); err != nil {
			return err
		}
	} else {
		j.print(o)
	}
	if len(j.merged.Broken) > 0 || len(o.progress.Failures) > 0 {
		return errFindings
	}
	return nil
}

func (j *lawsJob) print(o showOptions) {
	style, result := green, "no law is broken"
	if n := len(j.merged.Broken); n > 0 {
		style, result = red, plural(n, "counterexample", "counterexamples")
	}
	if !o.done {
		result += ", interrupted"
	}
	j.line(style, "%s: %s.", j.progress().Text, result)
	j.blank()
	t := newTable("LAW", ">HISTORIES", "")
	for _, l := range j.merged.Laws {
		skipped := ""
		if l.Absent != "" {
			skipped = "skipped, not promised: " + string(l.Absent)
		}
		t.add(string(l.Law), humanCount(l.Cases), skipped)
	}
	j.console.print(t, "  ")
	for _, b := range j.merged.Broken {
		j.blank()
		j.line(red, "%s", b.Law)
		j.line("", "  %s", strings.TrimSpace(b.Rule))
		j.line("", "  %s", strings.TrimSpace(b.Detail))
		j.line("", "  from %s, the first is %d:", plural(len(b.Seeds), "seed", "seeds"), b.Seeds[0])
		for line := range strings.Lines(b.Trace) {
			j.line("", "    %s", strings.TrimSuffix(line, "\n"))
		}
	}
	j.printSetAside(o.progress.Failures, func(t fleet.Task) string {
		return fmt.Sprintf("go test ./proptest -run 'TestEngine$' -proptest.seed %d -proptest.cases %d", t.First, t.Count)
	})
}

func startLawsVerb(c *console) *cobra.Command {
	s := &campaignStart{serverFlags: serverFlags{console: c}}
	p := lawsParams{}
	var laws []string
	cmd := &cobra.Command{
		Use:   "laws",
		Short: "Check the laws of the property suite on many histories",
		Long: `Laws checks the laws of package proptest on the engine: for example, that no collection removes a reachable
record. Each task has 50 random histories per law, and a seed of its own. Counterexamples are shortened, and
shown once if they differ in names only.`,
		Example: `  holdfast campaign start laws --histories 5000
  holdfast campaign start laws --for 8h --serve 4222`,
		Args: argCount(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if p.Histories < 0 {
				return fmt.Errorf("--histories %d: must be at least 0", p.Histories)
			}
			if s.limit < 0 {
				return fmt.Errorf("--for %s: must not be negative", s.limit)
			}
			if s.limit > 0 && !cmd.Flags().Changed("histories") {
				p.Histories = 0
			}
			for _, law := range laws {
				if !slices.ContainsFunc(proptest.Laws(), func(l proptest.Law) bool { return string(l.Name) == law }) {
					return errors.New("--law " + law + ": must be one of " + strings.Join(lawNames(), ", "))
				}
				p.Laws = append(p.Laws, proptest.LawName(law))
			}
			if err := checkDirectory("--output", s.output); err != nil {
				return err
			}
			if err := s.validate(); err != nil {
				return err
			}
			params, err := json.Marshal(p)
			if err != nil {
				return err
			}
			return s.run("laws", params, nil)
		},
	}
	f := cmd.Flags()
	f.IntVar(&p.Histories, "histories", 1000, "check each law on `N` histories; 0 runs until interrupted")
	f.Uint64Var(&p.Seed, "seed", 1, "start with seed `N`")
	f.StringArrayVar(&laws, "law", nil, "check only the law `NAME` (repeatable)")
	f.DurationVar(&s.limit, "for", 0, "check new histories for `DURATION`")
	f.IntVar(&s.workers, "workers", 0, "run `N` tasks in parallel; 0: one per core")
	f.StringVar(&s.output, "output", ".", "write counterexamples to `DIRECTORY`, which must exist")
	f.StringVar(&s.report, "report", "", "write an HTML report to `FILE`, or to standard output for -")
	jsonFlag(cmd, &s.asJSON)
	complete(cmd, "law", lawNames()...)
	s.flags(cmd)
	return cmd
}

func lawNames() (names []string) {
	for _, l := range proptest.Laws() {
		names = append(names, string(l.Name))
	}
	return names
}
