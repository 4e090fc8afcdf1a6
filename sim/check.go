package sim

import (
	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/shrink"
)

// Check applies a trace to a new node under the eyes of the oracle, then ends it as a run ends, and
// returns what went wrong first; nil if nothing did. It fails if no node can be made so.
func Check(setup engine.Setup, trace []engine.Op) (*Failure, error) {
	return check(setup, trace, planted{})
}

func check(setup engine.Setup, trace []engine.Op, plant planted) (*Failure, error) {
	w, err := watch(setup, plant, nil)
	if err != nil {
		return nil, err
	}
	defer w.node.Close()
	for i, op := range trace {
		if w.apply(op); w.problem != nil {
			return &Failure{Rule: w.problem.Rule, Call: w.problem.Call, Detail: w.problem.Detail, Step: i + 1, Setup: setup, Trace: trace[:i+1]}, nil
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
	return &Failure{Rule: w.problem.Rule, Call: w.problem.Call, Detail: w.problem.Detail, Step: len(done), Quiet: true, Setup: setup, Trace: done}, nil
}

// Shrink returns the shortest trace it finds that fails as f did, within so many Ops applied. That of
// a failure that shows only after the faults have stopped ends with the closing of the run.
func Shrink(f *Failure, budget int) *Failure { return shrunk(f, planted{}, budget) }

func shrunk(f *Failure, plant planted, budget int) *Failure {
	best := f
	shrink.Trace(f.Trace, func(trace []engine.Op) bool {
		budget -= len(trace)
		if budget < 0 {
			return false
		}
		found, err := check(f.Setup, trace, plant)
		if err != nil || found == nil || found.Rule != f.Rule || found.Call != f.Call || found.Quiet != f.Quiet {
			return false
		}
		best = found
		return true
	}, func() bool { return budget < 0 })
	return best
}
