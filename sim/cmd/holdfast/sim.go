package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/sim"
)

func simVerb(c *console) *cobra.Command {
	v := &simulation{console: c}
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Simulate nodes under load and faults, and check every step",
		Long: `Sim runs containerd nodes in memory: clients pull, run, build, tag and prune while backends fail,
daemons crash, clocks jump, and collections run between any two calls. An oracle checks every step: it
implements the rules a second time, without code of the stores. A run depends only on its seed and flags:
the same seed gives the same run on every machine.

If a check fails, sim shrinks the run to a short trace and writes it to a file. "holdfast replay" steps
through the trace, "holdfast sim --check" checks it again. The exit code is then 1. --plant injects a
bug, to see how a failure is found.

Faults, for --faults:
` + columns(sim.Faults()) + `
Bugs, for --plant:
` + plantHelp(),
		Example: `  holdfast sim
  holdfast sim --seed 7 --ops 100000
  holdfast sim --for 1h --workers 8
  holdfast sim --faults crash=3,delay --fault-every 50 --schedule containerd
  holdfast sim --plant no-conditions
  holdfast sim --check sim-7.jsonl`,
		Args: argCount(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return v.run(cmd.ErrOrStderr()) },
	}
	f := cmd.Flags()
	f.Uint64Var(&v.campaign.Seed, "seed", 1, "start with seed `N`")
	f.IntVar(&v.campaign.Seeds, "seeds", 100, "run `N` seeds; 0 runs until interrupted")
	f.IntVar(&v.campaign.Failures, "failures", 1, "stop after `N` failures")
	v.runFlags(cmd)
	f.StringVar(&v.trace, "check", "", "check the trace in `FILE` instead of running seeds")
	f.StringVar(&v.weights, "weights", "", "make scenarios likelier by `AXIS=WEIGHT:WEIGHT...,...`, as a guided campaign does")
	jsonFlag(cmd, &v.asJSON)
	v.cmd = cmd
	return cmd
}

// runFlags adds the flags that configure runs, without those that choose seeds.
func (v *simulation) runFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntVar(&v.campaign.Ops, "ops", 10_000, "run `N` steps per seed")
	f.StringVar(&v.campaign.Profile, "profile", "swarm", "draw load and faults from profile `NAME`: "+strings.Join(sim.Profiles(), ", "))
	f.StringVar(&v.campaign.Schedule, "schedule", "", "schedule collections by `NAME` (default: the seed draws it): "+strings.Join(sim.Schedules(), ", "))
	f.IntVar(&v.campaign.CollectEvery, "collect-every", 0, "collect at random steps, every `N` on average")
	f.StringVar(&v.faults, "faults", "", "inject only these faults: `KIND[=WEIGHT],...`, or none (default: the seed draws them)")
	f.IntVar(&v.campaign.FaultEvery, "fault-every", 0, "inject a fault every `N` steps on average; 0: the seed draws it")
	f.StringVar((*string)(&v.campaign.Plant), "plant", "", "inject the bug `NAME` into the node")
	f.DurationVar(&v.limit, "for", 0, "run new seeds for `DURATION`")
	f.IntVar(&v.campaign.Workers, "workers", 0, "run `N` seeds in parallel; 0: one per core")
	f.BoolVar(&v.campaign.Twice, "check-determinism", false, "run every seed twice, and compare the node's hash after every step")
	f.StringVar(&v.directory, "output", ".", "write the traces of failures to `DIRECTORY`, which must exist")
	complete(cmd, "profile", sim.Profiles()...)
	complete(cmd, "schedule", sim.Schedules()...)
	complete(cmd, "plant", plantNames()...)
	_ = cmd.RegisterFlagCompletionFunc("faults", completeFaults)
}

// plantHelp lists the names of the bugs that --plant injects.
func plantHelp() string { return strings.TrimSuffix(columns(plantNames()), "\n") }

func plantNames() (names []string) {
	for _, p := range sim.Plants() {
		names = append(names, string(p.Name))
	}
	return names
}

// columns prints names in four columns.
func columns(names []string) string {
	var b strings.Builder
	for line := range slices.Chunk(names, 4) {
		for _, name := range line[:len(line)-1] {
			fmt.Fprintf(&b, "  %-22s", name)
		}
		fmt.Fprintf(&b, "  %s\n", line[len(line)-1])
	}
	return b.String()
}

// A simulation is one run of the verb: its flags and its console.
type simulation struct {
	*console
	campaign  sim.Campaign
	faults    string
	weights   string
	limit     time.Duration
	trace     string
	directory string
	asJSON    bool
	cmd       *cobra.Command
}

// simAnswer is the JSON answer of the verb.
type simAnswer struct {
	Version int  `json:"version"`
	Stopped bool `json:"stopped"` // the user interrupted the campaign
	*sim.Summary
	Seconds        float64 `json:"seconds"`
	StepsPerSecond float64 `json:"steps_per_second"`
}

// simVersion is the version of the JSON answers.
const simVersion = 1

