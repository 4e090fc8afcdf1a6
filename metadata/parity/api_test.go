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

// packages are ours and containerd's of which the exported API must be equal.
var packages = []struct{ ours, theirs string }{
	{ourModule + "metadata", containerdModule + "metadata"},
	{ourModule + "metadata/boltutil", containerdModule + "metadata/boltutil"},
}

// apart is what is meant to differ between the APIs, with the reason. What only
// we have needs none.
var apart = map[string]string{}

// TestExportedAPI compares what our packages export with what containerd's do:
// every name, with its type, and every exported method and field.
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
			if apart[full] == "" {
				t.Errorf("%s\ncontainerd: %s\nours:       %s", full, theirs[name], ours[name])
			}
			used[full] = true
		}
	}
	for full := range apart {
		if !used[full] {
			t.Errorf("%s is said to differ and does not", full)
		}
	}
}

// loader returns what type-checks packages from the compiler's export data.
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

// exported returns what each exported name of a package is, and each exported
// method and field of its types, as text in which the packages that stand for
// one another are called the same.
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

// kindOf says what a type is, as far as those who use it depend on it: of an
// interface all methods, since they implement it, but of a struct not the
// fields that it hides.
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

// text writes a type down as far as it matters to who uses it.
func text(t types.Type) string { return types.TypeString(bare(t), qualifier) }

// bare returns t without aliases and without the names of parameters.
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

// qualifier names a package by the last element of its path, and memkv as what
// it stands for.
func qualifier(pkg *types.Package) string {
	if pkg.Path() == ourModule+"memkv" {
		return "bbolt"
	}
	return path.Base(pkg.Path())
}
