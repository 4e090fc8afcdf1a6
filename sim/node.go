package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// A monitor applies Ops to a node and has the oracle check each of them.
//
// Invariants: once problem is set, it stays. open has the transactions that are open on the node itself, not on forks.
// The keys of opening are the names of suspended calls. A crash empties both.
type monitor struct {
	node    *engine.Engine
	oracle  *oracle.Oracle
	forks   forks
	plant   Plant
	mark    func(Mark)
	problem *oracle.Problem // the first one, or nil
	steps   int

	open     map[string]bool   // open transactions, by name
	opening  map[string]string // transactions that suspended calls are to begin, by the name of the call
	canceled bool              // unblock has canceled the suspended calls, and none has ended since
}

// newMonitor makes a node as s says, with further options that have no form in a trace.
func newMonitor(s engine.Setup, plant Plant, mark func(Mark), further ...engine.Option) (*monitor, error) {
	if mark == nil {
		mark = func(Mark) {}
	}
	declared := s
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
		node: node, oracle: oracle.New(node, declared, mark), plant: plant, mark: mark,
		forks: forks{node: node, last: map[string]string{}}, open: map[string]bool{}, opening: map[string]string{},
	}, nil
}

// apply applies an Op and checks it. The plant changes the Op or the node behind the oracle's back.
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

// record keeps the first problem.
func (w *monitor) record(p *oracle.Problem) {
	if w.problem == nil {
		w.problem = p
	}
}

// trackTransactions follows which transactions are open.
func (w *monitor) trackTransactions(o engine.Op, r engine.Result) {
	name, _ := nameIn(o)
	switch begin, ok := o.Args.(op.TxBeginArgs); {
	case o.Fork != "":
		return
	case ok && r.Code == op.Pending:
		w.opening[o.Call] = begin.Name
	case ok && r.Code == op.OK:
		w.open[begin.Name] = true
	case o.Name == op.CallsResume && r.Code == op.OK && w.opening[name] != "":
		w.open[w.opening[name]] = true
	case (o.Name == op.TxCommit || o.Name == op.TxRollback) && r.Code == op.OK:
		delete(w.open, name)
	}
	if o.Name == op.CallsResume && r.Code != op.Pending {
		delete(w.opening, name)
	}
	if w.node.Down() || o.Name == op.NodeCrash {
		clear(w.open)
		clear(w.opening)
	}
}

// eventsKept is the number of steps after which the node's log of events is emptied. Nothing in a run reads it.
const eventsKept = 256

// QuietCollections is the number of collections in which all garbage must go after the faults have stopped.
const QuietCollections = 2

// closingCall names the first call of a closing, so that Check recognizes it.
const closingCall = "closing"

// closing ends a run. It clears all faults, drops forks, rolls back transactions and lets suspended calls end. Then it
// checks explanations, collects and checks, restarts the daemon, and collects and checks again. It ends at the first
// problem.
func (w *monitor) closing(apply func(engine.Op) engine.Result) {
	apply(engine.Op{Name: op.FaultsClear, Header: engine.Header{Call: closingCall}})
	for _, name := range w.forks.names() {
		apply(engine.Op{Name: op.NodeDrop, Args: op.Named{Name: name}})
	}
	for range 1000 {
		w.rollBack(apply)
		list, _ := apply(engine.Op{Name: op.CallsList}).Value.([]op.WaitingCall)
		if len(list) == 0 && len(w.open) == 0 || w.problem != nil {
			break
		}
		w.unblock(list, apply)
	}
	if w.node.Down() {
		apply(engine.Op{Name: op.NodeRestart})
	}
	w.explain()
	for _, restarted := range []bool{false, true} {
		if restarted {
			apply(engine.Op{Name: op.NodeCrash})
		}
		for i := range QuietCollections {
			apply(engine.Op{Name: op.Collect, Header: engine.Header{Call: fmt.Sprint("last", i+1)}})
		}
		if w.problem == nil {
			w.problem = w.oracle.Quiet()
		}
		if w.problem != nil {
			return
		}
	}
}

// explained is the number of objects whose explanations a closing checks.
const explained = 24

// explain checks the explanations of some objects. It asks past the Ops, so a trace does not have the questions. No
// list of an answer reaches the limit.
func (w *monitor) explain() {
	if w.problem != nil || len(w.open) > 0 {
		return
	}
	x := w.oracle.Explainer()
	nodes := x.Nodes()
	for i := 0; i < len(nodes) && w.problem == nil; i += 1 + len(nodes)/explained {
		if why, err := w.node.Why(nodes[i], 4*len(nodes)); err == nil {
			w.problem = x.Check(why)
		} else {
			w.problem = &oracle.Problem{Rule: oracle.WrongAnswer, Detail: nodes[i] + ": " + err.Error()}
		}
	}
}

// rollBack rolls back the open transactions. A transaction with a suspended call stays open.
func (w *monitor) rollBack(apply func(engine.Op) engine.Result) {
	for _, name := range slices.Sorted(maps.Keys(w.open)) {
		if apply(engine.Op{Name: op.TxRollback, Args: op.Named{Name: name}}).Code == op.NotFound {
			delete(w.open, name)
		}
	}
}

// unblock lets suspended calls proceed. It resumes the ready ones; if none ends, it advances the clock; if no timer is
// pending, it cancels them. If that does not help either, because the database hangs or calls wait for each other, it
// crashes the daemon.
func (w *monitor) unblock(list []op.WaitingCall, apply func(engine.Op) engine.Result) {
	went := false
	for _, call := range list {
		if call.Ready {
			r := apply(engine.Op{Name: op.CallsResume, Args: op.Named{Name: call.Name}})
			went = went || r.Code != op.Pending
		}
	}
	if went {
		w.canceled = false
		return
	}
	if at, ok := w.node.Clock().Next(); ok && at.After(w.node.Clock().Now()) {
		apply(engine.Op{Name: op.ClockSet, Args: op.ClockSetArgs{To: at}})
		return
	}
	if w.canceled {
		w.canceled = false
		w.crash(apply)
		return
	}
	w.canceled = true
	for _, call := range list {
		apply(engine.Op{Name: op.CallsCancel, Args: op.Named{Name: call.Name}})
	}
}

// crash crashes the daemon and abandons the calls that still wait, possibly for locks that other suspended calls hold.
func (w *monitor) crash(apply func(engine.Op) engine.Result) {
	if len(w.open) > 0 {
		w.mark(Deadlock)
	}
	apply(engine.Op{Name: op.NodeCrash})
	left, _ := apply(engine.Op{Name: op.CallsList}).Value.([]op.WaitingCall)
	for _, call := range left {
		if !call.Ready {
			apply(engine.Op{Name: op.CallsAbandon, Args: op.Named{Name: call.Name}})
		}
	}
}
