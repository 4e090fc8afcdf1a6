//go:build !race

// The race detector finds nothing in this test, and makes it take minutes.

package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/holdfast-gc/holdfast/engine"
)

// TestSameHashInWasm replays a trace natively and in a wasip1 program, and compares every result and every hash.
func TestSameHashInWasm(t *testing.T) {
	trace := randomTrace(t, 11, 1500)
	var native strings.Builder
	_, err := engine.Replay(t.Context(), bytes.NewReader(trace), func(e *engine.Engine, _ int, op engine.Op, r engine.Result) error {
		fmt.Fprintf(&native, "%s %s %s\n", op.Name, r, e.Hash())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	program := filepath.Join(t.TempDir(), "guest.wasm")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", program, "./testdata/guest")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	code, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	runtime := wazero.NewRuntime(ctx)
	defer runtime.Close(ctx)
	wasi_snapshot_preview1.MustInstantiate(ctx, runtime)
	var stdout, stderr bytes.Buffer
	config := wazero.NewModuleConfig().WithStdin(bytes.NewReader(trace)).WithStdout(&stdout).WithStderr(&stderr)
	if _, err := runtime.InstantiateWithConfig(ctx, code, config); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	wasm := strings.Split(stdout.String(), "\n")
	for i, want := range strings.Split(native.String(), "\n") {
		if i >= len(wasm) || wasm[i] != want {
			t.Fatalf("line %d: WebAssembly prints\n%s\nnative code prints\n%s", i, wasm[min(i, len(wasm)-1)], want)
		}
	}
}
