package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// A watched node is one whose every Op the oracle sees.
type monitor struct {
	node    *engine.Engine
	oracle  *oracle.Oracle
	forks   forks
	plant   Plant
	mark    func(Mark)
	problem *oracle.Problem // the first
	steps   int

	open     map[string]bool   // the transactions that Ops began
	opening  map[string]string // those that are about to be, by the calls that wait for it
	canceled bool              // the calls that wait were, and nothing came of it yet
}

// watch makes a node as a Setup says, and as further options do that no trace can tell of.
func newMonitor(s engine.Setup, plant Plant, mark func(Mark), further ...engine.Option) (*monitor, error) {
	if mark == nil {
		mark = func(Mark) {}
	}
	told := s
	if plant.setup != nil {
		plant.setup(&s)
	}
	opts, err := s.Options()
	if err != nil {
		return nil, err
	}
	node, err := engine.New(append(opts, further...)...)
	if err != nil {
		return nil, err
	}
	return &monitor{
		node: node, oracle: oracle.New(node, told, mark), plant: plant, mark: mark,
		forks: forks{node: node, last: map[string]string{}}, open: map[string]bool{}, opening: map[string]string{},
	}, nil
}

// apply applies an Op under the eyes of the oracle.
func (w *monitor) apply(op engine.Op) engine.Result {
	w.record(w.forks.before(op))
	w.oracle.Before(op)
	actual := op
	if w.plant.op != nil {
		actual = w.plant.op(op)
	}
	r := w.node.Apply(context.Background(), actual)
	if w.plant.after != nil {
		w.plant.after(w.node, op, r)
	}
	w.record(w.oracle.After(op, r))
	w.record(w.forks.after(op, r))
	w.trackTransactions(op, r)
	if w.steps++; w.steps%eventsKept == 0 {
		w.node.ForgetEvents()
	}
	return r
}

// found notes the first problem.
func (w *monitor) record(p *oracle.Problem) {
	if w.problem == nil {
		w.problem = p
	}
}

// follow notes which transactions are open.
func (w *monitor) trackTransactions(op engine.Op, r engine.Result) {
	name, _ := nameIn(op)
	switch begin, ok := op.Args.(engine.TxBegin); {
	case op.Fork != "":
		return
	case ok && r.Code == engine.Pending:
		w.opening[op.Call] = begin.Name
	case ok && r.Code == engine.OK:
		w.open[begin.Name] = true
	case op.Name == "calls.resume" && r.Code == engine.OK && w.opening[name] != "":
		w.open[w.opening[name]] = true
	case (op.Name == "tx.commit" || op.Name == "tx.rollback") && r.Code == engine.OK:
		delete(w.open, name)
	}
	if op.Name == "calls.resume" && r.Code != engine.Pending {
		delete(w.opening, name)
	}
	if w.node.Down() || op.Name == "node.crash" {
		clear(w.open)
		clear(w.opening)
	}
}

// eventsKept is after how many steps the node's log of events is emptied, which is no part of the run.
const eventsKept = 256

// QuietCollections is within how many collections after the faults stopped everything that nothing keeps must be gone.
const QuietCollections = 2

// closingCall is the name of the call with which the closing of a run begins, by which Check knows it.
const closingCall = "closing"

// closing is what ends a run: the faults stop, forks are dropped, transactions rolled back, calls that wait come to
// their end, there are collections, and then the same once more after a restart. It ends at the first problem.
func (w *monitor) closing(apply func(engine.Op) engine.Result) {
	apply(engine.Op{Name: "faults.clear", Header: engine.Header{Call: closingCall}})
	for _, name := range w.forks.names() {
		apply(engine.Op{Name: "node.drop", Args: engine.Named{Name: name}})
	}
	for range 1000 {
		w.rollBack(apply)
		list, _ := apply(engine.Op{Name: "calls.list"}).Value.([]engine.WaitingCall)
		if len(list) == 0 && len(w.open) == 0 || w.problem != nil {
			break
		}
		w.unblock(list, apply)
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
			w.problem = w.oracle.Quiet()
		}
		if w.problem != nil {
			return
		}
	}
}

// rollBack ends transactions that are open; one in which a call takes part that waits remains.
func (w *monitor) rollBack(apply func(engine.Op) engine.Result) {
	for _, name := range slices.Sorted(maps.Keys(w.open)) {
		if apply(engine.Op{Name: "tx.rollback", Args: engine.Named{Name: name}}).Code == "not_found" {
			delete(w.open, name)
		}
	}
}

// unstick has calls that wait go on: those that can do, or else time does, or else they are canceled. What even
// then doesn't end is the database that hangs, and calls that wait for one another, which only the death of the daemon ends.
func (w *monitor) unblock(list []engine.WaitingCall, apply func(engine.Op) engine.Result) {
	went := false
	for _, call := range list {
		if call.Ready {
			r := apply(engine.Op{Name: "calls.resume", Args: engine.Named{Name: call.Name}})
			went = went || r.Code != engine.Pending
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
		w.crash(apply)
		return
	}
	w.canceled = true
	for _, call := range list {
		apply(engine.Op{Name: "calls.cancel", Args: engine.Named{Name: call.Name}})
	}
}

// crash ends the daemon, and with it the calls that wait: what they wait for may be locks that others have who wait.
func (w *monitor) crash(apply func(engine.Op) engine.Result) {
	if len(w.open) > 0 {
		w.mark(Deadlock)
	}
	apply(engine.Op{Name: "node.crash"})
	left, _ := apply(engine.Op{Name: "calls.list"}).Value.([]engine.WaitingCall)
	for _, call := range left {
		if !call.Ready {
			apply(engine.Op{Name: "calls.abandon", Args: engine.Named{Name: call.Name}})
		}
	}
}
