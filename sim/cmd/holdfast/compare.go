package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
	"github.com/holdfast-gc/holdfast/sim/study/profile"
	"github.com/holdfast-gc/holdfast/sim/study/report"
)

func compareVerb(c *console) *cobra.Command {
	v := &comparison{console: c}
	cmd := &cobra.Command{
		Use:   "compare [POLICY...]",
		Short: "Compare GC and retention policies on the same load",
		Long: `Compare simulates nodes in memory, day by day, under several policies of when to collect garbage
and what to let go of, and says what each costs: disk, bytes pulled again, pauses. Every policy gets
the same load; what is collected, containerd's own rules decide. Without a policy named it asks which
setting of kubelet's image GC is best, or of buildkit's where builds are built.

POLICY is of parts joined by "+", each a name and, after a colon, what is not as it comes:
` + policyHelp() + `
or @FILE, which has one a line. A policy that knows the future is added as the bound.

The load is a profile: ` + strings.Join(profile.Names(), ", ") + `; a file in their
format; or the calls of a trace, as "holdfast replay" takes it. --from begins with what a real node has.
One command line and seed give the same figures everywhere.`,
		Example: `  holdfast compare
  holdfast compare --profile edge --disk 16GB kubelet kubelet:maxage=7d lru --report edge.html
  holdfast compare containerd interval:every=1h+kubelet containerd:deletions=10,delay=1s+kubelet --days 7
  holdfast compare --from meta.db --policy @policies.txt --seeds 20 --csv figures --svg figures`,
		RunE: func(cmd *cobra.Command, args []string) error {
			v.specs = append(v.specs, args...)
			v.changed = cmd.Flags().Changed
			return v.run(cmd)
		},
	}
	f := cmd.Flags()
	f.StringVar(&v.profile, "profile", compare.DefaultProfile, "`NAME` of a profile of load")
	f.StringVar(&v.profileFile, "profile-file", "", "profile of one's own in `FILE`")
	f.StringVar(&v.trace, "trace", "", "take the load from the trace in `FILE`")
	f.StringVar(&v.from, "from", "", "begin with the state of the node whose database is `META.DB`")
	f.StringArrayVar(&v.specs, "policy", nil, "compare `POLICY`; may be given again and again")
	f.Float64Var(&v.study.Days, "days", 0, "simulate `N` days; 0 is 30, or all of a trace")
	f.StringVar(&v.disk, "disk", "", "the file system's `SIZE`, such as 50GB; the profile has one")
	f.IntVar(&v.study.Seeds, "seeds", compare.DefaultSeeds, "simulate `N` nodes under each policy")
	f.Uint64Var(&v.study.Seed, "seed", 1, "the first node's seed is `N`")
	f.IntVar(&v.workers, "workers", 0, "simulate `N` nodes at once; 0 is one a core")
	f.BoolVar(&v.study.NoBound, "no-bound", false, "leave out the policy that knows the future")
	f.StringVar(&v.report, "report", "", "write a page that shows it all to `FILE`")
	f.StringVar(&v.csv, "csv", "", "write the numbers as CSV to `DIRECTORY`")
	f.StringVar(&v.svg, "svg", "", "write the figures as SVG to `DIRECTORY`")
	jsonFlag(cmd, &v.asJSON)
	return cmd
}

// policyHelp lists the parts of a policy.
func policyHelp() string {
	var b strings.Builder
	part := func(name, keys string) {
		if keys != "" {
			keys = ":" + keys
		}
		fmt.Fprintf(&b, "    %s%s\n", name, keys)
	}
	b.WriteString("  when to collect (containerd if none is named)\n")
	for _, k := range schedule.Kinds() {
		var keys []string
		for _, p := range k.Params {
			keys = append(keys, p.Key+"="+p.Default)
		}
		part(k.Name, strings.Join(keys, ","))
	}
	b.WriteString("  what to let go of (none if none is named)\n")
	for _, k := range policy.Kinds() {
		var keys []string
		for _, p := range k.Params {
			if p.Default != "" {
				keys = append(keys, p.Key+"="+p.Default)
			}
		}
		if k.Name == "buildkit" {
			keys = []string{"defaults=buildkitd"}
		}
		part(k.Name, strings.Join(keys, ","))
	}
	return strings.TrimRight(b.String(), "\n")
}

// A comparison is a run of the verb.
type comparison struct {
	*console
	study                             compare.Study
	profile, profileFile, trace, from string
	specs                             []string
	disk                              string
	workers                           int
	report, csv, svg                  string
	asJSON                            bool
	changed                           func(flag string) bool
}

// compared is the answer as JSON.
type compared struct {
	Version int `json:"version"`
	*compare.Result
}

// comparedVersion is the version of the JSON shape.
const comparedVersion = 1

func (v *comparison) run(cmd *cobra.Command) error {
	defer lavish()()
	if err := v.prepare(); err != nil {
		return err
	}
	running, err := compare.Begin(v.study)
	if err != nil {
		return err
	}
	bar := newStudyProgress(cmd.ErrOrStderr())
	if v.workers == 0 {
		v.workers = runtime.NumCPU()
	}
	stopped, release := onInterrupt()
	defer release()
	err = running.Run(v.workers, bar.show, stopped)
	bar.end()
	if err != nil {
		return err
	}
	if stopped() {
		return errors.New("interrupted")
	}
	r := running.Result()
	if err := v.write(r); err != nil {
		return err
	}
	if v.asJSON {
		return v.printJSON(compared{comparedVersion, r})
	}
	v.print(r)
	return nil
}

