// Package holdfast has no code. Its tests check the house rules, for example that imports run downward as the
// documentation shows.
package holdfast

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/holdfast-gc/holdfast/"

// layers lists, for each room of the module, the rooms that its files may import besides its own. A file belongs to the
// room with the longest matching path.
var layers = map[string][]string{
	"memkv":    {},
	"gc":       {},
	"metadata": {"memkv", "gc"},
	"engine":   {"memkv", "gc", "metadata"},
	// gRPC and the daemon's services: neither the engine nor the module may depend on them.
	"engine/internal/services": {"memkv", "gc", "metadata", "engine"},
	"engine/client":            {"memkv", "gc", "metadata", "engine", "engine/internal/services"},
	"engine/server":            {"memkv", "gc", "metadata", "engine", "engine/internal/services"},

	"sim":       {"memkv", "gc", "metadata", "engine"},
	"sim/study": {"memkv", "gc", "metadata", "engine"},
	"sim/cmd":   {"memkv", "gc", "metadata", "engine", "engine/server", "sim", "sim/study", "proptest"}, // campaigns check its laws
	"proptest":  {"memkv", "gc", "metadata", "engine", "sim"},
	"wasm":      {"memkv", "gc", "metadata", "engine", "sim", "sim/study"},
	"wasm/host": {"memkv", "gc", "metadata", "engine", "sim", "sim/study", "proptest", "wasm"},
}

// room returns the room of a path, "" if the path belongs to none.
func room(path string) string {
	for ; path != "."; path = filepath.ToSlash(filepath.Dir(path)) {
		if _, ok := layers[path]; ok {
			return path
		}
	}
	return ""
}

// tooHeavy are packages that the WebAssembly module must not contain.
var tooHeavy = []string{"sim/study/report", "sim/cmd", "engine/client", "engine/server"}

// banned are calls that would make a result depend on the host.
var banned = []struct {
	call string // package path and function; "*" for every function of the package
	why  string
	in   []string // files that may call it
}{
	{"time.Now", "time is a parameter", []string{"metadata/options.go", "sim/cmd/holdfast/clock.go"}},
	{"time.Since", "time is a parameter", nil},
	{"time.Until", "time is a parameter", nil},
	{"time.Sleep", "time is a parameter", []string{"engine/server/listener.go"}},
	{"time.After", "time is a parameter", []string{"memkv/bbolt/open.go"}}, // the timeout of an Open, as in bolt
	{"time.NewTimer", "time is a parameter", nil},
	{"math/rand.*", "randomness is one seeded source", nil},
	{"math/rand/v2.Int", "randomness is one seeded source", nil},
	{"math/rand/v2.IntN", "randomness is one seeded source", nil},
	{"math/rand/v2.Float64", "randomness is one seeded source", nil},
	{"math/rand/v2.Shuffle", "randomness is one seeded source", nil},
	{"math/rand/v2.Perm", "randomness is one seeded source", nil},
	{"crypto/rand.*", "randomness is one seeded source", nil},
}

// goStatements are the files that may start goroutines.
var goStatements = []string{
	"engine/internal/services/subscribe.go",
	"engine/server/listener.go",                 // a connection each, until its first bytes
	"engine/server/server.go",                   // the server itself
	"memkv/internal/bolt/crew.go",               // parts of a file, on all cores
	"metadata/cleanup.go",                       // a backend each, as containerd does
	"metadata/graph/live_build.go",              // records, on all cores
	"metadata/examine/verify_workers.go",        // a blob each, on all cores
	"proptest/mutants/workers.go",               // a mutant each
	"sim/study/compare/workers.go",              // a node each, on all cores
	"sim/workers.go",                            // a seed each, on all cores
	"sim/cmd/holdfast/longrun.go",               // waits for Ctrl-C
	"sim/cmd/holdfast/campaign_work.go",         // a crew, beside the coordinator
	"sim/cmd/holdfast/internal/fleet/client.go", // the wait for a lost server
	"sim/cmd/holdfast/internal/fleet/worker.go", // a task each, on all cores, and its reports
}

// offensive matches text that does not belong in a committed file: folders of one machine, hosts of package registries,
// and notes of unfinished work.
var offensive = regexp.MustCompile(`(^|[^/\w.}])/(work|home)/|(proxy|registry)\.(golang|npmjs)\.org|FIX` + `ME|TO` + `DO\b`)

// exampleHome is the home directory of the user in examples and tests.
const exampleHome = "/home/u"

