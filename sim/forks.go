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

// forks checks that a node and its forks are independent. It compares the hash of each fork with the hash after the
// last Op on that fork, and the hash of the node before and after each Op on a fork.
type forks struct {
	node *engine.Engine
	last map[string]string // the hash after the last Op on each fork, by name
	root string            // the hash of the node before the current Op on a fork
}

func (f *forks) hash(name string) string {
	hash, _ := f.node.Apply(context.Background(), engine.Op{Name: op.Hash, Header: engine.Header{Fork: name}}).Value.(string)
	return hash
}

// before must be called before an Op is applied. It returns a problem if the fork has changed since the last Op on it.
func (f *forks) before(o engine.Op) *oracle.Problem {
	name := o.Fork
	if o.Name == op.NodeDrop {
		name, _ = nameIn(o)
	}
	if o.Fork != "" {
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
func (f *forks) after(o engine.Op, r engine.Result) *oracle.Problem {
	name, _ := nameIn(o)
	switch {
	case o.Name == op.NodeFork && r.Code == op.OK:
		f.last[name] = f.hash(name)
		if from := f.hash(o.Fork); from != f.last[name] {
			return &oracle.Problem{Rule: ForkDependent, Detail: fmt.Sprintf("the new fork %q differs from its origin", name)}
		}
	case o.Name == op.NodeDrop && r.Code == op.OK:
		delete(f.last, name)
	}
	if o.Fork == "" {
		return nil
	}
	if _, known := f.last[o.Fork]; known {
		f.last[o.Fork] = f.hash(o.Fork)
	}
	if f.hash("") != f.root {
		return &oracle.Problem{Rule: ForkDependent, Detail: fmt.Sprintf("%s changed the node", o)}
	}
	return nil
}

// names returns the sorted names of the forks.
func (f *forks) names() []string { return slices.Sorted(maps.Keys(f.last)) }

// nameIn returns the name in an Op's arguments.
func nameIn(o engine.Op) (string, bool) {
	named, ok := o.Args.(op.Named)
	return named.Name, ok
}
