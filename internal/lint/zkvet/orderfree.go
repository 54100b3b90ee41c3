package zkvet

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

// orderFree reports whether the effect of a loop over the map m is the same in whatever order it visits the entries.
// The body may, under conditions and in nested loops,
//
//   - delete the entry it visits, or delete from another map;
//   - count and sum in integers, take a min or a max, set bits, set something to one constant;
//   - set the entry of another map under the key it visits;
//   - append to a slice that the statements right after the loop sort (with a comparison that leaves no ties: this is
//     the one thing taken on trust),
//
// as long as nothing that it writes is read in it, for then early entries would decide about later ones: deleting
// until len(m) is small enough is not order-free. A loop without variables sees no order.
func (c *checker) orderFree(cur inspector.Cursor, loop *ast.RangeStmt, m ast.Expr, distinct bool) bool {
	if blank(loop.Key) && blank(loop.Value) {
		return true
	}
	if loop.Tok != token.DEFINE {
		return false // the variables outlive the loop and tell which entry came last
	}
	b := &body{
		info:   c.pass.TypesInfo,
		ranged: c.pass.TypesInfo.TypeOf(m),
		writes: map[types.Object]string{},
		reads:  map[types.Object]bool{},
	}
	if id, ok := loop.Key.(*ast.Ident); ok && distinct {
		b.key = b.info.Defs[id]
	}
	if !b.stmt(loop.Body) {
		return false
	}
	for obj := range b.writes {
		if b.reads[obj] || obj == b.key {
			return false
		}
	}
	return b.sortedAfter(cur)
}

func blank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return e == nil || ok && id.Name == "_"
}

// A body collects what the body of one loop reads and writes: a variable stands for all that it holds, a field for that
// field of every value, and any map of the same type may be the one that is visited.
type body struct {
	info   *types.Info
	ranged types.Type              // of the visited map
	key    types.Object            // the variable that takes each key once
	writes map[types.Object]string // how each was written: every write of one must be of one kind
	reads  map[types.Object]bool
}

func (b *body) stmt(s ast.Stmt) bool {
	switch s := s.(type) {
	case nil:
		return true
	case *ast.EmptyStmt:
		return true
	case *ast.BlockStmt:
		return b.stmts(s.List)
	case *ast.IfStmt:
		return b.stmt(s.Init) && b.pure(s.Cond) && b.stmt(s.Body) && b.stmt(s.Else)
	case *ast.SwitchStmt:
		return b.stmt(s.Init) && b.pure(s.Tag) && b.stmt(s.Body)
	case *ast.CaseClause:
		return b.all(s.List) && b.stmts(s.Body)
	case *ast.RangeStmt:
		return b.nested(s)
	case *ast.BranchStmt:
		return s.Tok == token.CONTINUE && s.Label == nil
	case *ast.DeclStmt:
		return b.declare(s.Decl)
	case *ast.IncDecStmt:
		return b.accumulate(s.X, "+")
	case *ast.AssignStmt:
		return b.assign(s)
	case *ast.ExprStmt:
		return b.remove(s.X)
	}
	return false
}

func (b *body) stmts(list []ast.Stmt) bool {
	for _, s := range list {
		if !b.stmt(s) {
			return false
		}
	}
	return true
}

func (b *body) nested(s *ast.RangeStmt) bool {
	if s.Tok == token.ASSIGN || !b.pure(s.X) {
		return false
	}
	switch b.info.TypeOf(s.X).Underlying().(type) {
	case *types.Slice, *types.Array, *types.Pointer, *types.Basic, *types.Map:
		return b.stmt(s.Body)
	}
	return false
}

// declare accepts variables of one turn: they start anew in every turn and carry nothing over.
func (b *body) declare(d ast.Decl) bool {
	gen, ok := d.(*ast.GenDecl)
	if !ok {
		return false
	}
	for _, spec := range gen.Specs {
		if v, ok := spec.(*ast.ValueSpec); ok && !b.all(v.Values) {
			return false
		}
	}
	return true
}

func (b *body) assign(s *ast.AssignStmt) bool {
	if s.Tok == token.DEFINE {
		return b.all(s.Rhs)
	}
	if len(s.Lhs) != 1 || len(s.Rhs) != 1 {
		return false
	}
	left, right := ast.Unparen(s.Lhs[0]), ast.Unparen(s.Rhs[0])
	switch s.Tok {
	case token.ASSIGN:
		return b.set(left, right)
	case token.ADD_ASSIGN, token.SUB_ASSIGN:
		return b.pure(right) && b.accumulate(left, "+")
	case token.OR_ASSIGN, token.AND_ASSIGN, token.XOR_ASSIGN, token.AND_NOT_ASSIGN, token.MUL_ASSIGN:
		return b.pure(right) && b.accumulate(left, s.Tok.String())
	}
	return false
}

