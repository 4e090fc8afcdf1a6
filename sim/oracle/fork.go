package oracle

import (
	"maps"

	"github.com/holdfast-gc/holdfast/engine"
)

// branch returns an oracle for a fork of the node, which is in the same state but for what is open.
func (o *Oracle) branch(node Node) *Oracle {
	f := &Oracle{
		node: node, setup: o.setup, rules: o.rules, mark: o.mark,
		model: newModel(o.rules), scripts: maps.Clone(o.scripts), unheard: o.unheard,
		writers: map[string]*writer{}, calls: map[string]*waiting{}, spare: &waiting{}, faults: maps.Clone(o.faults),
		transactions: map[string]*transaction{}, forks: map[string]*Oracle{},
		faulty: true, leftover: true, // by what is open in the node
	}
	for _, at := range o.model.objects {
		f.space(at.space.name).set(at.key, at.object.apart())
	}
	if o.writing != nil {
		for at, was := range o.writing.was {
			if was != nil {
				was = was.apart()
			}
			f.put("", at.ns, at.key, was)
		}
	}
	return f
}

// forked follows the making and dropping of forks.
func (o *Oracle) forked(op engine.Op, r engine.Result) *Problem {
	name := args[engine.Named](op).Name
	switch {
	case r.Code != engine.OK:
	case op.Name == "node.fork":
		from, node := o.of(op), o.node.Forked(name)
		if from == nil || node == nil {
			return problem(ruleResult, "%s: ok, but there is no such fork", op)
		}
		f := from.branch(node)
		o.forks[name] = f
		return f.drift()
	case op.Name == "node.drop":
		f := o.forks[name]
		delete(o.forks, name)
		if f != nil {
			return f.whole()
		}
	}
	return nil
}

// of returns the oracle of the node on which an Op acts, or nil.
func (o *Oracle) of(op engine.Op) *Oracle {
	if op.Fork == "" {
		return o
	}
	return o.forks[op.Fork]
}
