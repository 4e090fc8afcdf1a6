package proptest

import (
	"regexp"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// shortNames renames namespaces, calls and writers to a, b and so on, in order of appearance, and so the names that
// package shrink has made.
func shortNames(ops []engine.Op) []engine.Op {
	spaces, calls, writers := renamer{}, renamer{}, renamer{}
	ops = letterNames(ops)
	for i, o := range ops {
		ops[i].NS, ops[i].Call = spaces.of(o.NS), calls.of(o.Call)
		switch a := o.Args.(type) {
		case op.NamespacesCreateArgs:
			a.Name = spaces.of(a.Name)
			ops[i].Args = a
		case op.WritersOpenArgs:
			a.Name = writers.of(a.Name)
			ops[i].Args = a
		case op.WritersWriteArgs:
			a.Name = writers.of(a.Name)
			ops[i].Args = a
		case op.WritersCommitArgs:
			a.Name = writers.of(a.Name)
			ops[i].Args = a
		case op.Named:
			kind := o.Name.Group()
			if of, ok := map[string]renamer{"namespaces": spaces, "calls": calls, "writers": writers}[kind]; ok {
				ops[i].Args = op.Named{Name: of.of(a.Name)}
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
	for i, o := range ops {
		text := numbered.ReplaceAllStringFunc(o.String(), func(name string) string { return name[:1] + names.of(name[1:]) })
		if renamed, err := op.Parse([]byte(text)); err == nil {
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
