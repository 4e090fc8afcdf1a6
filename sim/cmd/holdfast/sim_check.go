package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim"
)

// checked is what a trace came to, as JSON.
type checked struct {
	Version int          `json:"version"`
	Calls   int          `json:"calls"`
	Failure *sim.Failure `json:"failure,omitempty"`
}

// check has the oracle watch a trace.
func (v *simulation) check() error {
	setup, ops, err := v.read(v.trace)
	if err != nil {
		return err
	}
	f, err := sim.Check(setup, ops, v.campaign.Plant)
	if err != nil {
		return err
	}
	return v.answer(checked{simulatedVersion, len(ops), f}, v.asJSON, func() {
		if f == nil {
			v.line(green, "%s, and nothing wrong with them.", plural(len(ops), "call", "calls"))
			return
		}
		v.line(red, "Line %d: %s", f.Step+1, f.Rule) // line 1 says how the node is made
		v.line("", "  %s", f.Detail)
		if f.Quiet {
			v.line("", "  It shows after the faults were ended and there were %d collections.", sim.QuietCollections)
		}
	}, f != nil)
}

// read reads a whole trace.
func (v *simulation) read(name string) (setup engine.Setup, ops []engine.Op, err error) {
	in, closed, err := v.console.trace(name)
	if err != nil {
		return setup, nil, err
	}
	defer closed()
	r, err := engine.NewTraceReader(in)
	for err == nil {
		var op engine.Op
		if op, err = r.Read(); err == nil {
			ops = append(ops, op)
		}
	}
	if !errors.Is(err, io.EOF) {
		return setup, nil, &fileError{fmt.Errorf("%s: %w", name, err)}
	}
	return r.Setup, ops, nil
}
