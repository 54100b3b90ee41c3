package zktest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The tests of the client and of the recipes run in bubbles of testing/synctest, without a build tag: on the same code
// that users run, in virtual time. Most do so on every handler. A bubble ends a test in which everything waits and
// nothing can happen any more, so all of them together say that nothing waits while it holds a mutex.
//
// inBubbles are the helpers of these packages that do it; see world_test.go in each.
var inBubbles = []string{"everywhere", "onPool", "bubble", "scenes"}

// notInBubbles are the tests that do not, and why.
var notInBubbles = map[string]map[string]string{
	"zk": {
		"TestMain":                   "runs the tests",
		"TestConnectAndCloseOverTCP": "connects over TCP to another process: a bubble's time stands still while a socket is waited for",
		"TestIdleClients":            "as TestConnectAndCloseOverTCP",
		"TestAllocations":            "as TestConnectAndCloseOverTCP; and a bubble's timers allocate",
		"TestDigest":                 "computes, waits for nothing",
		"TestPasswordIsNotShown":     "computes, waits for nothing",
	},
	"recipes": {
		"TestMain":       "runs the tests",
		"TestContenders": "computes, waits for nothing",
	},
}

func TestSuitesRunInBubbles(t *testing.T) {
	for _, pkg := range []string{"zk", "recipes"} {
		outside := testsOutside(t, filepath.Join(moduleRoot(t), pkg))
		why := notInBubbles[pkg]
		for _, name := range outside {
			if why[name] == "" {
				t.Errorf("%s: %s runs in no bubble, and the table does not say why", pkg, name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(why)) {
			if !slices.Contains(outside, name) {
				t.Errorf("%s: %s stands in the table of tests outside of bubbles, but there is no such test", pkg, name)
			}
		}
	}
}

// testsOutside lists the tests of a directory that call none of the helpers themselves.
func testsOutside(t *testing.T, dir string) (outside []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || names == nil {
		t.Fatalf("no tests in %s: %v", dir, err)
	}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if ok && strings.HasPrefix(f.Name.Name, "Test") && f.Recv == nil && !callsOne(f.Body, inBubbles) {
				outside = append(outside, f.Name.Name)
			}
		}
	}
	return outside
}

func callsOne(body *ast.BlockStmt, names []string) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			switch fun := call.Fun.(type) {
			case *ast.Ident:
				found = found || slices.Contains(names, fun.Name)
			case *ast.SelectorExpr: // zktest.Check runs every world in a bubble of its own
				found = found || fun.Sel.Name == "Check"
			}
		}
		return !found
	})
	return found
}
