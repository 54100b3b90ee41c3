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
		"TestCustomDialer":           "as TestConnectAndCloseOverTCP, over sockets of another kind",
		"TestTLSName":                "as TestConnectAndCloseOverTCP: a name stands for an address of the machine",
		"TestTLSExampleOfTheDocs":    "as TestConnectAndCloseOverTCP",
		"TestNamesOfHosts":           "runs on a Deterministic alone, which has a virtual time of its own",
		"TestRetryDelays":            "as TestNamesOfHosts",
		"TestDigest":                 "computes, waits for nothing",
		"TestParseConfig":            "computes, waits for nothing",
		"TestPasswordIsNotShown":     "computes, waits for nothing",
		"TestSASLBadOptions":         "computes, waits for nothing",
		"TestSizes":                  "computes, waits for nothing",
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

// testsOutside lists the tests of a directory that call none of the helpers, not even through functions of theirs.
func testsOutside(t *testing.T, dir string) (outside []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || names == nil {
		t.Fatalf("no tests in %s: %v", dir, err)
	}
	calls := map[string]map[string]bool{} // from each function of the directory, whose package is before its name
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				calls[file.Name.Name+"."+f.Name.Name] = called(file.Name.Name, f.Body)
			}
		}
	}
	inside := map[string]bool{"synctest.Test": true, "zktest.Check": true} // which runs every world in a bubble of its own
	for name := range calls {
		if _, short, _ := strings.Cut(name, "."); slices.Contains(inBubbles, short) {
			inside[name] = true
		}
	}
	for grown := true; grown; {
		grown = false
		for name, callees := range calls {
			for callee := range callees {
				if inside[callee] && !inside[name] {
					inside[name], grown = true, true
				}
			}
		}
	}
	for name := range calls {
		if _, short, _ := strings.Cut(name, "."); strings.HasPrefix(short, "Test") && !inside[name] {
			outside = append(outside, short)
		}
	}
	slices.Sort(outside)
	return outside
}

// called lists what a function calls of its own package, of zktest and of synctest.
func called(pkg string, body *ast.BlockStmt) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			switch fun := call.Fun.(type) {
			case *ast.Ident:
				names[pkg+"."+fun.Name] = true
			case *ast.SelectorExpr:
				if from, ok := fun.X.(*ast.Ident); ok && (from.Name == "zktest" || from.Name == "synctest") {
					names[from.Name+"."+fun.Sel.Name] = true
				}
			}
		}
		return true
	})
	return names
}
