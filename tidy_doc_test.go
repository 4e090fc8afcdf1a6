package holdfast

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// selfEvident are methods that interfaces of the standard library define, and whose meaning their names give.
var selfEvident = []string{"Error", "String", "Unwrap", "Is", "As", "Len", "Less", "Swap", "MarshalJSON", "UnmarshalJSON",
	"MarshalText", "UnmarshalText", "Format", "GoString"}

// TestExportedIdentifiersAreDocumented checks functions, methods of exported types, types, constants and variables. A
// group of constants or variables may share one comment.
func TestExportedIdentifiersAreDocumented(t *testing.T) {
	var found ledger
	for _, s := range sources(t) {
		if s.test() || s.file.Name.Name == "main" {
			continue
		}
		missing := func(n ast.Node, name string) {
			found.add(s.path, s.fset.Position(n.Pos()).Line, "%s has no comment", name)
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				receiver, exported := receiverOf(d)
				if d.Name.IsExported() && exported && empty(d.Doc) && !(receiver != "" && slices.Contains(selfEvident, d.Name.Name)) {
					missing(d, strings.TrimPrefix(receiver+"."+d.Name.Name, "."))
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						if spec.Name.IsExported() && empty(spec.Doc) && empty(spec.Comment) && empty(d.Doc) {
							missing(spec, spec.Name.Name)
						}
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							if name.IsExported() && empty(spec.Doc) && empty(spec.Comment) && empty(d.Doc) {
								missing(name, name.Name)
							}
						}
					}
				}
			}
		}
	}
	found.report(t, "every exported identifier is documented")
}

func empty(c *ast.CommentGroup) bool { return c == nil || strings.TrimSpace(c.Text()) == "" }

// receiverOf returns the name of a method's receiver type, and whether the method's receiver is exported; a function
// counts as exported.
func receiverOf(d *ast.FuncDecl) (name string, exported bool) {
	if d.Recv == nil {
		return "", true
	}
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name, x.IsExported()
		default:
			return "", false
		}
	}
}
