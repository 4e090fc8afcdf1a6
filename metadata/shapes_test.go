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
	"reflect"
	"slices"
	"strings"
	"testing"
)

// dropIn are the packages that declare their own types for wasm and alias containerd's types natively.
var dropIn = []string{"containers", "content", "events", "images", "leases", "message", "namespaces", "sandbox", "snapshots"}

// missing lists the names that the wasm types lack, with the reasons. A name with a leading dot is a member of every
// type in the package.
var missing = map[string]map[string]string{
	"snapshots": {
		"Mount.Mount":    "nothing can be mounted there",
		"Mount.ReadOnly": "mounting a file system needs it, and wasm does not mount",
	},
	"images": {
		"Image.Config": "it reads content, for a platform",
		"Image.RootFS": "it reads content, for a platform",
		"Image.Size":   "it reads content, for a platform",
	},
	"message": {
		".Descriptor": reflects, ".ProtoMessage": reflects, ".ProtoReflect": reflects, ".Reset": reflects, ".String": reflects,
		".MarshalFrom": reflects, ".MessageIs": reflects, ".MessageName": reflects, ".UnmarshalNew": reflects, ".UnmarshalTo": reflects,
	},
	"events": {
		".Descriptor": reflects, ".ProtoMessage": reflects, ".ProtoReflect": reflects, ".Reset": reflects, ".String": reflects,
		".GetName": getter, ".GetLabels": getter, ".GetDigest": getter, ".GetSize": getter, ".GetMediaType": getter,
		".GetKey": getter, ".GetParent": getter, ".GetSnapshotter": getter, ".Field": "filters of events ask for it",
	},
}

const (
	reflects = "it belongs to protobuf's reflection"
	getter   = "the field says the same"
)

func TestShapes(t *testing.T) {
	for _, name := range dropIn {
		path := "github.com/holdfast-gc/holdfast/metadata/" + name
		native, wasm := exported(t, path), exported(t, path, "GOOS=wasip1", "GOARCH=wasm")
		lacks := map[string]bool{}
		for member := range native {
			_, of, _ := strings.Cut(member, ".")
			for _, key := range []string{member, "." + of} {
				if missing[name][key] != "" && wasm[member] == "" {
					lacks[key] = true
					delete(native, member)
				}
			}
		}
		for key := range missing[name] {
			if !lacks[key] {
				t.Errorf("%s: missing lists %s, but wasm has it", name, key)
			}
		}
		all := maps.Clone(native)
		maps.Copy(all, wasm)
		for _, member := range slices.Sorted(maps.Keys(all)) {
			if wasm[member] != native[member] {
				t.Errorf("%s %s\nfor wasm:  %q\nelsewhere: %q", path, member, wasm[member], native[member])
			}
		}
	}
}

// exported returns the types of the exported names of a package, built in the given environment. Keys are "Name", and
// "Name.Member" for fields and methods. Types omit the names of packages that replace each other.
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
			for _, same := range []string{
				path, "core/containers", "core/content", "core/events", "api/events", "core/images", "core/leases", "core/mount",
				"core/sandbox", "core/snapshots", "pkg/namespaces",
			} {
				if strings.HasSuffix(p.Path(), same) {
					return ""
				}
			}
			for _, same := range []string{"metadata/message", "typeurl/v2", "types/known/anypb"} {
				if strings.HasSuffix(p.Path(), same) {
					return "message"
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
		i := 0
		for f := range under.Fields() {
			if f.Exported() {
				all[name+"."+f.Name()] = fmt.Sprintf("field %d %s %q", i, text(f.Type()), jsonTag(under, f))
				i++
			}
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

// jsonTag returns the json tag of a field.
func jsonTag(of *types.Struct, field *types.Var) string {
	for i := range of.NumFields() {
		if of.Field(i) == field {
			return reflect.StructTag(of.Tag(i)).Get("json")
		}
	}
	return ""
}

// withoutNames returns a function's type without parameter names.
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
