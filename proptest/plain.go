package proptest

import (
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
)

// plain are Ops with their namespaces called a, b and so on, as they come, and calls and writers too.
func plain(ops []engine.Op) []engine.Op {
	spaces, calls, writers := naming{}, naming{}, naming{}
	ops = slices.Clone(ops)
	for i, op := range ops {
		ops[i].NS, ops[i].Call = spaces.of(op.NS), calls.of(op.Call)
		switch a := op.Args.(type) {
		case engine.NamespaceCreate:
			a.Name = spaces.of(a.Name)
			ops[i].Args = a
		case engine.WriterOpen:
			a.Name = writers.of(a.Name)
			ops[i].Args = a
		case engine.WriterWrite:
			a.Name = writers.of(a.Name)
			ops[i].Args = a
		case engine.WriterCommit:
			a.Name = writers.of(a.Name)
			ops[i].Args = a
		case engine.Named:
			kind, _, _ := strings.Cut(op.Name, ".")
			if of, ok := map[string]naming{"namespaces": spaces, "calls": calls, "writers": writers}[kind]; ok {
				ops[i].Args = engine.Named{Name: of.of(a.Name)}
			}
		}
	}
	return ops
}

// naming are the new names of what had other ones.
type naming map[string]string

func (n naming) of(old string) string {
	if _, known := n[old]; !known && old != "" && len(n) < 26 {
		n[old] = string(rune('a' + len(n)))
	}
	if name := n[old]; name != "" {
		return name
	}
	return old
}
