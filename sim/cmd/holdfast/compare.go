package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

func compareVerb(c *console) *cobra.Command {
	v := &comparison{console: c}
	cmd := &cobra.Command{
		Use:   "compare [POLICY...]",
		Short: "Compare GC and retention policies on the same load",
		Long: `Compare simulates nodes in memory, day by day, under several policies, and shows the costs of each: disk
space, bytes pulled again, pauses. A policy decides when to collect garbage and which objects to evict. All
policies get the same load, and containerd's rules decide which objects a collection removes. Without
POLICY, compare tries settings of kubelet's image GC, or of buildkit's GC for profiles that build.

POLICY consists of parts joined by "+". A part is a name, followed by a colon and the parameters that
differ from these defaults:
` + policyHelp() + `
or it is @FILE, a file with one policy per line, or a name from the table. A value may be a range, FROM..TO
or FROM..TO/STEP, which stands for a policy with each value. Compare adds a policy that knows the future
for reference. The lower bounds hold for every policy that serves the same requests, and for this one too.

The answer is that of the report. Under a policy that lets requests fail for lack of disk space, figures are
void: failed pulls look like saved ones. If that happens under every policy, compare tries larger disks, up to
eight times the size. --wide shows all metrics.

The load is a profile (` + strings.Join(profile.Names(), ", ") + `), a file in the
same format, or a trace for "holdfast replay". --from starts with the state of a real node; with several
databases, or a folder of them, each is the state of a node of its own. The same command line and seed give
the same figures on every machine.

` + faultHelp() + `
After Ctrl-C, compare prints the figures of the nodes that all policies finished. --resume keeps finished
nodes in a file, and takes them from there.`,
		Example: `  holdfast compare
  holdfast compare --profile edge --disk 16GB kubelet kubelet:maxage=7d lru --report edge.html
  holdfast compare containerd interval:every=1h+kubelet containerd:deletions=10,delay=1s+kubelet --days 7
  holdfast compare kubelet:maxage=7d,restart=36h docker:all=true,until=24h --fault remove=2%,snapshotter=1%
  holdfast compare --from meta.db --policy @policies.txt --seeds 20 --csv figures --svg figures
  holdfast compare --policy kubelet:high=70..90/5 --from node1.db node2.db node3.db --resume nodes.jsonl`,
		ValidArgsFunction: completePolicy,
		RunE: func(cmd *cobra.Command, args []string) error {
			v.addArgs(args)
			return v.run(cmd)
		},
	}
	v.flags(cmd)
	v.resumeFlag(cmd)
	return cmd
}

// resumeFlag adds the flag --resume.
func (v *comparison) resumeFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&v.resume, "resume", "", "keep finished nodes in `FILE`, and continue with those in it")
}

// flags adds all flags of the verb but --resume.
func (v *comparison) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	v.verb, v.changed = "compare", f.Changed
	f.StringVar(&v.profile, "profile", compare.DefaultProfile, "take the load from the profile `NAME`")
	f.StringVar(&v.profileFile, "profile-file", "", "take the load from your own profile in `FILE`")
	f.StringVar(&v.trace, "trace", "", "take the load from the trace in `FILE`")
	f.StringArrayVar(&v.from, "from", nil, "start with the state of a node: `META.DB|ROOT`, or a folder of them (repeatable)")
	f.StringArrayVar(&v.specs, "policy", nil, "compare `POLICY` (repeatable)")
	f.Float64Var(&v.study.Days, "days", 0, "simulate `N` days; 0: 30, or the whole trace")
	f.StringVar(&v.disk, "disk", "", "set the disk's `SIZE`, such as 50GB (default: the profile's)")
	f.IntVar(&v.study.Seeds, "seeds", compare.DefaultSeeds, "simulate `N` nodes per policy")
	f.Uint64Var(&v.study.Seed, "seed", 1, "start with seed `N`")
	f.StringSliceVar(&v.faults, "fault", nil, "make `FAULT=SHARE` of the hours fail, such as remove=2% (repeatable)")
	f.IntVar(&v.workers, "workers", 0, "simulate `N` nodes in parallel; 0: one per core")
	f.BoolVar(&v.study.NoClairvoyant, "no-clairvoyant", false, "omit the policy that knows the future")
	f.BoolVar(&v.study.NoClairvoyant, "no-bound", false, "the earlier name of --no-clairvoyant")
	_ = f.MarkHidden("no-bound")
	f.StringVar(&v.report, "report", "", "write an HTML report to `FILE`, or to standard output for -")
	f.StringVar(&v.csv, "csv", "", "write the figures as CSV files to `DIRECTORY`, which must exist")
	f.StringVar(&v.svg, "svg", "", "write the charts as SVG files to `DIRECTORY`, which must exist")
	jsonFlag(cmd, &v.asJSON)
	complete(cmd, "profile", profile.Names()...)
	complete(cmd, "fault", faultNames()...)
	_ = cmd.RegisterFlagCompletionFunc("policy", completePolicy)
}

