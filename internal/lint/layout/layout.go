// Package layout tells the analyzers which part of gazoo a package is. Paths are relative to the module, so that a fork
// under another name is checked just the same.
package layout

import (
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Path is the path of the package inside its module.
func Path(pass *analysis.Pass) string {
	path := pass.Pkg.Path()
	if pass.Module != nil {
		path = strings.TrimPrefix(path, pass.Module.Path+"/")
	}
	return path
}

// Within reports whether the path is one of the roots or lies below one.
func Within(path string, roots []string) bool {
	for _, root := range roots {
		if path == root || strings.HasPrefix(path, root+"/") {
			return true
		}
	}
	return false
}

// Test reports whether the file of that name is compiled for tests only.
func Test(name string) bool { return strings.HasSuffix(name, "_test.go") }
