package host_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/wasm/host"
	"github.com/holdfast-gc/holdfast/wasm/internal/build"
)

// module is the module, built from source. cache contains its compiled code.
var (
	module []byte
	cache  *host.Cache
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	if wasm, compiled, ok := strings.Cut(os.Getenv(compileVariable), ":"); ok {
		return 0, compile(wasm, compiled)
	}
	folder, err := os.MkdirTemp("", "holdfast-wasm")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	if module, err = build.Guest(modulePath(folder)); err != nil {
		return 0, err
	}
	compiled := filepath.Join(folder, "cache")
	if raceDetected {
		if err := compileWithoutRace(folder, compiled); err != nil {
			return 0, err
		}
	}
	if cache, err = host.NewCache(compiled); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// compileVariable, with a value of the form "MODULE:CACHE", makes the test process only compile the module into the
// cache.
const compileVariable = "HOLDFAST_TEST_COMPILE"

// compileWithoutRace fills the cache in a process without the race detector, under which compiling takes a minute.
func compileWithoutRace(folder, compiled string) error {
	cmd := exec.Command("go", "test", "-count=1", ".")
	cmd.Env = append(os.Environ(), compileVariable+"="+modulePath(folder)+":"+compiled)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compile the module: %w\n%s", err, output)
	}
	return nil
}

func compile(wasm, compiled string) error {
	ctx := context.Background()
	data, err := os.ReadFile(wasm)
	if err != nil {
		return err
	}
	cache, err := host.NewCache(compiled)
	if err != nil {
		return err
	}
	_, err = host.New(ctx, data, host.WithCache(cache))
	return err
}

func modulePath(folder string) string { return filepath.Join(folder, "holdfast.wasm") }

func newHost(t testing.TB, opts ...host.Option) *host.Host {
	t.Helper()
	h, err := host.New(t.Context(), module, append([]host.Option{host.WithCache(cache)}, opts...)...)
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

func newNode(t testing.TB, h *host.Host, setup engine.Setup) *host.Node {
	t.Helper()
	n, err := h.NewNode(t.Context(), setup)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
