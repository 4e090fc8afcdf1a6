package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/catalogue"
)

// overlayTogether writes an overlay in which all[i] is active if the number i+1 is selected. See inCopy.
func overlayTogether(root, to string, all []mutation) (string, error) {
	variants, sources := map[string][]variant{}, map[string][]byte{}
	for i, m := range all {
		variants[m.file] = append(variants[m.file], variant{m, i + 1})
	}
	for file, list := range variants {
		source, err := list[0].read(root)
		if err != nil {
			return "", err
		}
		if source, err = withVariants(source, list); err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
		if sources[file], err = catalogue.ImportSeam(string(source)); err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
	}
	return catalogue.WriteOverlay(root, to, sources)
}

// overlayAlone writes an overlay in which a mutation is always active.
func overlayAlone(root, to string, m mutation) (string, error) {
	source, err := m.read(root)
	if err != nil {
		return "", err
	}
	return catalogue.WriteOverlay(root, to, map[string][]byte{m.file: m.apply(source)})
}

// A variant is a mutation with the number that makes it active.
type variant struct {
	mutation
	number int
}

// An edit replaces the bytes from start to end of a source.
type edit struct {
	start, end int
	text       string
}

// withVariants returns a source in which each mutation is inactive, until its number is selected: a function with
// mutations calls a mutated copy of itself. So one program has many mutants. A mutation that no copy can have is an
// error; see inCopy.
func withVariants(source []byte, all []variant) ([]byte, error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, "", source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	at := func(pos token.Pos) int { return files.Position(pos).Offset }
	var edits []edit
	placed := 0
	for _, d := range parsed.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		var calls, copies strings.Builder
		callee, arguments, named := callOf(fn, at)
		for _, v := range all {
			if v.start <= at(fn.Body.Lbrace) || v.end > at(fn.Body.Rbrace) {
				continue
			}
			placed++
			name := fmt.Sprintf("mutant%d%s", v.number, fn.Name.Name)
			end := at(fn.End()) + len(v.new) - len(v.old)
			fmt.Fprintf(&copies, "\n\n%s%s%s", source[at(fn.Type.Pos()):at(fn.Name.Pos())], name, v.apply(source)[at(fn.Name.End()):end])
			call := strings.ReplaceAll(callee, "*", name) + "(" + arguments + ")"
			if fn.Type.Results == nil {
				fmt.Fprintf(&calls, "\nif seam.On(%d) { %s; return }", v.number, call)
			} else {
				fmt.Fprintf(&calls, "\nif seam.On(%d) { return %s }", v.number, call)
			}
		}
		if copies.Len() == 0 {
			continue
		}
		edits = append(edits, named...)
		body := at(fn.Body.Lbrace) + 1
		edits = append(edits, edit{body, body, calls.String() + "\n"}, edit{at(fn.End()), at(fn.End()), copies.String()})
	}
	if placed != len(all) {
		return nil, fmt.Errorf("%d of %d mutations are in no function", len(all)-placed, len(all))
	}
	return applied(source, edits), nil
}

// callOf returns the parts of a call that a function makes to a copy of itself: the copy's name as "*" with its
// receiver and type arguments, and the arguments. The edits name the parameters that have no name.
func callOf(fn *ast.FuncDecl, at func(token.Pos) int) (callee, arguments string, named []edit) {
	n := 0
	name := func(id *ast.Ident, before ast.Expr) string {
		switch {
		case id != nil && id.Name != "_":
			return id.Name
		case id != nil:
			n++
			named = append(named, edit{at(id.Pos()), at(id.End()), fmt.Sprintf("unnamed%d", n)})
		default:
			n++
			named = append(named, edit{at(before.Pos()), at(before.Pos()), fmt.Sprintf("unnamed%d ", n)})
		}
		return fmt.Sprintf("unnamed%d", n)
	}
	namesOf := func(f *ast.Field) (all []string) {
		if len(f.Names) == 0 {
			return []string{name(nil, f.Type)}
		}
		for _, id := range f.Names {
			all = append(all, name(id, nil))
		}
		return all
	}
	callee = "*"
	if fn.Recv != nil {
		callee = namesOf(fn.Recv.List[0])[0] + ".*"
	}
	if fn.Type.TypeParams != nil {
		var types []string
		for _, f := range fn.Type.TypeParams.List {
			types = append(types, namesOf(f)...)
		}
		callee += "[" + strings.Join(types, ", ") + "]"
	}
	var all []string
	for _, f := range fn.Type.Params.List {
		all = append(all, namesOf(f)...)
		if _, ok := f.Type.(*ast.Ellipsis); ok {
			all[len(all)-1] += "..."
		}
	}
	return callee, strings.Join(all, ", "), named
}

// inCopy reports whether a mutation is inside a function and a copy would behave as the function does. A function that
// recovers from a panic must be deferred itself.
func inCopy(source []byte, m mutation) bool {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, "", source, parser.SkipObjectResolution)
	if err != nil {
		return false
	}
	for _, d := range parsed.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		from, to := files.Position(fn.Body.Lbrace).Offset, files.Position(fn.Body.Rbrace).Offset
		if m.start > from && m.end <= to {
			return !bytes.Contains(source[from:to], []byte("recover()"))
		}
	}
	return false
}

// applied returns a source with edits that do not overlap.
func applied(source []byte, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var b bytes.Buffer
	from := 0
	for _, e := range edits {
		b.Write(source[from:e.start])
		b.WriteString(e.text)
		from = e.end
	}
	b.Write(source[from:])
	return b.Bytes()
}
