package sim

import (
	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim/shrink"
)

// Check applies a trace to a new node with the injected bug, checks each Op with the oracle, and then closes the run as
// a simulation does. If the trace already has the closing of a run, Check replaces it. It returns the first failure, or
// nil.
//
// It returns an error if the plant is unknown, or the setup is invalid.
func Check(setup engine.Setup, trace []engine.Op, plant PlantName) (*Failure, error) {
	p, err := plantNamed(plant)
	if err != nil {
		return nil, err
	}
	w, err := newMonitor(setup, p, nil)
	if err != nil {
		return nil, err
	}
	defer w.node.Close()
	failure := func(trace []engine.Op, quiet bool) *Failure {
		return &Failure{
			Rule: w.problem.Rule, Call: w.problem.Call, Detail: w.problem.Detail, Step: len(trace), Quiet: quiet,
			Plant: plant, Setup: setup, Trace: trace,
		}
	}
	for i, o := range trace {
		if o.Name == op.FaultsClear && o.Call == closingCall {
			trace = trace[:i]
			break
		}
		if w.apply(o); w.problem != nil {
			return failure(trace[:i+1], false), nil
		}
	}
	done := trace[:len(trace):len(trace)]
	w.closing(func(op engine.Op) engine.Result {
		done = append(done, op)
		return w.apply(op)
	})
	if w.problem == nil {
		return nil, nil
	}
	return failure(done, true), nil
}

// Shrink returns the shortest trace it finds that fails in the same way as f: with the same rule and call, and in the
// closing if f did. It stops after it has applied budget Ops, or when stop returns true; stop may be nil.
func Shrink(f *Failure, budget int, stop func() bool) *Failure {
	enough := func() bool { return budget < 0 || stop != nil && stop() }
	best := f
	shrink.Trace(f.Trace, func(trace []engine.Op) bool {
		budget -= len(trace)
		if enough() {
			return false
		}
		found, err := Check(f.Setup, trace, f.Plant)
		if err != nil || found == nil || found.Rule != f.Rule || found.Call != f.Call || found.Quiet != f.Quiet {
			return false
		}
		best = found
		return true
	}, enough)
	return best
}