// prepare makes the study of the command line.
func (v *comparison) prepare() error {
	s := &v.study
	if v.workers < 0 {
		return fmt.Errorf("--workers %d: must not be negative", v.workers)
	}
	if v.changed("seeds") && s.Seeds < 1 {
		return fmt.Errorf("--seeds %d: must be at least 1", s.Seeds)
	}
	if v.changed("days") && !(s.Days > 0) {
		return fmt.Errorf("--days %v: must be above 0", s.Days)
	}
	if v.disk != "" {
		amount, err := policy.ParseAmount(v.disk)
		if err != nil || amount.Percent > 0 || amount.Bytes == 0 {
			return fmt.Errorf("--disk %s: must be a size such as 50GB", v.disk)
		}
		s.Disk = amount.Bytes
	}
	if err := v.load(); err != nil {
		return err
	}
	for _, spec := range v.specs {
		list, err := v.policies(spec)
		if err != nil {
			return err
		}
		s.Policies = append(s.Policies, list...)
	}
	return nil
}

// load settles where the load comes from.
func (v *comparison) load() error {
	s := &v.study
	switch {
	case v.trace != "" && (v.changed("profile") || v.profileFile != "" || v.from != ""):
		return errors.New("--trace: a trace is a load of its own; without --profile, --profile-file and --from")
	case v.profileFile != "" && v.changed("profile"):
		return errors.New("--profile-file: not together with --profile")
	case v.trace != "":
		in, closed, err := v.console.trace(v.trace)
		if err != nil {
			return err
		}
		defer closed()
		if s.Load, err = compare.ReadTrace(in, filepath.Base(v.trace)); err != nil {
			return &fileError{fmt.Errorf("%s: %w", v.trace, err)}
		}
	case v.profileFile != "":
		text, err := os.ReadFile(v.profileFile)
		if err != nil {
			return &fileError{err}
		}
		if _, err := profile.Parse(v.profileFile, text); err != nil {
			return err
		}
		s.ProfileText = string(text)
	default:
		s.Profile = v.profile
	}
	if v.from == "" {
		return nil
	}
	var err error
	s.FromName = filepath.Base(v.from)
	if v.from == "-" {
		s.FromName = "standard input"
		s.From, err = engine.Read(v.in, engine.WithoutSchedule())
	} else {
		s.From, err = engine.Open(v.from, engine.WithoutSchedule())
	}
	if err != nil {
		return &fileError{fmt.Errorf("%s: %w", v.from, err)}
	}
	return nil
}

// policies reads a specification, or the file of several that it names.
func (v *comparison) policies(spec string) ([]compare.Combination, error) {
	name, ok := strings.CutPrefix(spec, "@")
	if !ok {
		c, err := compare.ParseCombination(spec)
		return []compare.Combination{c}, err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, &fileError{err}
	}
	list, err := compare.ParseCombinations(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return list, nil
}

// onInterrupt returns what reports whether the user has interrupted the program, for all who ask.
func onInterrupt() (stopped func() bool, release func()) {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	var yes atomic.Bool
	return func() bool {
		select {
		case <-interrupted:
			yes.Store(true)
		default:
		}
		return yes.Load()
	}, func() { signal.Stop(interrupted) }
}

// write writes what was asked for beside the answer.
func (v *comparison) write(r *compare.Result) error {
	if v.report != "" {
		err := writeTo(v.report, func(f *os.File) error { return report.HTML(f, r, v.command()) })
		if err != nil {
			return err
		}
	}
	for _, name := range report.Sheets() {
		if v.csv == "" {
			break
		}
		err := writeTo(filepath.Join(v.csv, name+".csv"), func(f *os.File) error { return report.WriteCSV(f, r, name) })
		if err != nil {
			return err
		}
	}
	for _, name := range report.Figures() {
		if v.svg == "" {
			break
		}
		err := writeTo(filepath.Join(v.svg, name+".svg"), func(f *os.File) error { return report.WriteSVG(f, r, name) })
		if err != nil {
			return err
		}
	}
	return nil
}

func writeTo(name string, write func(*os.File) error) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return &fileError{err}
	}
	f, err := os.Create(name)
	if err != nil {
		return &fileError{err}
	}
	defer f.Close()
	if err := write(f); err != nil {
		return &fileError{fmt.Errorf("%s: %w", name, err)}
	}
	if err := f.Close(); err != nil {
		return &fileError{err}
	}
	return nil
}

// command is the command line that gives the same figures again.
func (v *comparison) command() string {
	words := []string{"holdfast compare"}
	add := func(flag, value string) {
		if value != "" {
			words = append(words, "--"+flag+" "+quoted(value))
		}
	}
	switch {
	case v.trace != "":
		add("trace", v.trace)
	case v.profileFile != "":
		add("profile-file", v.profileFile)
	default:
		add("profile", v.profile)
	}
	add("from", v.from)
	for _, spec := range v.specs {
		add("policy", spec)
	}
	if v.changed("days") {
		add("days", fmt.Sprint(v.study.Days))
	}
	add("disk", v.disk)
	if v.trace == "" {
		add("seeds", fmt.Sprint(v.study.Seeds))
		add("seed", fmt.Sprint(v.study.Seed))
	}
	if v.study.NoBound {
		words = append(words, "--no-bound")
	}
	add("report", v.report)
	return strings.Join(words, " ")
}

// quoted is a word as a shell reads it.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,+@%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