// A source is a parsed Go file.
type source struct {
	path string // slash-separated, from the root
	file *ast.File
	fset *token.FileSet
}

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s source) pos(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(n.Pos()).Line)
}

// sources parses every Go file of the module outside testdata. Files of nested modules are not among them.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	walk(t, func(path string) {
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), "go.mod")); !strings.HasSuffix(path, ".go") || err == nil && strings.Contains(path, "/") {
			return
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, source{path, f, fset})
	})
	return all
}

// notSource are folders with data of tests, installed packages, and results of builds and tests.
var notSource = []string{"testdata", "node_modules", "dist", "dist-page", "screenshots"}

// walk calls fn for every file that belongs to the project's own source.
func walk(t *testing.T, fn func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != "." && (slices.Contains(notSource, name) || strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if !d.IsDir() {
			fn(filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func imports(f *ast.File) (paths []string, names map[string]string) {
	names = map[string]string{}
	for _, spec := range f.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		name := path[strings.LastIndex(path, "/")+1:]
		if regexp.MustCompile(`^v\d+$`).MatchString(name) {
			parent := strings.TrimSuffix(path, "/"+name)
			name = parent[strings.LastIndex(parent, "/")+1:]
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		paths, names[name] = append(paths, path), path
	}
	return paths, names
}

func TestImportsRunDownward(t *testing.T) {
	for _, s := range sources(t) {
		if !strings.Contains(s.path, "/") {
			continue
		}
		from := room(s.path)
		if from == "" {
			t.Errorf("%s: its folder is not a layer of the design", s.path)
			continue
		}
		paths, _ := imports(s.file)
		for _, path := range paths {
			rest, ours := strings.CutPrefix(path, module)
			if !ours {
				continue
			}
			heavy := func(folder string) bool { return strings.HasPrefix(rest, folder) }
			if strings.HasPrefix(from, "wasm") && !s.test() && slices.ContainsFunc(tooHeavy, heavy) {
				t.Errorf("%s imports %s: it is too large for the WebAssembly module", s.path, path)
			}
			if to := room(rest); to == from || slices.Contains(layers[from], to) {
				continue
			}
			// A test may import any layer, because tests compare layers with one another. The two lowest may not.
			if s.test() && from != "memkv" && from != "gc" {
				continue
			}
			t.Errorf("%s imports %s: %s may import %v", s.path, path, from, layers[from])
		}
	}
}

func TestNothingDependsOnTheHost(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		_, names := imports(s.file)
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				if !slices.Contains(goStatements, s.path) {
					t.Errorf("%s: a go statement outside the files named for it", s.pos(n))
				}
			case *ast.CallExpr:
				// for example that of sync.WaitGroup
				if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Go" && !slices.Contains(goStatements, s.path) {
					t.Errorf("%s: a goroutine outside the files named for it", s.pos(n))
				}
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if !ok || x.Obj != nil {
					break
				}
				pkg := names[x.Name]
				for _, b := range banned {
					if (b.call == pkg+"."+n.Sel.Name || b.call == pkg+".*") && !slices.Contains(b.in, s.path) {
						t.Errorf("%s: %s.%s: %s", s.pos(n), x.Name, n.Sel.Name, b.why)
					}
				}
			}
			return true
		})
	}
}

func TestEveryPackageHasADoc(t *testing.T) {
	documented := map[string]bool{}
	packages := map[string]bool{}
	for _, s := range sources(t) {
		dir := filepath.ToSlash(filepath.Dir(s.path))
		if s.test() || dir == "." {
			continue
		}
		packages[dir] = true
		if s.file.Doc != nil && (filepath.Base(s.path) == "doc.go" || s.file.Name.Name == "main") {
			documented[dir] = true
		}
	}
	for dir := range packages {
		if !documented[dir] {
			t.Errorf("%s: no doc.go with a package comment", dir)
		}
	}
}

func TestTheProjectSpeaksOfItselfAlone(t *testing.T) {
	text := regexp.MustCompile(`\.(go|md|sh|ts|js|mjs|html|css|txt|yaml|json|mod)$|(^|/)(Makefile|run)$`)
	walk(t, func(path string) {
		if path == "tidy_test.go" || !text.MatchString(path) {
			return
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			if m := offensive.FindString(strings.ReplaceAll(line, exampleHome, "")); m != "" {
				t.Errorf("%s:%d: %q does not belong in the project", path, i+1, m)
			}
		}
	})
}
