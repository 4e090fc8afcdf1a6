package sim

import (
	"context"
	"fmt"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// A watched node is one whose every Op the oracle sees.
type watched struct {
	node    *engine.Engine
	oracle  *oracle.Oracle
	plant   planted
	problem *oracle.Problem // the first
	steps   int

	canceled bool // the calls that wait were, and nothing came of it yet
}

// A planted bug is one that is put into the node, to show that it is found: Setup changes how the node is
// made, Op an Op on its way to it, and After does something to the node behind the Op's back. Any may be nil.
type planted struct {
	Name  string
	Setup func(*engine.Setup)
	Op    func(engine.Op) engine.Op
	After func(*engine.Engine, engine.Op, engine.Result)
}

func watch(s engine.Setup, plant planted, mark func(string)) (*watched, error) {
	told := s
	if plant.Setup != nil {
		plant.Setup(&s)
	}
	opts, err := s.Options()
	if err != nil {
		return nil, err
	}
	node, err := engine.New(opts...)
	if err != nil {
		return nil, err
	}
	return &watched{node: node, oracle: oracle.New(node, told, mark), plant: plant}, nil
}

// apply applies an Op under the eyes of the oracle.
func (w *watched) apply(op engine.Op) engine.Result {
	w.oracle.Before(op)
	actual := op
	if w.plant.Op != nil {
		actual = w.plant.Op(op)
	}
	r := w.node.Apply(context.Background(), actual)
	if w.plant.After != nil {
		w.plant.After(w.node, op, r)
	}
	if p := w.oracle.After(op, r); p != nil && w.problem == nil {
		w.problem = p
	}
	if w.steps++; w.steps%eventsKept == 0 {
		w.node.ForgetEvents()
	}
	return r
}

// eventsKept is after how many steps the node's log of events is emptied, which is no part of the run.
const eventsKept = 256

// QuietCollections is within how many collections after the faults stopped everything that nothing keeps must be gone.
const QuietCollections = 2

// closing is what ends a run: the faults stop, calls that wait come to their end, there are collections,
// and then the same once more after a restart.
func (w *watched) closing(apply func(engine.Op) engine.Result) {
	apply(engine.Op{Name: "faults.clear"})
	for range 1000 {
		list, _ := apply(engine.Op{Name: "calls.list"}).Value.([]engine.WaitingCall)
		if len(list) == 0 || w.problem != nil {
			break
		}
		w.unstick(list, apply)
	}
	if w.node.Down() {
		apply(engine.Op{Name: "node.restart"})
	}
	for _, restarted := range []bool{false, true} {
		if restarted {
			apply(engine.Op{Name: "node.crash"})
		}
		for i := range QuietCollections {
			apply(engine.Op{Name: "collect", Header: engine.Header{Call: fmt.Sprint("last", i+1)}})
		}
		if w.problem == nil {
			w.problem = w.oracle.Quiet(restarted)
		}
	}
}

// unstick has calls that wait go on: those that can do, or else time does, or else they are canceled. What even
// then doesn't end is the database that hangs, which only the death of the daemon ends.
func (w *watched) unstick(list []engine.WaitingCall, apply func(engine.Op) engine.Result) {
	went := false
	for _, call := range list {
		if call.Ready {
			went = true
			apply(engine.Op{Name: "calls.resume", Args: engine.Named{Name: call.Name}})
		}
	}
	if went {
		w.canceled = false
		return
	}
	if at, ok := w.node.Clock().Next(); ok && at.After(w.node.Clock().Now()) {
		apply(engine.Op{Name: "clock.set", Args: engine.ClockSet{To: at}})
		return
	}
	if w.canceled {
		w.canceled = false
		apply(engine.Op{Name: "node.crash"})
		return
	}
	w.canceled = true
	for _, call := range list {
		apply(engine.Op{Name: "calls.cancel", Args: engine.Named{Name: call.Name}})
	}
}