// accumulate accepts x += … for integers; floats round and strings concatenate in order.
func (b *body) accumulate(x ast.Expr, kind string) bool {
	if !basic(b.info.TypeOf(x), types.IsInteger) {
		return false
	}
	if i, ok := ast.Unparen(x).(*ast.IndexExpr); ok {
		return isMap(b.info.TypeOf(i.X)) && b.leavesRanged(i.X, i.Index) && b.pure(i.Index) && b.write(i.X, kind)
	}
	return b.write(x, kind)
}

func (b *body) set(left, right ast.Expr) bool {
	if blank(left) {
		return b.pure(right)
	}
	constant := b.constant(right)
	if i, ok := left.(*ast.IndexExpr); ok && isMap(b.info.TypeOf(i.X)) {
		switch {
		case b.isKey(i.Index):
			return b.pure(right) && b.write(i.X, "entry of the key")
		case constant != "":
			return b.leavesRanged(i.X, i.Index) && b.pure(i.Index) && b.write(i.X, constant)
		}
		return false
	}
	if constant != "" {
		return b.write(left, constant)
	}
	call, ok := right.(*ast.CallExpr)
	if !ok || len(call.Args) < 2 || !b.same(left, call.Args[0]) || !b.all(call.Args[1:]) {
		return false
	}
	switch name := b.builtin(call); name {
	case "append":
		return b.write(left, name)
	case "min", "max":
		return basic(b.info.TypeOf(left), types.IsInteger|types.IsString) && b.write(left, name)
	}
	return false
}

// remove accepts delete(m, k).
func (b *body) remove(x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok || b.builtin(call) != "delete" {
		return false
	}
	return b.leavesRanged(call.Args[0], call.Args[1]) && b.pure(call.Args[1]) && b.write(call.Args[0], "delete")
}

// leavesRanged reports whether a change of m at the index leaves alone all but the visited entry of the visited map: an
// entry added or deleted during the loop is visited or not, as chance has it.
func (b *body) leavesRanged(m, index ast.Expr) bool {
	return b.isKey(index) || !types.Identical(b.info.TypeOf(m), b.ranged)
}

func (b *body) write(left ast.Expr, kind string) bool {
	obj, ok := b.variable(left)
	if !ok || b.writes[obj] != "" && b.writes[obj] != kind {
		return false
	}
	b.writes[obj] = kind
	return true
}

// variable is the variable or the field that an expression names.
func (b *body) variable(e ast.Expr) (types.Object, bool) {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		v, ok := b.info.ObjectOf(e).(*types.Var)
		return v, ok
	case *ast.SelectorExpr:
		v, ok := b.info.ObjectOf(e.Sel).(*types.Var)
		if !ok || !v.IsField() {
			return v, ok
		}
		_, ok = b.variable(e.X)
		return v, ok
	}
	return nil, false
}

func (b *body) same(x, y ast.Expr) bool {
	ox, ok := b.variable(x)
	oy, _ := b.variable(y)
	return ok && ox == oy && types.ExprString(ast.Unparen(x)) == types.ExprString(ast.Unparen(y))
}

func (b *body) isKey(e ast.Expr) bool {
	obj, ok := b.variable(e)
	return ok && b.key != nil && obj == b.key
}

// constant names the constant that e is, or is "".
func (b *body) constant(e ast.Expr) string {
	tv := b.info.Types[e]
	if tv.Value != nil {
		return "constant " + tv.Value.ExactString()
	}
	if lit, ok := e.(*ast.CompositeLit); ok && len(lit.Elts) == 0 {
		if s, ok := tv.Type.Underlying().(*types.Struct); ok && s.NumFields() == 0 {
			return "constant struct{}{}"
		}
	}
	if tv.IsNil() {
		return "constant nil"
	}
	return ""
}

func (b *body) builtin(call *ast.CallExpr) string {
	if fn, ok := typeutil.Callee(b.info, call).(*types.Builtin); ok {
		return fn.Name()
	}
	return ""
}

// sortedAfter reports whether every slice that the loop appended to is sorted before anything can see it.
func (b *body) sortedAfter(cur inspector.Cursor) bool {
	open := 0
	for _, kind := range b.writes {
		if kind == "append" {
			open++
		}
	}
	for next, ok := cur.NextSibling(); ok && open > 0; next, ok = next.NextSibling() {
		stmt, isExpr := next.Node().(*ast.ExprStmt)
		if !isExpr {
			return false
		}
		obj := b.sorted(stmt.X)
		if b.writes[obj] != "append" {
			return false
		}
		delete(b.writes, obj)
		open--
	}
	return open == 0
}

// sorted is the slice that a call sorts.
func (b *body) sorted(x ast.Expr) types.Object {
	call, ok := x.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return nil
	}
	fn := typeutil.StaticCallee(b.info, call)
	if !isFunc(fn, "slices", "Sort", "SortFunc", "SortStableFunc") &&
		!isFunc(fn, "sort", "Strings", "Ints", "Slice", "SliceStable", "Sort", "Stable") {
		return nil
	}
	arg := call.Args[0]
	if conv, ok := arg.(*ast.CallExpr); ok && len(conv.Args) == 1 && b.info.Types[conv.Fun].IsType() {
		arg = conv.Args[0]
	}
	obj, _ := b.variable(arg)
	return obj
}
