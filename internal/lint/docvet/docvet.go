// Package docvet reports what a reader of the documentation would find blank: a package without a package comment, and
// an exported identifier without a comment in a package that is written for others to use.
//
// A comment on a group of constants or variables speaks for its members, and a comment at the end of the line counts.
// Methods that every Go programmer knows, such as Error and String, need none; neither do methods of unexported types
// and fields.
package docvet

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/analysis"

	"github.com/gazoo-go/gazoo/internal/lint/layout"
)

// Analyzer reports packages and exported identifiers without a comment.
var Analyzer = &analysis.Analyzer{
	Name: "docvet",
	Doc:  "report packages and exported identifiers without a doc comment",
	Run:  run,
}

var checked = []string{"future", "handler", "internal/session", "recipes", "zk", "zktest"}

var familiar = map[string]bool{
	"Error": true, "Is": true, "As": true, "Unwrap": true, "String": true, "GoString": true, "Format": true,
	"Len": true, "Less": true, "Swap": true, "Push": true, "Pop": true,
	"Read": true, "Write": true, "MarshalText": true, "UnmarshalText": true,
}

func run(pass *analysis.Pass) (any, error) {
	if !layout.Within(layout.Path(pass), checked) {
		return nil, nil
	}
	var files []*ast.File
	for _, file := range pass.Files {
		if !layout.Test(pass.Fset.Position(file.Pos()).Filename) {
			files = append(files, file)
		}
	}
	packageComment(pass, files)
	if pass.Pkg.Name() == "main" {
		return nil, nil
	}
	for _, file := range files {
		if ast.IsGenerated(file) {
			continue
		}
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				function(pass, d)
			case *ast.GenDecl:
				group(pass, d)
			}
		}
	}
	return nil, nil
}

func packageComment(pass *analysis.Pass, files []*ast.File) {
	for _, file := range files {
		if file.Doc != nil {
			return
		}
	}
	if len(files) > 0 {
		pass.Reportf(files[0].Name.Pos(), "package %s has no package comment", pass.Pkg.Name())
	}
}

func function(pass *analysis.Pass, d *ast.FuncDecl) {
	name := d.Name.Name
	if d.Recv != nil {
		recv := receiver(d.Recv.List[0].Type)
		if !ast.IsExported(recv) || familiar[name] {
			return
		}
		name = recv + "." + name
	}
	need(pass, d.Name, name, d.Doc)
}

// receiver is the name of the type, whatever pointer and parameters stand around it.
func receiver(e ast.Expr) string {
	for {
		switch t := e.(type) {
		case *ast.StarExpr:
			e = t.X
		case *ast.IndexExpr:
			e = t.X
		case *ast.IndexListExpr:
			e = t.X
		case *ast.ParenExpr:
			e = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

func group(pass *analysis.Pass, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			// One comment above several types says what the first is; each needs its own.
			if d.Lparen == token.NoPos {
				need(pass, s.Name, s.Name.Name, d.Doc, s.Doc, s.Comment)
			} else {
				need(pass, s.Name, s.Name.Name, s.Doc, s.Comment)
			}
		case *ast.ValueSpec:
			for _, id := range s.Names {
				need(pass, id, id.Name, d.Doc, s.Doc, s.Comment)
			}
		}
	}
}

func need(pass *analysis.Pass, id *ast.Ident, name string, comments ...*ast.CommentGroup) {
	if !id.IsExported() {
		return
	}
	for _, c := range comments {
		if c.Text() != "" {
			return
		}
	}
	pass.Reportf(id.Pos(), "exported %s has no comment", name)
}
