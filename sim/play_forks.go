package sim

import "github.com/holdfast-gc/holdfast/engine"

// branch forks the node, makes some calls on the fork, and drops it, as an operator does to try a change.
func branch(a *actor) {
	fork := a.fresh("fork")
	if !a.do(engine.Op{Name: "node.fork", Args: engine.Named{Name: fork}}) {
		return
	}
	h := engine.Header{Fork: fork}
	a.call(engine.Op{Name: "faults.clear", Header: h}) // calls on a fork must not wait
	if a.oneIn(4) {
		a.call(engine.Op{Name: "node.crash", Header: h})
	}
	h.NS = a.space()
	before := *a.collections
	for range 1 + a.IntN(8) {
		switch a.IntN(6) {
		case 0:
			if a.do(engine.Op{Name: "collect", Header: h}) {
				a.mark(CollectionOnFork)
			}
		case 1:
			op := a.clockOp()
			op.Fork = fork
			a.call(op)
		default:
			a.call(a.change(h))
		}
	}
	if *a.collections > before {
		a.mark(ForkOutlives)
	}
	a.call(engine.Op{Name: "node.drop", Args: engine.Named{Name: fork}})
}
