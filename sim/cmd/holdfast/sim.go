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
		Short: "Simulate nodes under load and faults, and check that nothing referenced is ever collected",
		Long: `Sim runs containerd nodes in memory: clients that pull, run, build, tag and prune, faults of every
backend, crashes, clock steps, and collections between any two calls. An oracle with its own reading of
the rules checks every step. All of a run comes from its seed: the same seed is the same run everywhere.

What goes wrong is made as short as possible and written as a trace, which "holdfast replay" steps through
and "holdfast sim --check" checks again. Then the exit code is 1. Since nothing should go wrong, a bug
can be planted.

Kinds of faults, for --faults:
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
	f.Uint64Var(&v.campaign.Seed, "seed", 1, "the first seed is `N`")
	f.IntVar(&v.campaign.Seeds, "seeds", 100, "run `N` seeds; 0 goes on until it is stopped")
	f.IntVar(&v.campaign.Ops, "ops", 10_000, "a run has `N` steps")
	f.StringVar(&v.campaign.Profile, "profile", "swarm", "`NAME` of what is drawn: "+strings.Join(sim.Profiles(), ", "))
	f.StringVar(&v.campaign.Schedule, "schedule", "", "`NAME` of what decides when to collect, which the seed draws otherwise: "+strings.Join(sim.Schedules(), ", "))
	f.IntVar(&v.campaign.CollectEvery, "collect-every", 0, "collect at random, every `N` steps on average")
	f.StringVar(&v.faults, "faults", "", "only these happen: `KIND[=WEIGHT],...`, or none; otherwise the seed draws them")
	f.IntVar(&v.campaign.FaultEvery, "fault-every", 0, "a fault every `N` steps on average; 0 has the seed draw it")
	f.StringVar((*string)(&v.campaign.Plant), "plant", "", "plant the bug `NAME` in the node")
	f.DurationVar(&v.limit, "for", 0, "go on with new seeds for `DURATION`")
	f.IntVar(&v.campaign.Workers, "workers", 0, "run `N` seeds at once; 0 is one a core")
	f.BoolVar(&v.campaign.Twice, "check-determinism", false, "run every seed twice, and compare the hashes of the node at every step")
	f.StringVar(&v.trace, "check", "", "check the trace in `FILE` instead")
	f.StringVar(&v.directory, "output", ".", "write traces of failures to `DIRECTORY`")
	jsonFlag(cmd, &v.asJSON)
	v.cmd = cmd
	return cmd
}

// plantHelp lists the bugs that can be planted.
func plantHelp() string {
	var names []string
	for _, p := range sim.Plants() {
		names = append(names, string(p.Name))
	}
	return strings.TrimSuffix(columns(names), "\n")
}

// columns lists names, some on each line.
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

// A simulation is a run of the verb.
type simulation struct {
	*console
	campaign  sim.Campaign
	faults    string
	limit     time.Duration
	trace     string
	directory string
	asJSON    bool
	cmd       *cobra.Command
}

// simulated is what a campaign came to, as JSON.
type simulated struct {
	Version int  `json:"version"`
	Stopped bool `json:"stopped"` // by the user
	*sim.Summary
	Seconds        float64 `json:"seconds"`
	StepsPerSecond float64 `json:"steps_per_second"`
}

// simulatedVersion is the version of the JSON shape.
const simulatedVersion = 1

func (v *simulation) run(stderr io.Writer) error {
	defer lavish()()
	if err := v.valid(); err != nil {
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
	interrupted := newInterrupt()
	defer interrupted.end()
	v.campaign.Stop = func() bool {
		return interrupted.came() || v.limit > 0 && systemTime().Sub(began) >= v.limit
	}
	bar := newProgress(stderr, v.campaign.Seeds, v.limit, began)
	v.campaign.Each = func(_ *sim.Outcome, s *sim.Summary) { bar.show(s) }
	s := v.campaign.Run()
	bar.end()
	took := systemTime().Sub(began)
	found, err := v.failures(s, interrupted.came)
	if err != nil {
		return err
	}
	stopped := interrupted.came()
	if v.asJSON {
		err = v.printJSON(simulated{simulatedVersion, stopped, s, took.Seconds(), rate(s, took)})
	} else {
		v.print(s, took, stopped)
		for _, f := range found {
			v.printFailure(f)
		}
	}
	if err == nil && len(s.Failures) > 0 {
		err = errFindings
	}
	return err
}

func rate(s *sim.Summary, took time.Duration) float64 {
	return float64(s.Steps) / max(took.Seconds(), 1e-9)
}

// valid checks the flags, each of which says what is wrong with it.
func (v *simulation) valid() (err error) {
	c := &v.campaign
	for _, n := range []struct {
		flag     string
		n, least int
	}{{"seeds", c.Seeds, 0}, {"ops", c.Ops, 1}, {"workers", c.Workers, 0}, {"collect-every", c.CollectEvery, 0}, {"fault-every", c.FaultEvery, 0}} {
		if n.n < n.least {
			return fmt.Errorf("--%s %d: must be at least %d", n.flag, n.n, n.least)
		}
	}
	if v.limit < 0 {
		return fmt.Errorf("--for %s: must not be negative", v.limit)
	}
	if c.Schedule != "" && c.CollectEvery > 0 {
		return fmt.Errorf("--schedule and --collect-every: only one of them can decide when to collect")
	}
	if c.Faults, err = parseFaults(v.faults); err != nil {
		return err
	}
	var plants []string
	for _, p := range sim.Plants() {
		plants = append(plants, string(p.Name))
	}
	for _, choice := range []struct {
		flag, name string
		from       []string
	}{{"profile", c.Profile, sim.Profiles()}, {"schedule", c.Schedule, sim.Schedules()}, {"plant", string(c.Plant), plants}} {
		if choice.name != "" && !slices.Contains(choice.from, choice.name) {
			return fmt.Errorf("--%s %s: must be one of %s", choice.flag, choice.name, strings.Join(choice.from, ", "))
		}
	}
	return nil
}

// parseFaults reads kinds of faults with their weights; nil if none are said, and the seed is to draw them.
func parseFaults(text string) (map[string]int, error) {
	switch text {
	case "":
		return nil, nil
	case "none":
		return map[string]int{}, nil
	}
	faults := map[string]int{}
	for _, part := range strings.Split(text, ",") {
		name, number, weighed := strings.Cut(part, "=")
		weight := 1
		if weighed {
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

// again is the command that runs one seed as this command does.
func (v *simulation) again(seed uint64) string {
	command := fmt.Sprintf("holdfast sim --seed %d --seeds 1 --ops %d --profile %s", seed, v.campaign.Ops, v.campaign.Profile)
	for _, flag := range []string{"schedule", "collect-every", "faults", "fault-every", "plant"} {
		if f := v.cmd.Flags().Lookup(flag); f.Changed {
			command += fmt.Sprintf(" --%s %s", flag, f.Value)
		}
	}
	return command
}
