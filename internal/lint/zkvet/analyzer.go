package zkvet

import (
	"go/ast"
	"path/filepath"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/gazoo-go/gazoo/internal/lint/layout"
)

// Analyzer reports what would make two runs of the client from one seed differ.
var Analyzer = &analysis.Analyzer{
	Name:     "zkvet",
	Doc:      "report goroutines, selects, map iteration, clocks, randomness and sockets in the deterministic packages",
	Requires: []*analysis.Analyzer{inspect.Analyzer},
	Run:      run,
}

// checked are the deterministic packages, relative to the module; what lies below them is checked with them.
var checked = []string{"future", "internal/session", "zk", "recipes", "zktest/core"}

// exempt lies below a checked package and is no part of the client proper.
var exempt = []string{"zk/gssapi"}

func run(pass *analysis.Pass) (any, error) {
	path := layout.Path(pass)
	if !layout.Within(path, checked) || layout.Within(path, exempt) {
		return nil, nil
	}
	in := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)
	for file := range in.Root().Children() {
		name := pass.Fset.Position(file.Node().Pos()).Filename
		if layout.Test(name) {
			continue
		}
		c := &checker{
			pass:    pass,
			waiting: path == "future" && filepath.Base(name) == "block.go",
			allows:  parseAllows(pass, file.Node().(*ast.File)),
		}
		c.file(file)
		c.allows.reportUnused(pass)
	}
	return nil, nil
}

// A checker holds what is known about the file it walks.
type checker struct {
	pass    *analysis.Pass
	waiting bool // this is future/block.go
	allows  *allows
}

func (c *checker) file(file inspector.Cursor) {
	for cur := range file.Preorder((*ast.GoStmt)(nil), (*ast.SelectStmt)(nil), (*ast.RangeStmt)(nil), (*ast.Ident)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.GoStmt:
			c.pass.Reportf(n.Pos(), "go statement: goroutines come from Handler.Spawn and from lanes")
		case *ast.SelectStmt:
			if !c.inBlock(cur) {
				c.report(cur, ruleSelect, "select statement")
			}
		case *ast.RangeStmt:
			c.rangeStmt(cur, n)
		case *ast.Ident:
			c.ident(cur, n)
		}
	}
}

// inBlock reports whether cur lies in the one function that may wait on several channels.
func (c *checker) inBlock(cur inspector.Cursor) bool {
	if !c.waiting {
		return false
	}
	for fn := range cur.Enclosing((*ast.FuncDecl)(nil)) {
		return fn.Node().(*ast.FuncDecl).Name.Name == "Block"
	}
	return false
}

// report reports the node under cur unless an allow for the rule stands directly above it or above its statement.
func (c *checker) report(cur inspector.Cursor, rule, what string) {
	if c.allows.permit(rule, c.line(cur)) || c.allows.permit(rule, c.line(statement(cur))) {
		return
	}
	c.pass.Reportf(cur.Node().Pos(), "%s: %s", what, advice[rule])
}

func (c *checker) line(cur inspector.Cursor) int {
	return c.pass.Fset.Position(cur.Node().Pos()).Line
}

// statement is the innermost statement or declaration around cur that can stand on a line of its own.
func statement(cur inspector.Cursor) inspector.Cursor {
	for up := cur; ; up = up.Parent() {
		switch up.Node().(type) {
		case ast.Stmt, ast.Decl, *ast.File:
			return up
		}
	}
}
