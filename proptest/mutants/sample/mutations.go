package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A mutation replaces the bytes from start to end of a file.
type mutation struct {
	operator   string
	file       string // from the root of the module
	line       int
	start, end int
	old, new   string
	source     [sha256.Size]byte // of the whole file
	text       string            // the line of code, without indentation
}

// id identifies the mutation of this version of the file.
func (m mutation) id() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %x %d %d %q", m.file, m.source, m.start, m.end, m.new))
	return fmt.Sprintf("%x", sum[:8])
}

func (m mutation) String() string {
	return fmt.Sprintf("%s:%d: %s: %s → %s", m.file, m.line, m.operator, brief(m.old), brief(m.new))
}

// place identifies the mutation as a line of equivalent.txt does.
func (m mutation) place() string { return m.file + ": " + m.operator + ": " + m.text }

// lineAt returns the line around an offset, without indentation.
func lineAt(source []byte, offset int) string {
	from := bytes.LastIndexByte(source[:offset], '\n') + 1
	line, _, _ := strings.Cut(string(source[from:]), "\n")
	return strings.TrimSpace(line)
}

// equivalent has the mutants that behave as the original does.
//
//go:embed equivalent.txt
var equivalent string

// reasons returns the reason why a mutant is equivalent, by its place.
func reasons() map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(equivalent) {
		if place, reason, ok := strings.Cut(strings.TrimSpace(line), " # "); ok && !strings.HasPrefix(line, "#") {
			all[place] = reason
		}
	}
	return all
}

// brief returns code in one line of at most 60 bytes.
func brief(code string) string {
	code = strings.Join(strings.Fields(code), " ")
	if len(code) > 60 {
		code = code[:57] + "..."
	}
	return strconv.Quote(code)
}

// apply returns the source with the mutation.
func (m mutation) apply(source []byte) []byte {
	return slices.Concat(source[:m.start], []byte(m.new), source[m.end:])
}

// read returns the source of the file.
func (m mutation) read(root string) ([]byte, error) {
	return os.ReadFile(filepath.Join(root, filepath.FromSlash(m.file)))
}

// mutationsOf returns all mutations of the files of a package, in the order of their places. Tests and generated files
// have none.
func mutationsOf(root, folder string) ([]mutation, error) {
	files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []mutation
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		found, err := mutationsIn(filepath.ToSlash(filepath.Join(folder, filepath.Base(path))), source)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("package %q: no code to mutate: name the folder of a package, from the root of the module", folder)
	}
	return all, nil
}

// shifted maps each comparison to the one that differs for equal operands.
var shifted = map[token.Token]string{token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">"}

// mutationsIn returns the mutations of one file.
func mutationsIn(name string, source []byte) (all []mutation, err error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, name, source, parser.ParseComments)
	if err != nil || ast.IsGenerated(parsed) {
		return nil, err
	}
	sum := sha256.Sum256(source)
	add := func(operator string, from, to token.Pos, new string) {
		at := files.Position(from)
		end := files.Position(to).Offset
		all = append(all, mutation{operator, name, at.Line, at.Offset, end, string(source[at.Offset:end]), new, sum, lineAt(source, at.Offset)})
	}
	text := func(n ast.Node) string {
		return string(source[files.Position(n.Pos()).Offset:files.Position(n.End()).Offset])
	}
	negate := func(condition ast.Expr) {
		if condition != nil {
			add("negate a condition", condition.Pos(), condition.End(), "!("+text(condition)+")")
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			return n.Tok == token.VAR // constants and types have no behaviour of their own
		case *ast.IfStmt:
			negate(n.Cond)
		case *ast.ForStmt:
			negate(n.Cond)
		case *ast.BinaryExpr:
			if other, ok := shifted[n.Op]; ok {
				add("shift a comparison", n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), other)
			}
		case *ast.BasicLit:
			if number, err := strconv.Atoi(n.Value); n.Kind == token.INT && err == nil {
				add("add one to a number", n.Pos(), n.End(), strconv.Itoa(number+1))
			}
		case *ast.ExprStmt, *ast.IncDecStmt:
			add("drop a statement", n.Pos(), n.End(), "")
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				add("drop a statement", n.Pos(), n.End(), "")
			}
		case *ast.CallExpr:
			for i := range len(n.Args) - 1 {
				a, b := n.Args[i], n.Args[i+1]
				if text(a) != text(b) {
					between := string(source[files.Position(a.End()).Offset:files.Position(b.Pos()).Offset])
					add("swap arguments", a.Pos(), b.End(), text(b)+between+text(a))
				}
			}
		}
		return true
	})
	return all, nil
}
