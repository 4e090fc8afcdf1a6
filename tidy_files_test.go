package holdfast

import (
	"go/ast"
	"go/token"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// smallFile is the number of lines below which a Go file needs a reason to be on its own.
const smallFile = 40

// smallFiles lists files below that limit with their reasons. doc.go, main.go, tests, files with build tags, generated
// files, files that another rule names (they start goroutines or read the clock) and the only file of a package need
// none.
var smallFiles = map[string]string{
	"metadata/collector_adapter.go": "the bridge to another package's interface",
	"proptest/generate/clients.go":  "the only generator that runs package sim",
	"sim/oracle/marks.go":           "the names that campaigns and documents quote",
}

func TestFilesAreLargeEnough(t *testing.T) {
	var found ledger
	inPackage := map[string]int{}
	for _, s := range sources(t) {
		if !s.test() && path.Base(s.path) != "doc.go" {
			inPackage[path.Dir(s.path)]++
		}
	}
	seen := map[string]bool{}
	for _, s := range sources(t) {
		lines := s.fset.Position(s.file.FileEnd).Line - 1
		if lines >= smallFile || s.test() || path.Base(s.path) == "doc.go" || inPackage[path.Dir(s.path)] == 1 ||
			tagged(s) || ast.IsGenerated(s.file) || ownFile(s.path) {
			continue
		}
		seen[s.path] = true
		if smallFiles[s.path] == "" {
			found.add(s.path, 0, "%d lines", lines)
		}
	}
	for name := range smallFiles {
		if !seen[name] {
			found.add(name, 0, "is listed in smallFiles, but needs no reason")
		}
	}
	found.report(t, "a Go file below 40 lines joins its neighbour, or smallFiles says why not")
}

// racePart matches a build constraint that excludes a file from builds with the race detector.
var racePart = regexp.MustCompile(`(?m)^//go:build .*!race`)

// TestRaceSkipsRunElsewhere checks that "make test" runs a package also without the race detector if the detector skips
// or shortens one of its tests. Otherwise such a test would never run.
func TestRaceSkipsRunElsewhere(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var run []string // patterns of packages
	for line := range strings.Lines(string(makefile)) {
		if strings.HasPrefix(line, "PLAIN ") || strings.HasPrefix(line, "PARTLY ") || strings.Contains(line, "$(TESTS)") && !strings.Contains(line, "-race") {
			for _, word := range strings.Fields(line) {
				if pattern, ok := strings.CutPrefix(word, "./"); ok {
					run = append(run, pattern)
				}
			}
		}
	}
	var found ledger
	for _, s := range sources(t) {
		text, err := os.ReadFile(s.path)
		if err != nil {
			t.Fatal(err)
		}
		dir := path.Dir(s.path)
		covered := slices.ContainsFunc(run, func(pattern string) bool {
			parent, all := strings.CutSuffix(pattern, "/...")
			return pattern == dir || all && (parent == dir || strings.HasPrefix(dir, parent+"/"))
		})
		if racePart.Match(text) && !covered {
			found.add(s.path, 0, "no part of make test runs ./%s without -race", dir)
		}
	}
	found.report(t, "tests that the race detector skips or shortens also run without it")
}

// ownFile reports whether another house rule asks for this file to stand alone.
func ownFile(name string) bool {
	allowed := slices.Clone(goStatements)
	for _, b := range banned {
		allowed = append(allowed, b.in...)
	}
	return path.Base(name) == "main.go" || slices.Contains(allowed, name)
}

// tagged reports whether a build constraint, or a system in its name, selects the file.
func tagged(s source) bool {
	if regexp.MustCompile(`_(wasm|wasip1|js|linux|darwin|windows|unix)\.go$`).MatchString(s.path) {
		return true
	}
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			if strings.HasPrefix(c.Text, "//go:build ") {
				return true
			}
		}
	}
	return false
}

// foundByTools matches files that tools and readers find by their names: no other file has to name them.
var foundByTools = regexp.MustCompile(`(^|/)(README\.md|LICENSE|\.git[a-z]+|go\.(mod|sum|work)|Makefile|package(-lock)?\.json|tsconfig\.json|` +
	`[a-z]+\.config\.m?js|[a-z]+\.test\.mjs)$|^\.|^(CONTRIBUTING|CHANGELOG)\.md$|^wasm/web/test/types/`)

// TestNoDeadFiles finds Go files without declarations and other files to which nothing refers. A file is referred to if
// another text of the module holds its name, imports it as a script, or embeds a pattern such as "data/*.yaml" for it.
// testdata is not checked.
func TestNoDeadFiles(t *testing.T) {
	var found ledger
	for _, s := range sources(t) {
		declares := false
		for _, d := range s.file.Decls {
			g, ok := d.(*ast.GenDecl)
			declares = declares || !ok || g.Tok != token.IMPORT
		}
		for _, spec := range s.file.Imports {
			declares = declares || spec.Name != nil && spec.Name.Name == "_"
		}
		if !declares && path.Base(s.path) != "doc.go" {
			found.add(s.path, 0, "declares nothing")
		}
	}
	texts := map[string]string{}
	var files []string
	walk(t, func(name string) {
		if !strings.HasSuffix(name, ".go") {
			files = append(files, name)
		}
		if wrapped.MatchString(name) || strings.HasSuffix(name, ".json") || strings.HasPrefix(name, ".ci/") {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts[name] = string(data)
		}
	})
	for _, name := range files {
		if !foundByTools.MatchString(name) && !referredTo(name, texts) {
			found.add(name, 0, "nothing refers to it")
		}
	}
	found.report(t, "every file is used")
}

// referredTo reports whether one of the texts, by file, refers to a file.
func referredTo(name string, texts map[string]string) bool {
	base, ext := path.Base(name), path.Ext(name)
	references := []string{base, path.Base(path.Dir(name)) + "/*" + ext}
	switch ext {
	case ".ts", ".tsx", ".mjs", ".js":
		stem := "/" + strings.TrimSuffix(base, ext)
		references = append(references, stem+`"`, stem+`'`, stem+`.js"`, stem+`.js'`)
	}
	for from, text := range texts {
		if from != name && slices.ContainsFunc(references, func(r string) bool { return strings.Contains(text, r) }) {
			return true
		}
	}
	return false
}
