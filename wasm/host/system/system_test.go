//go:build !race

// Under the race detector these tests take minutes and find nothing. `make plain` runs them without it.

package system_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/wasm/host"
	"github.com/holdfast-gc/holdfast/wasm/host/system"
	"github.com/holdfast-gc/holdfast/wasm/internal/build"
)

func newHost(t *testing.T) *host.Host {
	t.Helper()
	wasm, err := build.Guest(filepath.Join(t.TempDir(), "holdfast.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := host.New(t.Context(), wasm, host.WithInterpreter()) // starts at once, also under the race detector
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

// TestLaws checks every law on nodes in the module.
func TestLaws(t *testing.T) {
	proptest.Run(t, system.New(t.Context(), newHost(t)), proptest.WithCases(3), proptest.WithSize(15))
}
