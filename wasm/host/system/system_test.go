//go:build !race

// The race detector has nothing to find here, and makes it take minutes: make plain runs it.

package system_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/wasm/host"
	"github.com/holdfast-gc/holdfast/wasm/host/system"
	"github.com/holdfast-gc/holdfast/wasm/internal/built"
)

func newHost(t *testing.T) *host.Host {
	t.Helper()
	wasm, err := built.Module(filepath.Join(t.TempDir(), "holdfast.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := host.New(t.Context(), wasm, host.WithInterpreter()) // which begins at once, also under the race detector
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

// TestLaws holds every law against nodes in the module.
func TestLaws(t *testing.T) {
	proptest.Run(t, system.New(t.Context(), newHost(t)), proptest.WithCases(3), proptest.WithSize(15))
}
