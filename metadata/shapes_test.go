package metadata_test

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
	"slices"
	"strings"
	"testing"
)

// What metadata/snapshots and metadata/sandbox declare for wasm has the shape of
// what they take from containerd elsewhere.
func TestShapes(t *testing.T) {
	// missing is what the types for wasm lack, with the reason.
	missing := map[string]string{
		"Mount.Mount":    "nothing can be mounted there",
		"Mount.ReadOnly": "it serves those who mount",
	}
	for _, path := range []string{
		"github.com/holdfast-gc/holdfast/metadata/snapshots",
		"github.com/holdfast-gc/holdfast/metadata/sandbox",
	} {
		native, wasm := exported(t, path), exported(t, path, "GOOS=wasip1", "GOARCH=wasm")
		for name := range missing {
			delete(native, name)
		}
		all := maps.Clone(native)
		maps.Copy(all, wasm)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if wasm[name] != native[name] {
				t.Errorf("%s %s\nfor wasm:  %q\nelsewhere: %q", path, name, wasm[name], native[name])
			}
		}
	}
}

// exported returns the types of what a package exports when it is built in that
// environment: "Name", and "Name.Member" for fields and methods. Names of
// packages that stand for one another are left out of the types.
func exported(t *testing.T, path string, environment ...string) map[string]string {
	t.Helper()
	list := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", path)
	list.Env = append(os.Environ(), environment...)
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		files[path] = file
	}
	load := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
	text := func(typ types.Type) string {
		return types.TypeString(withoutNames(typ), func(p *types.Package) string {
			for _, same := range []string{path, "core/snapshots", "core/mount", "core/sandbox"} {
				if strings.HasSuffix(p.Path(), same) {
					return ""
				}
			}
			return p.Path()
		})
	}
	pkg, err := load.Import(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range pkg.Scope().Names() {
		switch o := pkg.Scope().Lookup(name).(type) {
		case *types.Const:
			all[name] = text(o.Type()) + " = " + o.Val().ExactString()
		case *types.TypeName:
			addMembers(all, name, types.Unalias(o.Type()), text)
		default:
			all[name] = text(o.Type())
		}
	}
	for name := range all {
		if !token.IsExported(name) {
			delete(all, name)
		}
	}
	return all
}

func addMembers(all map[string]string, name string, typ types.Type, text func(types.Type) string) {
	methods := types.NewMethodSet(typ)
	switch under := typ.Underlying().(type) {
	case *types.Interface:
		all[name] = "interface"
	case *types.Struct:
		all[name] = "struct"
		for i := range under.NumFields() {
			f := under.Field(i)
			all[name+"."+f.Name()] = fmt.Sprintf("field %d %s %q", i, text(f.Type()), under.Tag(i))
		}
		methods = types.NewMethodSet(types.NewPointer(typ))
	default:
		all[name] = text(under)
		methods = types.NewMethodSet(types.NewPointer(typ))
	}
	for m := range methods.Methods() {
		if !m.Obj().Exported() {
			continue
		}
		all[name+"."+m.Obj().Name()] = text(m.Obj().Type())
	}
}

// withoutNames returns a function's type without the names of its parameters.
func withoutNames(typ types.Type) types.Type {
	s, ok := typ.(*types.Signature)
	if !ok {
		return typ
	}
	unnamed := func(tuple *types.Tuple) *types.Tuple {
		var vars []*types.Var
		for v := range tuple.Variables() {
			vars = append(vars, types.NewVar(token.NoPos, nil, "", v.Type()))
		}
		return types.NewTuple(vars...)
	}
	return types.NewSignatureType(nil, nil, nil, unnamed(s.Params()), unnamed(s.Results()), s.Variadic())
}
