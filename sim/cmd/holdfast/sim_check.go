package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim"
)

// checkAnswer is the JSON answer of --check.
type checkAnswer struct {
	Version int          `json:"version"`
	Calls   int          `json:"calls"`
	Failure *sim.Failure `json:"failure,omitempty"`
}

// check runs a trace while the oracle checks every step.
func (v *simulation) check() error {
	setup, ops, err := v.readTrace(v.trace)
	if err != nil {
		return err
	}
	f, err := sim.Check(setup, ops, v.campaign.Plant)
	if err != nil {
		return err
	}
	return v.answer(checkAnswer{simVersion, len(ops), f}, v.asJSON, func() {
		if f == nil {
			v.line(green, "%s, no failures.", plural(len(ops), "call", "calls"))
			return
		}
		v.line(red, "Line %d: %s", f.Step+1, f.Rule) // line 1 configures the node
		v.line("", "  %s", f.Detail)
		if f.Quiet {
			v.line("", "  It appears after the faults have ended and %d collections have run.", sim.QuietCollections)
		}
	}, f != nil)
}

// readTrace reads a whole trace.
func (v *simulation) readTrace(name string) (setup engine.Setup, ops []engine.Op, err error) {
	in, err := v.openText(name)
	if err != nil {
		return setup, nil, err
	}
	defer in.Close()
	if setup, ops, err = readOps(in); err != nil {
		return setup, nil, &fileError{fmt.Errorf("%s: %w", name, err)}
	}
	return setup, ops, nil
}

func readOps(in io.Reader) (setup engine.Setup, ops []engine.Op, err error) {
	r, err := engine.NewTraceReader(in)
	for err == nil {
		var op engine.Op
		if op, err = r.Read(); err == nil {
			ops = append(ops, op)
		}
	}
	if !errors.Is(err, io.EOF) {
		return setup, nil, err
	}
	return r.Setup, ops, nil
}
