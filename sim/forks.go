package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// forks checks that a node and its forks are independent. It compares the hash of each fork with the hash after the
// last Op on that fork, and the hash of the node before and after each Op on a fork.
type forks struct {
	node *engine.Engine
	last map[string]string // the hash after the last Op on each fork, by name
	root string            // the hash of the node before the current Op on a fork
}

func (f *forks) hash(name string) string {
	hash, _ := f.node.Apply(context.Background(), engine.Op{Name: "hash", Header: engine.Header{Fork: name}}).Value.(string)
	return hash
}

// before must be called before an Op is applied. It returns a problem if the fork has changed since the last Op on it.
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
		return &oracle.Problem{Rule: ForkDependent, Detail: fmt.Sprintf("an Op on the node or on another fork changed the fork %q", name)}
	}
	return nil
}

// after must be called after an Op was applied. It returns a problem if an Op on a fork changed the node, or a new fork
// differs from its origin.
func (f *forks) after(op engine.Op, r engine.Result) *oracle.Problem {
	name, _ := nameIn(op)
	switch {
	case op.Name == "node.fork" && r.Code == engine.OK:
		f.last[name] = f.hash(name)
		if from := f.hash(op.Fork); from != f.last[name] {
			return &oracle.Problem{Rule: ForkDependent, Detail: fmt.Sprintf("the new fork %q differs from its origin", name)}
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

// names returns the sorted names of the forks.
func (f *forks) names() []string { return slices.Sorted(maps.Keys(f.last)) }

// nameIn returns the name in an Op's arguments.
func nameIn(op engine.Op) (string, bool) {
	named, ok := op.Args.(engine.Named)
	return named.Name, ok
}
