package proptest

import (
	"regexp"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
)

// shortNames renames namespaces, calls and writers to a, b and so on, in order of appearance, and so the names that
// package shrink has made.
func shortNames(ops []engine.Op) []engine.Op {
	spaces, calls, writers := renamer{}, renamer{}, renamer{}
	ops = letterNames(ops)
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
			if of, ok := map[string]renamer{"namespaces": spaces, "calls": calls, "writers": writers}[kind]; ok {
				ops[i].Args = engine.Named{Name: of.of(a.Name)}
			}
		}
	}
	return ops
}

// numbered matches a name from package shrink, a letter and a number, with the character before it.
var numbered = regexp.MustCompile(`["/|][a-z][0-9]+\b`)

// letterNames renames names of a letter and a number to single letters.
func letterNames(ops []engine.Op) []engine.Op {
	names := renamer{}
	ops = slices.Clone(ops)
	for i, op := range ops {
		text := numbered.ReplaceAllStringFunc(op.String(), func(name string) string { return name[:1] + names.of(name[1:]) })
		if renamed, err := engine.ParseOp([]byte(text)); err == nil {
			ops[i] = renamed
		}
	}
	return ops
}

// A renamer maps old names to new ones.
type renamer map[string]string

func (n renamer) of(old string) string {
	if _, known := n[old]; !known && old != "" && len(n) < 26 {
		n[old] = string(rune('a' + len(n)))
	}
	if name := n[old]; name != "" {
		return name
	}
	return old
}
