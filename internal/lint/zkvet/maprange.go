package zkvet

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

// rangeStmt reports a loop over a map, or over maps.Keys, maps.Values and maps.All of one, whose effect may depend on
// the order.
func (c *checker) rangeStmt(cur inspector.Cursor, loop *ast.RangeStmt) {
	m, distinct, ok := c.rangedMap(loop.X)
	switch {
	case !ok:
	case c.orderFree(cur, loop, m, distinct):
		// An allow above a harmless loop is tolerated: it still says something true.
		c.allows.permit(ruleMapRange, c.line(cur))
	default:
		c.report(cur, ruleMapRange, "range over a map")
	}
}

// rangedMap is the map that a loop over x visits; distinct says that the first loop variable never repeats a value.
func (c *checker) rangedMap(x ast.Expr) (m ast.Expr, distinct, ok bool) {
	x = ast.Unparen(x)
	if isMap(c.pass.TypesInfo.TypeOf(x)) {
		return x, true, true
	}
	if call, isCall := x.(*ast.CallExpr); isCall && len(call.Args) == 1 {
		if fn := typeutil.StaticCallee(c.pass.TypesInfo, call); isFunc(fn, "maps", "Keys", "Values", "All") {
			return call.Args[0], fn.Name() != "Values", true
		}
	}
	return nil, false, false
}

// orderGone reports whether cur, a use of maps.Keys, maps.Values or maps.All, is called where the order is lost at
// once, or in the head of a loop, which rangeStmt judges.
func (c *checker) orderGone(cur inspector.Cursor) bool {
	for up := cur; ; up = up.Parent() {
		switch n := up.Node().(type) {
		case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr, *ast.IndexListExpr, *ast.ParenExpr:
			continue
		case *ast.CallExpr:
			fn := typeutil.StaticCallee(c.pass.TypesInfo, n)
			if isFunc(fn, "maps", "Keys", "Values", "All") && inside(cur, n.Fun) {
				continue
			}
			return isFunc(fn, "slices", "Sorted", "SortedFunc", "SortedStableFunc") || isFunc(fn, "maps", "Collect", "Insert")
		case *ast.RangeStmt:
			_, _, judged := c.rangedMap(n.X)
			return judged && inside(cur, n.X)
		default:
			return false
		}
	}
}

// inside reports whether cur lies inside the expression.
func inside(cur inspector.Cursor, e ast.Expr) bool {
	return e.Pos() <= cur.Node().Pos() && cur.Node().End() <= e.End()
}

// isMap reports whether values of the type can be maps: for a type parameter, whether any type in its constraint is.
func isMap(t types.Type) bool {
	if t == nil {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Map:
		return true
	case *types.Interface:
		if _, param := types.Unalias(t).(*types.TypeParam); param {
			return constraintHasMap(u)
		}
	}
	return false
}

func constraintHasMap(i *types.Interface) bool {
	for e := range i.EmbeddedTypes() {
		switch e := types.Unalias(e).(type) {
		case *types.Union:
			for term := range e.Terms() {
				if isMap(term.Type()) {
					return true
				}
			}
		default:
			if inner, ok := e.Underlying().(*types.Interface); ok && constraintHasMap(inner) || isMap(e) {
				return true
			}
		}
	}
	return false
}

func isFunc(fn *types.Func, pkg string, names ...string) bool {
	return fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == pkg && fn.Signature().Recv() == nil && slices.Contains(names, fn.Name())
}
