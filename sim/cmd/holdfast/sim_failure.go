package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim"
)

// A finding is a failure whose trace was made short.
type finding struct {
	*sim.Outcome
	last []engine.Op // the last steps of the run as it was
	file string      // that has the trace; "" if there is nothing to be replayed but the seed
}

// shrinkBudget is how many calls may be applied to make a trace shorter.
const shrinkBudget = 3_000_000

// failures makes the traces of failures short, as long as stop doesn't say that it is enough, and writes them to files.
func (v *simulation) failures(s *sim.Summary, stop func() bool) (found []finding, err error) {
	for _, o := range s.Failures {
		trace := o.Failure.Trace
		f := finding{Outcome: o, last: trace[max(len(trace)-lastSteps, 0):]}
		if len(trace) > 0 {
			o.Failure = sim.Shrink(o.Failure, shrinkBudget, stop)
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

// How many of the last steps of a run, and of the calls of a short trace, are printed.
const (
	lastSteps  = 10
	shortCalls = 40
)

func (v *simulation) printFailure(o finding) {
	f := o.Failure
	v.line("", "")
	v.line(red, "Seed %d: %s", o.Seed, f.Rule)
	v.line("", "  %s", f.Detail)
	v.line("", "")
	drawn, _ := json.Marshal(o.Scenario)
	v.line(dim, "holdfast %s", programVersion())
	v.line(dim, "drawn: %s", drawn)
	if o.file == "" {
		v.line("", "At step %d. Again: %s --check-determinism", f.Step, v.again(o.Seed))
		return
	}
	v.line("", "")
	v.line(bold, "The last of %s:", plural(o.Steps, "step", "steps"))
	for _, op := range o.last {
		v.line(dim, "       %s", op)
	}
	v.line("", "")
	v.line(bold, "The shortest trace that was found, of %s:", plural(len(f.Trace), "call", "calls"))
	skipped := max(len(f.Trace)-shortCalls, 0)
	if skipped > 0 {
		v.line(dim, "  (%s before these)", plural(skipped, "call", "calls"))
	}
	for i, op := range f.Trace[skipped:] {
		v.line("", "%5d  %s", skipped+i+2, op) // line 1 of the file says how the node is made
	}
	check := "holdfast sim --check " + o.file
	if f.Plant != "" {
		check += " --plant " + string(f.Plant)
	}
	v.line("", "")
	v.line("", "Check it again:  %s", check)
	v.line("", "Step through it: holdfast replay %s -v --until %d", o.file, max(len(f.Trace)-1, 1))
	v.line("", "The whole run:   %s", v.again(o.Seed))
}

// programVersion is that of the module, as it was built.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return info.Main.Version
}
