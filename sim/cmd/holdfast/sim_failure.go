package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim"
)

// A finding is a failure with its shortened trace.
type finding struct {
	*sim.Outcome
	last []engine.Op // the last steps of the whole run
	file string      // the file with the trace; "" if only the seed reproduces the failure
}

// shrinkBudget limits the number of calls that shrinking one trace may apply.
const shrinkBudget = 3_000_000

// failures shrinks the trace of each failure until stop reports true, and writes it to a file.
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
	if err := writeOps(f, setup, trace); err != nil {
		return err
	}
	return f.Close()
}

func writeOps(to io.Writer, setup engine.Setup, trace []engine.Op) error {
	w, err := engine.NewTraceWriter(to, setup)
	if err != nil {
		return err
	}
	for _, op := range trace {
		if err := w.Write(op); err != nil {
			return err
		}
	}
	return nil
}

const (
	lastSteps  = 10 // printed steps of the whole run
	shortCalls = 40 // printed calls of the shortened trace
)

func (v *simulation) printFailure(o finding) {
	f := o.Failure
	v.blank()
	v.line(red, "Seed %d: %s", o.Seed, f.Rule)
	v.line("", "  %s", f.Detail)
	v.blank()
	drawn, _ := json.Marshal(o.Scenario)
	v.line(dim, "holdfast %s", version())
	v.line(dim, "drawn: %s", drawn)
	if o.file == "" {
		v.line("", "At step %d. Run it again: %s --check-determinism", f.Step, v.rerun(o.Seed, 1))
		return
	}
	v.blank()
	v.line(bold, "The last of %s:", plural(o.Steps, "step", "steps"))
	for _, op := range o.last {
		v.line(dim, "       %s", op)
	}
	v.blank()
	v.line(bold, "The shortest trace that was found, of %s:", plural(len(f.Trace), "call", "calls"))
	skipped := max(len(f.Trace)-shortCalls, 0)
	if skipped > 0 {
		v.line(dim, "  (%s before these)", plural(skipped, "call", "calls"))
	}
	for i, op := range f.Trace[skipped:] {
		v.line("", "%5d  %s", skipped+i+2, op) // line 1 of the file configures the node
	}
	v.blank()
	v.line("", "Check it again:  %s", checkCommand(o.file, f.Plant))
	v.line("", "Step through it: holdfast replay %s -v --until %d", o.file, max(len(f.Trace)-1, 1))
	v.line("", "The whole run:   %s", v.rerun(o.Seed, 1))
}

// checkCommand returns the command line that checks a trace again.
func checkCommand(file string, plant sim.PlantName) string {
	check := "holdfast sim --check " + file
	if plant != "" {
		check += " --plant " + string(plant)
	}
	return check
}
