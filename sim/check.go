package sim

import (
	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/shrink"
)

// Check applies a trace to a new node under the eyes of the oracle, then ends it as a run ends, and
// returns what went wrong first; nil if nothing did. Of a trace that has the closing of a run already, that part is made
// anew. The node has the bug that plant names, "" for none.
//
// It fails if there is no such plant, or no node can be made so.
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
	for i, op := range trace {
		if op.Name == "faults.clear" && op.Call == closingCall {
			trace = trace[:i]
			break
		}
		if w.apply(op); w.problem != nil {
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

// Shrink returns the shortest trace it finds that fails as f did, within so many Ops applied and until stop, which may be
// nil, says that it is enough. That of a failure that shows only after the faults have stopped ends with the closing of
// the run.
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
