package proptest

import (
	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// collections is the number of collections in which all garbage must go.
const collections = 2

// settle ends a history: it clears all faults, lets suspended calls end, collects and checks. If the system can crash,
// it restarts the daemon, and collects and checks again.
func (w *monitor) settle() {
	if w.trial.promises[Faults] {
		w.apply(engine.Op{Name: op.FaultsClear})
	}
	if w.trial.promises[Turns] {
		w.unblock()
	}
	restarts := []bool{false}
	if w.trial.promises[Crashes] {
		if stateOf(w.System).Down {
			w.apply(engine.Op{Name: op.NodeCrash})
		}
		restarts = append(restarts, true)
	}
	for _, restarted := range restarts {
		if restarted {
			w.apply(engine.Op{Name: op.NodeCrash})
		}
		for range collections {
			if w.trial.promises[Collects] {
				w.apply(collect)
			}
		}
		if w.problem == nil && w.trial.promises[Collects] {
			w.problem = w.oracle.Quiet()
		}
		if w.problem != nil && w.problem.Rule == oracle.OrphanRemains && !w.trial.promises[Tidies] {
			w.problem = nil
		}
	}
}

// unblock lets suspended calls proceed: it resumes the ready ones, then cancels all, and finally crashes the daemon.
func (w *monitor) unblock() {
	for range 100 {
		list, _ := w.apply(engine.Op{Name: op.CallsList}).Value.([]op.WaitingCall)
		if len(list) == 0 || w.problem != nil {
			return
		}
		went := false
		for _, call := range list {
			if call.Ready {
				went = true
				w.apply(engine.Op{Name: op.CallsResume, Args: op.Named{Name: call.Name}})
			}
		}
		switch {
		case went:
		case !w.canceled:
			for _, call := range list {
				w.apply(engine.Op{Name: op.CallsCancel, Args: op.Named{Name: call.Name}})
			}
		default:
			w.apply(engine.Op{Name: op.NodeCrash})
		}
		w.canceled = !went && !w.canceled
	}
}
