package holdfast

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/build"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var findDead = flag.Bool("dead", false, "look for functions that nothing calls (half a minute; make dead)")

// uncalled lists exported functions that neither a program nor a test of this module calls, with the reason to keep
// them.
var uncalled = map[string]string{
	"wasm/guest.packed":               calledByExports,
	"wasm/guest.handle":               calledByExports,
	"wasm/internal/verbs.Nodes.Count": calledByExports,
	"wasm/internal/verbs.Nodes.Busy":  calledByExports,
}

// deadcode does not know that hosts call the exports of the guest.
const calledByExports = "an export of the guest calls it"

// deadFunction is a function in the output of deadcode -json.
type deadFunction struct {
	Name     string
	Position struct {
		File string
		Line int
	}
}

// TestNoDeadDeclarations runs golang.org/x/tools/cmd/deadcode natively for all programs and tests, and on wasip1 for
// the guest. A function is dead if it is dead wherever it is compiled. staticcheck finds unused types, constants and
// variables.
func TestNoDeadDeclarations(t *testing.T) {
	if !*findDead {
		t.Skip("-dead looks for them")
	}
	tool, err := exec.Command("go", "tool", "-n", "deadcode").Output()
	if err != nil {
		t.Fatal(err)
	}
	dead := func(goos, goarch string, args ...string) map[string]violation {
		cmd := exec.Command(strings.TrimSpace(string(tool)), append([]string{"-json"}, args...)...)
		cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("deadcode for %s: %v", goos, err)
		}
		var list []struct {
			Path  string
			Funcs []deadFunction
		}
		if err := json.Unmarshal(out, &list); err != nil {
			t.Fatalf("deadcode for %s: %v", goos, err)
		}
		functions := map[string]violation{}
		for _, p := range list {
			for _, f := range p.Funcs {
				name := strings.TrimPrefix(p.Path, module) + "." + f.Name
				functions[name] = violation{filepath.ToSlash(f.Position.File), f.Position.Line, fmt.Sprintf("nothing calls %s", f.Name)}
			}
		}
		return functions
	}
	native := dead(runtime.GOOS, runtime.GOARCH, "-test", "./...")
	guest := dead("wasip1", "wasm", "./wasm/guest")
	inGuest := packages(t, "wasip1", "wasm", "./wasm/guest")
	var found ledger
	for name, v := range native {
		_, deadInGuest := guest[name]
		if uncalled[name] == "" && (deadInGuest || !inGuest[path.Dir(v.path)]) {
			found = append(found, v)
		}
	}
	for name, v := range guest {
		if uncalled[name] != "" {
			continue
		}
		compiled, err := build.Default.MatchFile(path.Split(v.path))
		if onlyGuest := err == nil && !compiled; onlyGuest && !exportedToHost(t, v) {
			found = append(found, v)
		}
	}
	for name := range uncalled {
		_, inNative := native[name]
		if _, ok := guest[name]; !ok && !inNative {
			found.add("tidy_dead_test.go", 0, "uncalled lists %s, which is called or does not exist", name)
		}
	}
	found.report(t, "no dead functions")
}

// exportedToHost reports whether the host of the WebAssembly module calls a function.
func exportedToHost(t *testing.T, v violation) bool {
	data, err := os.ReadFile(v.path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.HasPrefix(strings.Split(string(data), "\n")[v.line-2], "//go:wasmexport ")
}

// packages returns the folders of the module's packages that a program holds.
func packages(t *testing.T, goos, goarch, program string) map[string]bool {
	cmd := exec.Command("go", "list", "-deps", program)
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]bool{}
	for name := range strings.Lines(string(out)) {
		folders[strings.TrimPrefix(strings.TrimSpace(name), module)] = true
	}
	return folders
}
