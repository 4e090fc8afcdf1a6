package engine

import (
	"testing"

	"github.com/holdfast-gc/holdfast/engine/op"
)

// TestImplementations checks that every row without a store method has an implementation, which rejects arguments of
// another type, and that no other name has one.
func TestImplementations(t *testing.T) {
	for _, name := range op.Names() {
		row, _ := op.RowOf(name)
		run, ok := implementations[name]
		if ok == row.CallsStore() {
			t.Errorf("%s: calls a store: %v, has an implementation: %v", name, row.CallsStore(), ok)
		}
		if !ok {
			continue
		}
		if v, err := run(&call{row: row}, 7); v != nil || op.CodeOf(err) != op.InvalidArgument {
			t.Errorf("%s with arguments of type int: %v, %v", name, v, err)
		}
	}
	for name := range implementations {
		if _, ok := op.RowOf(name); !ok {
			t.Errorf("%s has an implementation, but no row", name)
		}
	}
}