// policyHelp lists the parts of a policy with their parameters and defaults.
func policyHelp() string {
	var b strings.Builder
	b.WriteString("  when to collect (default: containerd)\n")
	for _, r := range schedule.Kinds() {
		fmt.Fprintf(&b, "    %s\n", r.Usage())
	}
	b.WriteString("  which objects to evict (default: none)\n")
	for _, r := range policy.Kinds() {
		if r.Name == "buildkit" { // its other parameters belong to rules
			r.Params = r.Params[:1]
		}
		fmt.Fprintf(&b, "    %s\n", r.Usage())
	}
	return strings.TrimRight(b.String(), "\n")
}

// faultHelp describes the flag --fault.
func faultHelp() string {
	var b strings.Builder
	b.WriteString("--fault injects faults, in the same hours of a node under each policy:\n")
	for _, r := range compare.FaultKinds() {
		fmt.Fprintf(&b, "    %-12s %s\n", r.Name, r.Doc)
	}
	return b.String()
}

// faultNames returns the names of faults, each with the sign that its share follows.
func faultNames() (names []string) {
	for _, r := range compare.FaultKinds() {
		names = append(names, r.Name+"=")
	}
	return names
}

// A comparison is one run of the verb: its flags and the study made from them.
type comparison struct {
	*console
	study                       compare.Study
	verb                        string // "compare" or "tune"
	profile, profileFile, trace string
	from                        []string
	resume                      string
	specs, faults               []string
	disk                        string
	workers                     int
	report, csv, svg            string
	asJSON                      bool
	changed                     func(flag string) bool
	notes                       []string // on policies; some are ""
	told                        string   // in place of the command line of the flags, unless ""
}

// compareAnswer is the JSON answer of the verb.
type compareAnswer struct {
	Version int `json:"version"`
	*compare.Result
}

// compareVersion is the version of the JSON answer.
const compareVersion = 2

// cores returns the number of nodes to simulate in parallel.
func (v *comparison) cores() int {
	if v.workers == 0 {
		return runtime.NumCPU()
	}
	return v.workers
}

func (v *comparison) run(cmd *cobra.Command) error {
	defer raiseGCPercent()()
	if err := v.checkFiles(); err != nil {
		return err
	}
	if err := v.prepare(); err != nil {
		return err
	}
	running, err := compare.Begin(v.study)
	if err != nil {
		return err
	}
	bar := newStudyProgress(cmd.ErrOrStderr())
	journal, err := v.openJournal()
	if err != nil {
		return err
	}
	defer journal.close()
	if journal != nil {
		if err := running.Keep(journal.Journal); err != nil {
			return err
		}
	}
	defer v.ctrlC.graceful()()
	err = running.Run(v.cores(), bar.show, v.ctrlC.requested)
	bar.end()
	if err != nil {
		return err
	}
	r := running.Result()
	if v.ctrlC.requested() {
		var some bool
		if r, some = running.Partial(); !some {
			return errInterrupted
		}
		v.line(yellow, "Interrupted: the figures are those of %s.", plural(r.Seeds, "node", "nodes"))
	}
	if err := v.writeFiles(r); err != nil {
		return err
	}
	if v.asJSON {
		return v.printJSON(compareAnswer{compareVersion, r})
	}
	return v.print(r)
}
