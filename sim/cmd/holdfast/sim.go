package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/engine"
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
and "holdfast sim --check" checks again. Then the exit code is 1.`,
		Example: `  holdfast sim
  holdfast sim --seed 7 --ops 100000
  holdfast sim --for 1h --workers 8
  holdfast sim --check sim-7.jsonl`,
		Args: argCount(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return v.run(cmd.ErrOrStderr()) },
	}
	f := cmd.Flags()
	f.Uint64Var(&v.campaign.Seed, "seed", 1, "the first seed is `N`")
	f.IntVar(&v.campaign.Seeds, "seeds", 100, "run `N` seeds; 0 goes on until it is stopped")
	f.IntVar(&v.campaign.Ops, "ops", 10_000, "a run has `N` steps")
	f.StringVar(&v.campaign.Profile, "profile", "swarm", "`NAME` of what is drawn: "+strings.Join(sim.Profiles(), ", "))
	f.DurationVar(&v.limit, "for", 0, "go on with new seeds for `DURATION`")
	f.IntVar(&v.campaign.Workers, "workers", 0, "run `N` seeds at once; 0 is one a core")
	f.IntVar(&v.campaign.CollectEvery, "collect-every", 0, "collect every `N` steps on average; 0 has the seed draw it")
	f.BoolVar(&v.campaign.Twice, "check-determinism", false, "run every seed twice, and compare the hashes of the node at every step")
	f.StringVar(&v.trace, "check", "", "check the trace in `FILE` instead")
	f.StringVar(&v.directory, "output", ".", "write traces of failures to `DIRECTORY`")
	jsonFlag(cmd, &v.asJSON)
	v.seedsGiven = func() bool { return f.Changed("seeds") }
	return cmd
}

// A simulation is a run of the verb.
type simulation struct {
	*console
	campaign   sim.Campaign
	limit      time.Duration
	trace      string
	directory  string
	asJSON     bool
	seedsGiven func() bool
}

// simulated is what a campaign came to, as JSON.
type simulated struct {
	Version int `json:"version"`
	*sim.Summary
	Seconds        float64 `json:"seconds"`
	StepsPerSecond float64 `json:"steps_per_second"`
}

// simulatedVersion is the version of the JSON shape.
const simulatedVersion = 1

// shrinkBudget is how many calls may be applied to make a trace shorter.
const shrinkBudget = 3_000_000

func (v *simulation) run(stderr io.Writer) error {
	if v.trace != "" {
		return v.check()
	}
	if err := v.valid(); err != nil {
		return err
	}
	if v.limit > 0 && !v.seedsGiven() {
		v.campaign.Seeds = 0
	}
	if v.campaign.Workers == 0 {
		v.campaign.Workers = runtime.NumCPU()
	}
	began := systemTime()
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	defer signal.Stop(interrupted)
	var stopped atomic.Bool // asked by all workers
	v.campaign.Stop = func() bool {
		if v.limit > 0 && systemTime().Sub(began) >= v.limit {
			stopped.Store(true)
		}
		select {
		case <-interrupted:
			stopped.Store(true)
		default:
		}
		return stopped.Load()
	}
	bar := newProgress(stderr, v.campaign.Seeds, began)
	v.campaign.Each = func(_ *sim.Outcome, s *sim.Summary) { bar.show(s) }
	s := v.campaign.Run()
	bar.end()
	took := systemTime().Sub(began)
	found, err := v.failures(s)
	if err != nil {
		return err
	}
	if v.asJSON {
		err := v.printJSON(simulated{simulatedVersion, s, took.Seconds(), float64(s.Steps) / took.Seconds()})
		if err != nil || len(s.Failures) == 0 {
			return err
		}
		return errFindings
	}
	v.print(s, took)
	for _, f := range found {
		v.printFailure(f)
	}
	if len(s.Failures) > 0 {
		return errFindings
	}
	return nil
}

func (v *simulation) valid() error {
	c := &v.campaign
	for _, n := range []struct {
		flag string
		n    int
	}{{"seeds", c.Seeds}, {"ops", c.Ops - 1}, {"workers", c.Workers}, {"collect-every", c.CollectEvery}} {
		if n.n < 0 {
			return fmt.Errorf("--%s: too small", n.flag)
		}
	}
	for _, name := range sim.Profiles() {
		if name == c.Profile {
			return nil
		}
	}
	return fmt.Errorf("--profile %s: must be one of %s", c.Profile, strings.Join(sim.Profiles(), ", "))
}

// A finding is a failure whose trace was made short.
type finding struct {
	*sim.Outcome
	last []engine.Op // the last steps of the run as it was
	file string      // that has the trace; "" if there is nothing to be replayed but the seed
}

// failures makes the traces of failures short and writes them to files.
func (v *simulation) failures(s *sim.Summary) (found []finding, err error) {
	for _, o := range s.Failures {
		trace := o.Failure.Trace
		f := finding{Outcome: o, last: trace[max(len(trace)-lastSteps, 0):]}
		if len(trace) > 0 {
			o.Failure = sim.Shrink(o.Failure, shrinkBudget)
			f.file = filepath.Join(v.directory, fmt.Sprintf("sim-%d.jsonl", o.Seed))
			if err := writeTrace(f.file, o.Failure.Setup, o.Failure.Trace); err != nil {
				return nil, &fileError{err}
			}
		}
		found = append(found, f)
	}
	return found, nil
}

func writeTrace(name string, setup engine.Setup, trace []engine.Op) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := engine.NewTraceWriter(f, setup)
	if err != nil {
		return err
	}
	for _, op := range trace {
		if err := w.Write(op); err != nil {
			return err
		}
	}
	return f.Close()
}

// check has the oracle watch a trace.
func (v *simulation) check() error {
	in, closed, err := v.console.trace(v.trace)
	if err != nil {
		return err
	}
	defer closed()
	r, err := engine.NewTraceReader(in)
	if err != nil {
		return &fileError{fmt.Errorf("%s: %w", v.trace, err)}
	}
	var ops []engine.Op
	for {
		op, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return &fileError{fmt.Errorf("%s: %w", v.trace, err)}
		}
		ops = append(ops, op)
	}
	f, err := sim.Check(r.Setup, ops)
	if err != nil {
		return err
	}
	if v.asJSON {
		if err := v.printJSON(struct {
			Version int          `json:"version"`
			Calls   int          `json:"calls"`
			Failure *sim.Failure `json:"failure,omitempty"`
		}{simulatedVersion, len(ops), f}); err != nil {
			return err
		}
	} else if f == nil {
		v.line(green, "%s, and nothing wrong with them.", plural(len(ops), "call", "calls"))
	} else {
		v.line(red, "Call %d: %s", f.Step, f.Rule)
		v.line("", "  %s", f.Detail)
	}
	if f != nil {
		return errFindings
	}
	return nil
}
