package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/report"
	"github.com/holdfast-gc/holdfast/sim/study/tune"
)

func tuneVerb(c *console) *cobra.Command {
	v := &tuning{comparison: comparison{console: c}}
	cmd := &cobra.Command{
		Use:   "tune --goal GOAL [POLICY...]",
		Short: "Search for the setting of a policy that meets a goal",
		Long: `Tune simulates the settings of a policy whose values are ranges, and names the setting that meets a goal at
the least cost: how sure that is, how it compares with the policy's default and with a policy that knows the
future, and how sensitive it is to each parameter. It also shows the Pareto front.

POLICY is that of "holdfast compare", with ranges: FROM..TO has at most ten round steps, FROM..TO/STEP has
the given steps. Without POLICY, tune searches ` + defaultTuning + `.

GOAL has limits and one quantity to minimize, separated by commas. A limit holds for the mean over the nodes.
The quantities are
` + quantityHelp() + `
The search simulates each setting on two nodes, the best and the efficient ones on five, and the best of
those on all. All settings get the same nodes. --search grid simulates every setting on all nodes.

` + faultHelp() + `
The load is chosen as in compare. The same command line and seed give the same answer on every machine, with
any number of workers. After Ctrl-C, tune prints the answer of the finished nodes. --resume keeps finished
nodes in a file, and takes them from there.`,
		Example: `  holdfast tune --goal "disk<70%, refetch min" --policy 'kubelet:high=60..90,low=40..85'
  holdfast tune --goal "refetch<2GB, disk min" --from /var/lib/containerd kubelet:high=50..90/5,low=30..80/10
  holdfast tune --goal "disk-p95<80%, refetch min" --from nodes/ --resume nodes.jsonl --report tune.html`,
		ValidArgsFunction: completePolicy,
		RunE: func(cmd *cobra.Command, args []string) error {
			v.addArgs(args)
			return v.run(cmd)
		},
	}
	v.flags(cmd)
	v.resumeFlag(cmd)
	v.verb = "tune"
	cmd.Flags().StringVar(&v.goal, "goal", "", "find the setting that meets `GOAL`, such as \"disk<70%, refetch min\"")
	cmd.Flags().StringVar(&v.search, "search", tune.Halving, "search by `KIND`: "+tune.Halving+" or "+tune.Grid)
	cmd.Flags().Lookup("policy").Usage = "search the settings of `POLICY` (repeatable)"
	complete(cmd, "search", tune.Halving, tune.Grid)
	return cmd
}

// defaultTuning is the policy that tune searches without another.
const defaultTuning = "kubelet:high=60..90,low=40..85"

func quantityHelp() string {
	var b strings.Builder
	for _, q := range tune.Quantities() {
		fmt.Fprintf(&b, "  %-12s %s\n", q.Name, q.Doc)
	}
	return b.String()
}

// A tuning is one run of the verb.
type tuning struct {
	comparison
	goal, search string
}

// tuneAnswer is the JSON answer of the verb.
type tuneAnswer struct {
	Version int `json:"version"`
	*tune.Result
}

// tuneVersion is the version of the JSON answer.
const tuneVersion = 2

func (v *tuning) run(cmd *cobra.Command) error {
	defer raiseGCPercent()()
	search, journal, err := v.begin()
	if err != nil {
		return err
	}
	defer journal.close()
	bar := newTuneProgress(cmd.ErrOrStderr())
	defer v.ctrlC.graceful()()
	r, err := search.Run(v.cores(), bar.show, v.ctrlC.requested)
	bar.end()
	switch {
	case err != nil:
		return err
	case r == nil:
		return errInterrupted
	}
	if err := v.writeTuning(r); err != nil {
		return err
	}
	if v.asJSON {
		return v.printJSON(tuneAnswer{tuneVersion, r})
	}
	return v.printTuning(r)
}

// begin makes the search from the flags.
func (v *tuning) begin() (*tune.Search, *journalFile, error) {
	if v.goal == "" {
		return nil, nil, errors.New("--goal is missing: for example --goal \"disk<70%, refetch min\"")
	}
	goal, err := tune.ParseGoal(v.goal)
	if err != nil {
		return nil, nil, err
	}
	specs := v.specs
	if len(specs) == 0 {
		specs = []string{defaultTuning}
	}
	if err := v.checkFiles(); err != nil {
		return nil, nil, err
	}
	v.specs = nil // the study of the load has none
	err = v.prepare()
	if v.specs = specs; err != nil {
		return nil, nil, err
	}
	journal, err := v.openJournal()
	if err != nil {
		return nil, nil, err
	}
	s := tune.Study{Load: v.study, Policies: specs, Goal: goal, Search: v.search}
	if journal != nil {
		s.Journal = journal.Journal
	}
	search, err := tune.Begin(s)
	if err != nil {
		journal.close()
	}
	return search, journal, err
}

// writeTuning writes the files that the flags ask for.
func (v *tuning) writeTuning(r *tune.Result) error {
	page := v.report
	v.report = ""
	err := v.writeFiles(r.Comparison)
	if v.report = page; err != nil || page == "" {
		return err
	}
	return v.writeTo(page, func(f io.Writer) error { return report.TuningHTML(f, r, v.tuneCommand()) })
}

// tuneCommand returns a command line that reproduces the answer.
func (v *tuning) tuneCommand() string {
	words := v.command() + " --goal " + shellWord(v.goal)
	if v.search != tune.Halving {
		words += " --search " + v.search
	}
	return words
}

func (v *tuning) printTuning(r *tune.Result) error {
	t, err := report.ConcludeTuning(r)
	if err != nil {
		return err
	}
	if !v.wide && (v.width == 0 || v.width > compareWidth) {
		v.width = compareWidth
	}
	v.printLoad(r.Comparison)
	v.blank()
	v.paragraph(bold, t.Headline)
	for _, f := range t.Facts {
		v.paragraph("", f.Lead+": "+f.Text)
	}
	for i, one := range []report.Table{t.Front, t.Sensitivity} {
		if len(one.Rows) == 0 {
			continue
		}
		if i == 1 {
			v.plot(r)
		}
		v.blank()
		v.line(bold, "%s", one.Title)
		printed := newTable(one.Columns...)
		for _, row := range one.Rows {
			cells := make([]any, len(row))
			for i, text := range row {
				cells[i] = text
			}
			printed.add(cells...)
		}
		v.console.print(printed, "  ")
		v.paragraph(dim, one.About)
	}
	v.blank()
	for _, note := range append(r.Notes, r.Comparison.Load.Notes...) {
		v.paragraph(dim, note)
	}
	v.blank()
	v.line("", "Run it again: %s", v.tuneCommand())
	return nil
}

// plot draws the front.
func (v *tuning) plot(r *tune.Result) {
	lines := report.Plot(r)
	if len(lines) > 0 {
		v.blank()
	}
	for _, line := range lines {
		v.line("", "%s", line)
	}
}

// A tuneProgress shows a bar for each round, if the output is a terminal.
type tuneProgress struct {
	studyProgress
	round int
}

func newTuneProgress(w io.Writer) *tuneProgress {
	return &tuneProgress{studyProgress: studyProgress{w: w}}
}

func (p *tuneProgress) show(at tune.Progress) {
	if at.Round != p.round {
		p.end()
		p.bar, p.round = nil, at.Round
	}
	p.studyProgress.show(compare.Progress{Done: at.Done, Total: at.Total})
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("round %d: %s on %s", at.Round, plural(at.Settings, "setting", "settings"), plural(at.Nodes, "node", "nodes")))
	}
}
