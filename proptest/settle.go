package proptest

import (
	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// collections is within how many of them everything that nothing keeps must be gone.
const collections = 2

// settle is what ends a history: the faults stop, calls that wait come to their end, there are collections, and where
// daemons can die, the same once more after a restart.
func (w *monitor) settle() {
	if w.trial.promises[Faults] {
		w.apply(engine.Op{Name: "faults.clear"})
	}
	if w.trial.promises[Turns] {
		w.unblock()
	}
	restarts := []bool{false}
	if w.trial.promises[Crashes] {
		if stateOf(w.System).Down {
			w.apply(engine.Op{Name: "node.crash"})
		}
		restarts = append(restarts, true)
	}
	for _, restarted := range restarts {
		if restarted {
			w.apply(engine.Op{Name: "node.crash"})
		}
		for range collections {
			w.apply(collect)
		}
		if w.problem == nil {
			w.problem = w.oracle.Quiet()
		}
		if w.problem != nil && w.problem.Rule == oracle.OrphanRemains && !w.trial.promises[Tidies] {
			w.problem = nil
		}
	}
}

// unblock has calls that wait go on: those that can do, or else time does, or else they are canceled. What even then
// doesn't end, the death of the daemon ends.
func (w *monitor) unblock() {
	for range 100 {
		list, _ := w.apply(engine.Op{Name: "calls.list"}).Value.([]engine.WaitingCall)
		if len(list) == 0 || w.problem != nil {
			return
		}
		went := false
		for _, call := range list {
			if call.Ready {
				went = true
				w.apply(engine.Op{Name: "calls.resume", Args: engine.Named{Name: call.Name}})
			}
		}
		switch {
		case went:
		case !w.canceled:
			for _, call := range list {
				w.apply(engine.Op{Name: "calls.cancel", Args: engine.Named{Name: call.Name}})
			}
		default:
			w.apply(engine.Op{Name: "node.crash"})
		}
		w.canceled = !went && !w.canceled
	}
}
