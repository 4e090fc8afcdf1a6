package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// forks are the forks of a node, with the hash that each had when something was last done to it.
type forks struct {
	node *engine.Engine
	last map[string]string // by name
	root string            // the node's own, before the Op that is being applied to a fork
}

func (f *forks) hash(name string) string {
	hash, _ := f.node.Apply(context.Background(), engine.Op{Name: "hash", Header: engine.Header{Fork: name}}).Value.(string)
	return hash
}

// before is called before an Op. It returns what is wrong with the forks, if anything is.
func (f *forks) before(op engine.Op) *oracle.Problem {
	name := op.Fork
	if op.Name == "node.drop" {
		name, _ = nameIn(op)
	}
	if op.Fork != "" {
		f.root = f.hash("")
	}
	last, known := f.last[name]
	if known && f.hash(name) != last {
		return &oracle.Problem{Rule: ForkDependent, Detail: fmt.Sprintf("what was done to others changed the fork %q", name)}
	}
	return nil
}

// after is called after an Op.
func (f *forks) after(op engine.Op, r engine.Result) *oracle.Problem {
	name, _ := nameIn(op)
	switch {
	case op.Name == "node.fork" && r.Code == engine.OK:
		f.last[name] = f.hash(name)
		if from := f.hash(op.Fork); from != f.last[name] {
			return &oracle.Problem{Rule: ForkDependent, Detail: fmt.Sprintf("the fork %q is not what it was made of", name)}
		}
	case op.Name == "node.drop" && r.Code == engine.OK:
		delete(f.last, name)
	}
	if op.Fork == "" {
		return nil
	}
	if _, known := f.last[op.Fork]; known {
		f.last[op.Fork] = f.hash(op.Fork)
	}
	if f.hash("") != f.root {
		return &oracle.Problem{Rule: ForkDependent, Detail: fmt.Sprintf("%s changed the node", op)}
	}
	return nil
}

// names returns the names of the forks, sorted.
func (f *forks) names() []string { return slices.Sorted(maps.Keys(f.last)) }

func nameIn(op engine.Op) (string, bool) {
	named, ok := op.Args.(engine.Named)
	return named.Name, ok
}
