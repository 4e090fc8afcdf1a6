package main

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// A checker finds out whether mutated files of one package compile. It checks their types, as the compiler does.
type checker struct {
	root    string
	set     *token.FileSet
	files   map[string]*ast.File // by path from the root of the module
	sources map[string][]byte
	imports types.Importer
	path    string // the import path
}

// newChecker reads the package in a folder, and the types of the packages that it imports.
func newChecker(ctx context.Context, root, folder string) (*checker, error) {
	c := &checker{root: root, set: token.NewFileSet(), files: map[string]*ast.File{}, sources: map[string][]byte{}}
	cmd := exec.CommandContext(ctx, "go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}\t{{.GoFiles}}", "./"+folder)
	cmd.Dir = root
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list the packages that %s imports: %w\n%s", folder, err, failure.String())
	}
	exports := map[string]string{}
	var files string
	for line := range strings.Lines(string(out)) { // the package itself is the last one
		fields := strings.SplitN(strings.TrimSpace(line), "\t", 3)
		c.path, files = fields[0], strings.Trim(fields[2], "[]")
		exports[fields[0]] = fields[1]
	}
	c.imports = importer.ForCompiler(c.set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for _, name := range strings.Fields(files) {
		name = filepath.ToSlash(filepath.Join(folder, name))
		source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		c.sources[name] = source
		if c.files[name], err = parser.ParseFile(c.set, name, source, parser.SkipObjectResolution); err != nil {
			return nil, err
		}
	}
	return c, c.check("", nil)
}

// compiles reports whether the package compiles with a mutation. A file that the build leaves out does not.
func (c *checker) compiles(m mutation) bool {
	source, ok := c.sources[m.file]
	return ok && c.check(m.file, m.apply(source)) == nil
}

// check returns an error unless the package has correct types if a file has another source.
func (c *checker) check(name string, source []byte) error {
	files := []*ast.File{}
	for path, file := range c.files {
		if path != name {
			files = append(files, file)
		}
	}
	if source != nil {
		file, err := parser.ParseFile(c.set, name, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	config := types.Config{Importer: c.imports, Sizes: types.SizesFor("gc", runtime.GOARCH)}
	_, err := config.Check(c.path, c.set, files, nil)
	return err
}
