package holdfast

import (
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	markdownLink = regexp.MustCompile(`\]\(([^)#\s]+)(#[^)]*)?\)`)
	quotedPath   = regexp.MustCompile("`([A-Za-z0-9_.*-]+(?:/[A-Za-z0-9_.*-]+)+/?)`")
	quotedNames  = regexp.MustCompile("`([a-z0-9_/.]+\\.go)`\\s\\(((?:`\\w+`(?:, )?)+)\\)")
	makeTarget   = regexp.MustCompile("(?:^    |`)(?:[A-Z]+=\\S+ )?make ([a-z-]+)")
)

// TestDocumentedPathsExist checks the documents for newcomers: each link, each path between backticks below a folder of
// the module, and each target of make exists.
func TestDocumentedPathsExist(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	documents, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	paths := 0
	for _, name := range append(documents, "README.md", "CONTRIBUTING.md") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			var targets []string
			for _, m := range markdownLink.FindAllStringSubmatch(line, -1) {
				if !strings.Contains(m[1], "://") {
					targets = append(targets, path.Join(path.Dir(filepath.ToSlash(name)), m[1]))
				}
			}
			for _, m := range quotedPath.FindAllStringSubmatch(line, -1) {
				first, _, _ := strings.Cut(m[1], "/")
				if _, err := os.Stat(first); err == nil && !slices.Contains(built, path.Clean(m[1])) {
					targets = append(targets, path.Clean(m[1]))
				}
			}
			for _, target := range targets {
				paths++
				if found, err := filepath.Glob(target); err != nil || len(found) == 0 {
					t.Errorf("%s:%d: %s does not exist", name, i+1, target)
				}
			}
			for _, m := range makeTarget.FindAllStringSubmatch(line, -1) {
				if !regexp.MustCompile(`(?m)^` + m[1] + `:`).Match(makefile) {
					t.Errorf("%s:%d: the Makefile has no target %s", name, i+1, m[1])
				}
			}
		}
	}
	if paths < 50 {
		t.Errorf("the documents name only %d paths", paths)
	}
}

// TestDocumentedNamesExist checks names in parentheses after a Go file, for example "`gc/mark.go` (`Mark`)": the file
// declares them.
func TestDocumentedNamesExist(t *testing.T) {
	const name = "docs/ARCHITECTURE.md"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string][]string{}
	for _, s := range sources(t) {
		declared[s.path] = declarations(s.file)
	}
	matches := quotedNames.FindAllStringSubmatch(string(data), -1)
	for _, m := range matches {
		for _, identifier := range strings.Split(m[2], ", ") {
			if identifier = strings.Trim(identifier, "`"); !slices.Contains(declared[m[1]], identifier) {
				t.Errorf("%s: %s does not declare %s", name, m[1], identifier)
			}
		}
	}
	if len(matches) < 20 {
		t.Errorf("%s has only %d names", name, len(matches))
	}
}

// declarations returns the names that a file declares: functions, methods, types, variables and constants.
func declarations(f *ast.File) (names []string) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			names = append(names, d.Name.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, spec.Name.Name)
				case *ast.ValueSpec:
					for _, n := range spec.Names {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}

// built are paths that a build creates.
var built = []string{"wasm/web/dist/page"}

// TestReadmeNamesTheGoVersion compares the README with go.mod.
func TestReadmeNamesTheGoVersion(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(string(mod))[1]
	for _, named := range regexp.MustCompile(`Go (\d+\.\S+) or newer`).FindAllStringSubmatch(string(readme), -1) {
		if named[1] != version {
			t.Errorf("README.md asks for Go %s, go.mod for %s", named[1], version)
		}
	}
	if lines := strings.Count(string(readme), "\n"); lines > 150 {
		t.Errorf("README.md has %d lines, at most 150", lines)
	}
}
