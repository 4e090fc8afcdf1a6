package main

import (
	"bytes"
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
)

// testFolder returns the folder for the tests of a package. Tests with a dot import are moved to a folder beside the
// package that they were part of.
func (s suite) testFolder(of string) string {
	if s.dot == "" {
		return of
	}
	return filepath.Join(of, "ported")
}

// rewriteModule changes the imports of a suite's packages, and moves their tests.
func (s suite) rewriteModule(folder string) error {
	for _, name := range s.folders {
		from := filepath.Join(folder, name)
		to := s.testFolder(from)
		tests, err := filepath.Glob(filepath.Join(from, "*_test.go"))
		if err != nil {
			return err
		}
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
		if s.names != nil {
			if err := os.WriteFile(filepath.Join(to, "names.go"), s.names, 0o644); err != nil {
				return err
			}
		}
		for _, test := range tests {
			if err := os.Rename(test, filepath.Join(to, filepath.Base(test))); err != nil {
				return err
			}
		}
	}
	all := slices.Contains(s.also, "...")
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		in := func(folders []string, place func(string) string) bool {
			return slices.ContainsFunc(folders, func(name string) bool { return place(filepath.Join(folder, name)) == filepath.Dir(path) })
		}
		test := in(s.folders, s.testFolder) && strings.HasSuffix(path, "_test.go")
		if all || test || in(s.also, func(path string) string { return path }) {
			return s.rewriteFile(path, test)
		}
		return nil
	})
}

// rewriteFile changes the imports of a file. Tests of unexported code get the dot import.
func (s suite) rewriteFile(path string, test bool) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ImportsOnly)
	if err != nil {
		return err
	}
	for _, spec := range slices.Backward(parsed.Imports) {
		old, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		if new, ok := s.rewrite[old]; ok {
			at := spec.Path.Pos() - parsed.FileStart
			source = slices.Concat(source[:at], []byte(strconv.Quote(new)), source[int(at)+len(spec.Path.Value):])
		}
	}
	if test && s.dot != "" && !strings.HasSuffix(parsed.Name.Name, "_test") {
		end := parsed.Name.End() - parsed.FileStart
		source = slices.Concat(source[:end], fmt.Appendf(nil, "\n\nimport . %q\n", s.dot), source[end:])
	}
	for old, new := range s.replace {
		source = bytes.ReplaceAll(source, []byte(old), []byte(new))
	}
	return os.WriteFile(path, source, 0o644)
}

// testsOf returns the tests and the examples with output of a package.
func testsOf(folder string) (all []string, err error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, declaration := range parsed.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			switch {
			case !ok || f.Recv != nil:
			case strings.HasPrefix(f.Name.Name, "Test") && f.Name.Name != "TestMain", strings.HasPrefix(f.Name.Name, "Example"):
				all = append(all, f.Name.Name)
			}
		}
	}
	slices.Sort(all)
	return all, nil
}

var compileError = regexp.MustCompile(`(?m)^(?:\./)?([\w/.-]+\.go):(\d+):\d+: (.*)$`)

// dropBroken removes the parts that a compiler's output complains about, and adds declarations to dropped, each with its
// first complaint. It reports whether it removed a part.
func dropBroken(folder, output string, dropped map[string]string) (bool, error) {
	broken := map[string]map[int]string{} // file, line
	for _, found := range compileError.FindAllStringSubmatch(output, -1) {
		line, _ := strconv.Atoi(found[2]) // digits
		if broken[found[1]] == nil {
			broken[found[1]] = map[int]string{}
		}
		if _, ok := broken[found[1]][line]; !ok {
			broken[found[1]][line] = found[3]
		}
	}
	any := false
	for name, lines := range broken {
		path := filepath.Join(folder, name)
		source, err := os.ReadFile(path)
		if err != nil {
			return false, err
		}
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, path, source, parser.ParseComments)
		if err != nil {
			return false, err
		}
		for _, d := range slices.Backward(parts(parsed, strings.HasSuffix(name, "_test.go"))) {
			first, last := files.Position(d.Pos()).Line, files.Position(d.End()).Line
			for line := first; line <= last; line++ {
				if message, ok := lines[line]; ok {
					any = true
					if names := namesOf(d); len(names) > 0 {
						for _, name := range names {
							dropped[name] = message
						}
					}
					from, to := files.Position(d.Pos()).Offset, files.Position(d.End()).Offset
					// keeps the numbers of lines
					source = slices.Concat(source[:from], bytes.Repeat([]byte("\n"), last-first), source[to:])
					break
				}
			}
		}
		if err := os.WriteFile(path, source, 0o644); err != nil {
			return false, err
		}
	}
	return any, nil
}

// parts returns the functions and the specs of groups, in the order of the file. In a file that is no test, functions
// stay, because tests call them: their statements are parts.
func parts(file *ast.File, test bool) (all []ast.Node) {
	for _, declaration := range file.Decls {
		if f, ok := declaration.(*ast.FuncDecl); ok && !test {
			for _, statement := range f.Body.List {
				all = append(all, statement)
			}
		} else if group, ok := declaration.(*ast.GenDecl); ok && group.Lparen.IsValid() {
			for _, spec := range group.Specs {
				all = append(all, spec)
			}
		} else {
			all = append(all, declaration)
		}
	}
	return all
}

// namesOf returns the names that a declaration declares. Methods and imports have none.
func namesOf(n ast.Node) (names []string) {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if n.Recv == nil {
			names = append(names, n.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range n.Specs {
			names = append(names, namesOf(spec)...)
		}
	case *ast.TypeSpec:
		names = append(names, n.Name.Name)
	case *ast.ValueSpec:
		for _, name := range n.Names {
			names = append(names, name.Name)
		}
	}
	return names
}
