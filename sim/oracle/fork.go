package oracle

import (
	"maps"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// forkOracle returns an oracle for a fork of the node. The fork has the committed state; writers, calls and
// transactions stay with the node.
func (o *Oracle) forkOracle(node Node) *Oracle {
	f := &Oracle{
		node: node, setup: o.setup, rules: o.rules, mark: o.mark,
		model: newModel(o.rules), scripts: maps.Clone(o.scripts), scriptsStale: o.scriptsStale,
		writers: map[string]*writer{}, calls: map[string]*call{}, spare: &call{}, faults: maps.Clone(o.faults),
		transactions: map[string]*transaction{}, forks: map[string]*Oracle{},
		hadFault: true, leftovers: true, // open calls of the node may have left data in the backends
	}
	for _, at := range o.model.objects {
		f.space(at.space.name).set(at.key, at.object.clone())
	}
	if o.writeTx != nil {
		for at, was := range o.writeTx.before {
			if was != nil {
				was = was.clone()
			}
			f.put("", at.ns, at.key, was)
		}
	}
	return f
}

// trackForks follows the creation and the removal of forks.
func (o *Oracle) trackForks(request engine.Op, r engine.Result) *Problem {
	name := args[op.Named](request).Name
	switch {
	case r.Code != op.OK:
	case request.Name == op.NodeFork:
		from, node := o.target(request), o.node.Forked(name)
		if from == nil || node == nil {
			return problem(WrongResult, "%s: ok, but there is no such fork", request)
		}
		f := from.forkOracle(node)
		o.forks[name] = f
		return f.checkModel()
	case request.Name == op.NodeDrop:
		f := o.forks[name]
		delete(o.forks, name)
		if f != nil {
			return f.checkAll()
		}
	}
	return nil
}

// target returns the oracle of the node or fork that an Op acts on, or nil if there is no such fork.
func (o *Oracle) target(op engine.Op) *Oracle {
	if op.Fork == "" {
		return o
	}
	return o.forks[op.Fork]
}
