package op_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/sandbox"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// TestNamesHaveRows compares the constants in name.go with the rows.
func TestNamesHaveRows(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "name.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var constants []op.Name
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			name, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			constants = append(constants, op.Name(name))
		}
		return true
	})
	slices.Sort(constants)
	if names := op.Names(); !slices.Equal(names, constants) {
		t.Errorf("rows %q, constants %q", names, constants)
	}
}

func TestRowOf(t *testing.T) {
	for _, name := range op.Names() {
		row, ok := op.RowOf(name)
		args, found := op.ArgsOf(name)
		if !ok || row.Name != name || !found || reflect.TypeOf(args) != row.Args {
			t.Errorf("%s: row %+v, arguments %T", name, row, args)
		}
		if want := strings.TrimSuffix(name.Group()+"."+name.Verb(), "."); string(name) != want {
			t.Errorf("%s: group %q, verb %q", name, name.Group(), name.Verb())
		}
	}
	if row, ok := op.RowOf("images.frob"); ok {
		t.Errorf("row of an unknown name: %+v", row)
	}
	if args, ok := op.ArgsOf("images.frob"); ok {
		t.Errorf("arguments of an unknown name: %T", args)
	}
}

// noStores is a node without any store.
type noStores struct{}

func (noStores) Images() images.Store                     { return nil }
func (noStores) Containers() containers.Store             { return nil }
func (noStores) Sandboxes() sandbox.Store                 { return nil }
func (noStores) Leases() leases.Manager                   { return nil }
func (noStores) Namespaces() namespaces.Store             { return nil }
func (noStores) Content() content.Store                   { return nil }
func (noStores) Snapshotter(string) snapshots.Snapshotter { return nil }

func TestCallErrors(t *testing.T) {
	target := op.Target{Stores: noStores{}, Open: &op.Open{}}
	for _, name := range op.Names() {
		row, _ := op.RowOf(name)
		want := op.NotImplemented
		if row.CallsStore() && name.Group() == "snapshots" {
			want = op.NotFound
		}
		if v, err := row.Call(t.Context(), target, nil); v != nil || op.CodeOf(err) != want {
			t.Errorf("%s without a store: %v, %v, want %s", name, v, err, want)
		}
		if !row.CallsStore() {
			continue
		}
		if v, err := row.Call(t.Context(), target, 7); v != nil || op.CodeOf(err) != op.InvalidArgument {
			t.Errorf("%s with arguments of type int: %v, %v", name, v, err)
		}
	}
}

// TestCodesOfErrors checks that each code of an error has an error of that code, also after wrapping.
func TestCodesOfErrors(t *testing.T) {
	for _, code := range op.Codes() {
		err := code.Err()
		if code == op.OK || code == op.Pending {
			if err != nil {
				t.Errorf("%s has the error %v", code, err)
			}
			continue
		}
		if got := op.NewResult(nil, fmt.Errorf("wrapped: %w", err)); got.Code != code || got.Err() == nil {
			t.Errorf("%s: %s", code, got)
		}
	}
	if !errdefs.IsUnavailable(op.ErrDown) {
		t.Errorf("ErrDown is not of class Unavailable: %v", op.ErrDown)
	}
}

func TestHandles(t *testing.T) {
	var h op.Handles[int]
	if _, err := h.Get("writer", "w"); !errdefs.IsNotFound(err) {
		t.Errorf("Get of a closed writer: %v", err)
	}
	h.Put("w", 7)
	if v, err := h.Get("writer", "w"); v != 7 || err != nil {
		t.Errorf("Get of an open writer: %v, %v", v, err)
	}
	if err := h.Free("writer", "w"); !errdefs.IsAlreadyExists(err) {
		t.Errorf("Free of a used name: %v", err)
	}
	if h.Remove("w"); h.Free("writer", "w") != nil {
		t.Error("a removed name is not free")
	}
}