func (v *simulation) run(stderr io.Writer) error {
	defer raiseGCPercent()()
	if err := v.validate(); err != nil {
		return err
	}
	if v.trace != "" {
		return v.check()
	}
	if v.limit > 0 && !v.cmd.Flags().Changed("seeds") {
		v.campaign.Seeds = 0
	}
	if v.campaign.Workers == 0 {
		v.campaign.Workers = runtime.NumCPU()
	}
	began := systemTime()
	ctrlC := v.ctrlC
	defer ctrlC.graceful()()
	v.campaign.Stop = func() bool {
		return ctrlC.requested() || v.limit > 0 && systemTime().Sub(began) >= v.limit
	}
	bar := newCampaignProgress(stderr, v.campaign.Seeds, v.limit, began)
	v.campaign.Each = func(_ *sim.Outcome, s *sim.Summary) { bar.show(s) }
	s := v.campaign.Run()
	bar.end()
	elapsed := systemTime().Sub(began)
	found, err := v.failures(s, ctrlC.requested)
	if err != nil {
		return err
	}
	stopped := ctrlC.requested()
	if v.asJSON {
		err = v.printJSON(simAnswer{simVersion, stopped, s, elapsed.Seconds(), rate(s, elapsed)})
	} else {
		v.print(s, len(s.Failures), "steps per second", rate(s, elapsed), stopped)
		for _, f := range found {
			v.printFailure(f)
		}
	}
	if err == nil && len(s.Failures) > 0 {
		err = errFindings
	}
	return err
}

// rate returns the steps per second.
func rate(s *sim.Summary, elapsed time.Duration) float64 {
	return float64(s.Steps) / max(elapsed.Seconds(), 1e-9)
}

// validate returns an error that names the first flag with an invalid value. It parses --faults and --weights.
func (v *simulation) validate() (err error) {
	c := &v.campaign
	for _, n := range []struct {
		flag     string
		n, least int
	}{{"seeds", c.Seeds, 0}, {"failures", c.Failures, 1}, {"ops", c.Ops, 1}, {"workers", c.Workers, 0}, {"collect-every", c.CollectEvery, 0}, {"fault-every", c.FaultEvery, 0}} {
		if n.n < n.least {
			return fmt.Errorf("--%s %d: must be at least %d", n.flag, n.n, n.least)
		}
	}
	if v.limit < 0 {
		return fmt.Errorf("--for %s: must not be negative", v.limit)
	}
	if c.Schedule != "" && c.CollectEvery > 0 {
		return fmt.Errorf("--schedule and --collect-every: only one of them can schedule collections")
	}
	if c.Faults, err = parseFaults(v.faults); err != nil {
		return err
	}
	if c.Weights, err = sim.ParseWeights(v.weights); err != nil {
		return fmt.Errorf("--weights: %w", err)
	}
	if err := checkDirectory("--output", v.directory); err != nil {
		return err
	}
	for _, choice := range []struct {
		flag, name string
		from       []string
	}{{"profile", c.Profile, sim.Profiles()}, {"schedule", c.Schedule, sim.Schedules()}, {"plant", string(c.Plant), plantNames()}} {
		if choice.name != "" && !slices.Contains(choice.from, choice.name) {
			return fmt.Errorf("--%s %s: must be one of %s", choice.flag, choice.name, strings.Join(choice.from, ", "))
		}
	}
	return nil
}

// parseFaults parses the weights of faults, for example "crash=3,delay". It returns nil for "": the seed draws them.
func parseFaults(text string) (map[string]int, error) {
	switch text {
	case "":
		return nil, nil
	case "none":
		return map[string]int{}, nil
	}
	faults := map[string]int{}
	for _, part := range strings.Split(text, ",") {
		name, number, weighted := strings.Cut(part, "=")
		weight := 1
		if weighted {
			var err error
			if weight, err = strconv.Atoi(number); err != nil || weight < 0 || weight > 1000 {
				return nil, fmt.Errorf("--faults %s: the weight must be a number from 0 to 1000", part)
			}
		}
		if !slices.Contains(sim.Faults(), name) {
			return nil, fmt.Errorf("--faults %s: must be none, or of %s", name, strings.Join(sim.Faults(), ", "))
		}
		faults[name] = weight
	}
	return faults, nil
}

// rerun returns the command line that runs seeds with the same flags.
func (v *simulation) rerun(seed uint64, seeds int) string {
	c := &v.campaign
	command := fmt.Sprintf("holdfast sim --seed %d --seeds %d --ops %d --profile %s", seed, seeds, c.Ops, c.Profile)
	for _, f := range []struct {
		flag string
		set  bool
		text string
	}{
		{"schedule", c.Schedule != "", c.Schedule},
		{"collect-every", c.CollectEvery > 0, strconv.Itoa(c.CollectEvery)},
		{"faults", v.faults != "", v.faults},
		{"fault-every", c.FaultEvery > 0, strconv.Itoa(c.FaultEvery)},
		{"plant", c.Plant != "", string(c.Plant)},
		{"weights", v.weights != "", v.weights},
	} {
		if f.set {
			command += fmt.Sprintf(" --%s %s", f.flag, f.text)
		}
	}
	return command
}
