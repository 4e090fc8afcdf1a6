package host_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// BenchmarkPrimitives measures how much slower Go code is in wazero than natively, in CPU time: the floor of the
// module's speed.
func BenchmarkPrimitives(b *testing.B) {
	ctx := context.Background()
	folder := b.TempDir()
	native := buildPrimitives(b, filepath.Join(folder, "native"))
	wasm, err := os.ReadFile(buildPrimitives(b, filepath.Join(folder, "wasm"), "GOOS=wasip1", "GOARCH=wasm"))
	if err != nil {
		b.Fatal(err)
	}
	runtime := wazero.NewRuntime(ctx)
	defer runtime.Close(ctx)
	wasi_snapshot_preview1.MustInstantiate(ctx, runtime)
	code, err := runtime.CompileModule(ctx, wasm)
	if err != nil {
		b.Fatal(err)
	}
	runs := []struct {
		name string
		run  func(args ...string) (time.Duration, error)
	}{
		{"module", func(args ...string) (time.Duration, error) {
			before := cpu(b)
			m, err := runtime.InstantiateModule(ctx, code, wazero.NewModuleConfig().WithName("").WithArgs(append([]string{""}, args...)...))
			if err == nil {
				err = m.Close(ctx)
			}
			return cpu(b) - before, err
		}},
		{"native", func(args ...string) (time.Duration, error) {
			cmd := exec.Command(native, args...)
			err := cmd.Run()
			return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), err
		}},
	}
	for _, p := range []struct {
		name  string
		count int
	}{
		{"arithmetic", 200e6}, {"call", 100e6}, {"interface", 50e6}, {"allocation", 10e6}, {"map", 10e6}, {"btree", 3e6},
		{"compare", 20e6}, {"concatenation", 5e6}, {"format", 1e6}, {"context", 1e6}, {"mutex", 50e6},
		{"sha256", 1e6},
	} {
		for _, r := range runs {
			b.Run(p.name+"/"+r.name, func(b *testing.B) {
				var used time.Duration
				for b.Loop() {
					all, err := r.run(p.name, strconv.Itoa(p.count))
					if err != nil {
						b.Fatal(err)
					}
					start, err := r.run(p.name, "0")
					if err != nil {
						b.Fatal(err)
					}
					used += all - start
				}
				b.ReportMetric(float64(used)/float64(b.N)/float64(p.count), "cpu-ns/primitive")
			})
		}
	}
}

// buildPrimitives builds the program and returns its path.
func buildPrimitives(b *testing.B, path string, environment ...string) string {
	b.Helper()
	cmd := exec.Command("go", "build", "-o", path, "./testdata/primitives")
	cmd.Env = append(os.Environ(), environment...)
	if output, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("build the primitives: %v\n%s", err, output)
	}
	return path
}
