package parity

import (
	"bytes"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	containerdModule = "github.com/containerd/containerd/v2/core/"
	ourModule        = "github.com/holdfast-gc/holdfast/"
)

// packages are pairs of packages with equal exported APIs.
var packages = []struct{ ours, theirs string }{
	{ourModule + "metadata", containerdModule + "metadata"},
	{ourModule + "metadata/boltutil", containerdModule + "metadata/boltutil"},
}

// apiDifferences maps names with a deliberately different API to the reason. Names that only we export need no entry.
var apiDifferences = map[string]string{}

// TestExportedAPI compares the exported API of our packages with containerd's: each name and its type, and each
// exported method and field.
func TestExportedAPI(t *testing.T) {
	var paths []string
	for _, p := range packages {
		paths = append(paths, p.ours, p.theirs)
	}
	load := loader(t, paths)
	used := map[string]bool{}
	for _, p := range packages {
		theirs, ours := exported(load(p.theirs)), exported(load(p.ours))
		for _, name := range slices.Sorted(maps.Keys(theirs)) {
			full := path.Base(p.ours) + "." + name
			if theirs[name] == ours[name] {
				continue
			}
			if apiDifferences[full] == "" {
				t.Errorf("%s\ncontainerd: %s\nours:       %s", full, theirs[name], ours[name])
			}
			used[full] = true
		}
	}
	for full := range apiDifferences {
		if !used[full] {
			t.Errorf("apiDifferences has an entry for %s, which does not differ", full)
		}
	}
}

// loader returns a function that type-checks packages from the export data of the compiler.
func loader(t *testing.T, paths []string) func(path string) *types.Package {
	t.Helper()
	list := exec.Command("go", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}, paths...)...)
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if path, file, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			files[path] = file
		}
	}
	from := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(files[path])
	})
	return func(path string) *types.Package {
		pkg, err := from.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		return pkg
	}
}

// exported returns the exported names of a package with their types, and the exported methods and fields of its types.
// Both packages of a pair have the same name in the result.
func exported(pkg *types.Package) map[string]string {
	all := map[string]string{}
	for _, name := range pkg.Scope().Names() {
		o := pkg.Scope().Lookup(name)
		if !o.Exported() {
			continue
		}
		switch o := o.(type) {
		case *types.Const:
			all[name] = "const " + text(o.Type()) + " = " + o.Val().ExactString()
		case *types.Var:
			all[name] = "var " + text(o.Type())
		case *types.Func:
			all[name] = text(o.Type())
		case *types.TypeName:
			all[name] = "type " + kindOf(o.Type())
			addMembers(all, name, o.Type())
		}
	}
	return all
}

// kindOf describes the part of a type on which callers depend: all methods of an interface, because callers implement
// it, but not the unexported fields of a struct.
func kindOf(t types.Type) string {
	switch u := t.Underlying().(type) {
	case *types.Struct:
		return "struct"
	case *types.Interface:
		var methods []string
		for m := range u.Methods() {
			methods = append(methods, m.Name())
		}
		return fmt.Sprintf("interface %q", methods)
	default:
		return text(u)
	}
}

// addMembers adds the exported methods and fields of a type.
func addMembers(all map[string]string, name string, t types.Type) {
	for _, set := range []*types.MethodSet{types.NewMethodSet(t), types.NewMethodSet(types.NewPointer(t))} {
		for m := range set.Methods() {
			if m.Obj().Exported() {
				all[name+"."+m.Obj().Name()] = text(m.Obj().Type())
			}
		}
	}
	if s, ok := t.Underlying().(*types.Struct); ok {
		for f := range s.Fields() {
			if f.Exported() {
				all[name+"."+f.Name()] = "field " + text(f.Type())
			}
		}
	}
}

// text formats a type.
func text(t types.Type) string { return types.TypeString(bare(t), qualifier) }

// bare returns t without aliases and without names of parameters.
func bare(t types.Type) types.Type {
	switch t := types.Unalias(t).(type) {
	case *types.Pointer:
		return types.NewPointer(bare(t.Elem()))
	case *types.Slice:
		return types.NewSlice(bare(t.Elem()))
	case *types.Map:
		return types.NewMap(bare(t.Key()), bare(t.Elem()))
	case *types.Signature:
		return types.NewSignatureType(nil, nil, nil, bareTuple(t.Params()), bareTuple(t.Results()), t.Variadic())
	default:
		return t
	}
}

func bareTuple(tuple *types.Tuple) *types.Tuple {
	var vars []*types.Var
	for v := range tuple.Variables() {
		vars = append(vars, types.NewParam(token.NoPos, nil, "", bare(v.Type())))
	}
	return types.NewTuple(vars...)
}

// qualifier returns the last element of a package's path. It returns "bbolt" for memkv, which takes its place.
func qualifier(pkg *types.Package) string {
	if pkg.Path() == ourModule+"memkv" {
		return "bbolt"
	}
	return path.Base(pkg.Path())
}
