package system_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/wasm/host"
	"github.com/holdfast-gc/holdfast/wasm/host/system"
)

func newHost(t *testing.T) *host.Host {
	t.Helper()
	file := filepath.Join(t.TempDir(), "holdfast.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", file, "../../guest")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the module does not build: %v\n%s", err, said)
	}
	wasm, err := os.ReadFile(file)
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
