package zkvet

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// harmless are the packages whose functions depend on their arguments alone and change nothing.
var harmless = map[string]bool{"cmp": true, "math": true, "math/bits": true, "path": true, "strings": true, "time": true}

// pure reports whether evaluating e changes nothing, and notes what it reads. A call is pure when it is a conversion,
// len, cap, min or max, or one of a package known to be harmless.
func (b *body) pure(e ast.Expr) bool {
	switch e := e.(type) {
	case nil, *ast.BasicLit:
		return true
	case *ast.Ident:
		b.reads[b.info.ObjectOf(e)] = true
		return true
	case *ast.SelectorExpr:
		b.reads[b.info.ObjectOf(e.Sel)] = true
		return b.pure(e.X)
	case *ast.ParenExpr:
		return b.pure(e.X)
	case *ast.StarExpr:
		return b.pure(e.X)
	case *ast.UnaryExpr:
		return e.Op != token.ARROW && b.pure(e.X)
	case *ast.BinaryExpr:
		return b.pure(e.X) && b.pure(e.Y)
	case *ast.IndexExpr:
		return b.pure(e.X) && b.pure(e.Index)
	case *ast.SliceExpr:
		return b.pure(e.X) && b.pure(e.Low) && b.pure(e.High) && b.pure(e.Max)
	case *ast.TypeAssertExpr:
		return b.pure(e.X)
	case *ast.CompositeLit:
		return b.all(e.Elts)
	case *ast.KeyValueExpr:
		return b.pure(e.Key) && b.pure(e.Value)
	case *ast.CallExpr:
		return b.pureCall(e)
	}
	return false
}

func (b *body) pureCall(call *ast.CallExpr) bool {
	if !b.all(call.Args) {
		return false
	}
	if b.info.Types[call.Fun].IsType() {
		return true
	}
	switch b.builtin(call) {
	case "len", "cap", "min", "max":
		return true
	}
	fn := typeutil.StaticCallee(b.info, call)
	if fn == nil || fn.Pkg() == nil || !harmless[fn.Pkg().Path()] {
		return false
	}
	for _, arg := range call.Args {
		if _, callback := b.info.TypeOf(arg).Underlying().(*types.Signature); callback {
			return false
		}
	}
	if fn.Signature().Recv() == nil {
		return true
	}
	// Times and durations are values; a strings.Builder or a time.Timer changes when called.
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	_, pointer := fn.Signature().Recv().Type().(*types.Pointer)
	return ok && !pointer && b.pure(sel.X)
}

func (b *body) all(list []ast.Expr) bool {
	for _, e := range list {
		if !b.pure(e) {
			return false
		}
	}
	return true
}

// basic reports whether the type is a basic one with the property.
func basic(t types.Type, info types.BasicInfo) bool {
	if t == nil {
		return false
	}
	u, ok := t.Underlying().(*types.Basic)
	return ok && u.Info()&info != 0
}
