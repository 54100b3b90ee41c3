package zktest_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The layers of the module, as a table: what the packages of each row may import. Everything else is forbidden, so a
// new package needs a row here, and a new dependency a reason in its commit. A row speaks for the packages below its
// own, too, unless a longer row does; a package may always import what lies below its row.
//
// Test files may import, besides, testPackages and testLibraries.
var importRows = []importRow{
	{pkg: "future", module: []string{"internal/gid"}},
	{pkg: "internal/gid"},
	// The switch of seeded bugs. Nothing imports it but the files that zktest/mutants makes for a build.
	{pkg: "internal/mutant"},
	{pkg: "handler", module: []string{"future", "internal/gid"}},
	{pkg: "internal/wire", libraries: []string{jute}},
	{pkg: "internal/session", module: []string{"internal/wire", "handler", "future"}, libraries: []string{zap}},
	{
		pkg:       "zk",
		module:    []string{"future", "handler", "internal/session", "internal/wire"},
		libraries: []string{zap},
	},
	{pkg: "recipes", module: []string{"zk", "future", "handler"}},
	// What several packages' tests play.
	{pkg: "internal/story", module: []string{"zk"}},
	{
		pkg:       "zktest",
		module:    []string{"future", "handler", "zk", "recipes", "internal/wire"},
		libraries: []string{zap},
	},
	{
		// The server core is pure: it is told the time and has no peer, no file and no other goroutine.
		pkg:    "zktest/core",
		module: []string{"internal/wire"},
		denied: []string{"net", "net/http", "os", "os/exec", "os/signal", "sync", "sync/atomic", "syscall"},
	},
	// The table of seeded bugs knows the client only as text.
	{pkg: "zktest/mutants"},
	// A picture is drawn from plain data.
	{pkg: "zktest/internal/picture"},
	{
		pkg:       "zktest/linear",
		module:    []string{"future", "handler", "zk", "recipes", "internal/wire", "zktest"},
		libraries: []string{porcupine},
	},
	{
		// Plans are data: nothing that is in here can look at the run.
		pkg:    "zktest/internal/plan",
		denied: []string{"net", "net/http", "os", "os/exec", "os/signal", "sync", "sync/atomic", "syscall"},
	},
	{pkg: "docs/examples", module: publicPackages, libraries: []string{zap}},
}

const (
	jute      = "github.com/go-zookeeper/jute"
	zap       = "go.uber.org/zap"
	porcupine = "github.com/anishathalye/porcupine"
)

var (
	publicPackages = []string{"future", "handler", "zk", "recipes", "zktest"}
	testPackages   = slices.Concat(publicPackages, []string{"internal/story"})
	testLibraries  = []string{"github.com/google/go-cmp", "go.uber.org/goleak", "pgregory.net/rapid"}

	// What go.mod may require directly. Kerberos is a module of its own below zk, and so are the benchmarks that need
	// other clients, and the linters.
	allowedRequires = append([]string{jute, zap, porcupine}, testLibraries...)

	topLevel = []string{
		"go.mod", "go.sum", "zk", "future", "handler", "recipes", "internal", "zktest", "docs",
		"Makefile", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md",
	}
)

type importRow struct {
	pkg       string   // relative to the module
	module    []string // packages of this module, with what lies below them
	libraries []string // modules of others
	denied    []string // packages of the standard library that only its tests may import
}

// A sourceFile is one Go file of the module, whatever its build tags.
type sourceFile struct {
	path    string // relative to the module's root, with slashes
	imports []string
}

func TestImportsFollowTheLayers(t *testing.T) {
	root := moduleRoot(t)
	module, _ := readGoMod(t, root)
	for _, problem := range checkImports(module, readSources(t, root)) {
		t.Error(problem)
	}
}

func TestDependenciesAreTheAllowedOnes(t *testing.T) {
	_, requires := readGoMod(t, moduleRoot(t))
	for _, problem := range checkRequires(requires) {
		t.Error(problem)
	}
}

func TestTopLevelIsTidy(t *testing.T) {
	root := moduleRoot(t)
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	ignore, _ := os.ReadFile(filepath.Join(root, ".gitignore"))
	for _, problem := range checkTopLevel(names, string(ignore)) {
		t.Error(problem)
	}
}

// The checkers on planted input: a rule that never fails proves nothing.

func TestCheckImports(t *testing.T) {
	const module = "example.org/m"
	for _, tt := range []struct {
		file, imp string
		want      string // part of the complaint; "" when there is none
	}{
		{"future/chain.go", "context", ""},
		{"future/chain.go", module + "/internal/gid", ""},
		{"future/chain.go", module + "/handler", "package future imports example.org/m/handler: of this module future may import only internal/gid"},
		{"future/chain.go", zap, "of other modules future may import nothing"},
		{"future/chain.go", "C", "pure Go"},
		{"internal/gid/gid.go", module + "/future", "of this module internal/gid may import nothing"},
		{"handler/pool.go", module + "/future", ""},
		{"handler/pool.go", module + "/zk", "of this module handler may import only future, internal/gid"},
		{"internal/wire/op.go", jute + "/lib/go/jute", ""},
		{"internal/wire/op.go", jute + "x", "of other modules internal/wire may import only " + jute},
		{"internal/wire/op.go", module + "/internal/wire/proto", ""},
		{"internal/wire/proto/stat.go", module + "/internal/wire/data", ""},
		{"internal/wire/op.go", module + "/handler", "of this module internal/wire may import nothing"},
		{"internal/session/machine.go", module + "/internal/wire/proto", ""},
		{"internal/session/machine.go", zap + "/zapcore", ""},
		{"internal/session/machine.go", module + "/zk", "of this module internal/session"},
		{"zk/client.go", module + "/internal/session", ""},
		{"zk/client.go", module + "/recipes", "of this module zk"},
		{"zk/client.go", module + "/zktest", "of this module zk"},
		{"zk/client.go", "github.com/google/go-cmp/cmp", "of other modules zk may import only " + zap},
		{"zk/inner/x.go", module + "/zktest", "package zk/inner imports"},
		{"zk/client_test.go", module + "/zktest", ""},
		{"zk/client_test.go", module + "/internal/story", ""},
		{"zk/client.go", module + "/internal/story", "of this module zk"},
		{"zk/client_test.go", "github.com/google/go-cmp/cmp", ""},
		{"zk/client_test.go", "github.com/stretchr/testify", "of other modules tests of zk may import only"},
		{"recipes/lock.go", module + "/zk", ""},
		{"recipes/lock.go", module + "/internal/wire", "of this module recipes may import only zk, future, handler"},
		{"recipes/lock_test.go", module + "/internal/session", "of this module tests of recipes may import only"},
		{"zktest/sim.go", module + "/recipes", ""},
		{"zktest/sim.go", module + "/internal/wire/data", ""},
		{"zktest/sim.go", module + "/zktest/internal/proxy", ""},
		{"zktest/sim.go", module + "/internal/session", "of this module zktest"},
		{"zktest/sim_test.go", module + "/internal/session", "of this module tests of zktest"},
		{"zktest/sim.go", porcupine, "of other modules zktest may import only " + zap},
		{"zktest/linear/check.go", porcupine, ""},
		{"zktest/core/tree.go", module + "/internal/wire", ""},
		{"zktest/core/tree.go", "time", ""},
		{"zktest/core/tree.go", "net/netip", ""},
		{"zktest/core/tree.go", "sync", "of the standard library zktest/core may not import"},
		{"zktest/core/tree_test.go", "sync", ""},
		{"zktest/core/tree.go", module + "/zk", "of this module zktest/core may import only internal/wire"},
		{"zktest/core/tree.go", module + "/zktest/internal/proxy", "of this module zktest/core may import only internal/wire"},
		{"zktest/core/tree.go", zap, "of other modules zktest/core may import nothing"},
		{"zktestbed/x.go", "context", "package zktestbed has no row"},
		{"internal/util/x.go", "context", "package internal/util has no row"},
		{"main.go", "context", "package . has no row"},
	} {
		got := strings.Join(checkImports(module, []sourceFile{{path: tt.file, imports: []string{tt.imp}}}), "; ")
		if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s importing %s: got %q, want %q", tt.file, tt.imp, got, tt.want)
		}
	}
}

func TestCheckRequires(t *testing.T) {
	module, requires := parseGoMod(`// comment
module example.org/m // the module

go 1.26

require go.uber.org/zap v1.28.0

require (
	github.com/go-zookeeper/jute v0.0.5
	github.com/planted/dependency v1.0.0 // why not
	go.uber.org/multierr v1.10.0 // indirect
)

replace example.org/a => ../a
`)
	if module != "example.org/m" {
		t.Errorf("module %q", module)
	}
	if want := []string{zap, jute, "github.com/planted/dependency"}; !slices.Equal(requires, want) {
		t.Errorf("requires %q, want %q", requires, want)
	}
	problems := checkRequires(requires)
	if len(problems) != 1 || !strings.HasPrefix(problems[0], "go.mod requires github.com/planted/dependency: allowed are only ") {
		t.Errorf("got %q, want one complaint about the planted dependency", problems)
	}
}

func TestCheckTopLevel(t *testing.T) {
	problems := checkTopLevel([]string{".ci", ".gitignore", "LICENSE", "bin", "zk", "zk.test", "zk2", "util"}, "/bin/\n*.test\n")
	if len(problems) != 2 || !strings.HasPrefix(problems[0], "zk2 does not") || !strings.HasPrefix(problems[1], "util does not") {
		t.Errorf("got %q, want complaints about zk2 and util", problems)
	}
}

// checkImports returns a sentence for every import that its row does not allow.
func checkImports(module string, files []sourceFile) []string {
	var problems []string
	for _, f := range files {
		pkg := path.Dir(f.path)
		test := strings.HasSuffix(f.path, "_test.go")
		row, found := rowOf(pkg)
		if !found {
			problems = append(problems, fmt.Sprintf("%s: package %s has no row in the table of imports", f.path, pkg))
			continue
		}
		for _, imp := range f.imports {
			if rule := row.broken(module, imp, test); rule != "" {
				problems = append(problems, fmt.Sprintf("%s: package %s imports %s: %s", f.path, pkg, imp, rule))
			}
		}
	}
	return problems
}

func rowOf(pkg string) (best importRow, found bool) {
	for _, row := range importRows {
		if below(pkg, row.pkg) && len(row.pkg) > len(best.pkg) {
			best, found = row, true
		}
	}
	return best, found
}

// broken names the rule that the import breaks, or is "".
func (row importRow) broken(module, imp string, test bool) string {
	own, ours := strings.CutPrefix(imp, module+"/")
	first, _, _ := strings.Cut(imp, "/")
	switch {
	case ours:
		who, allowed := row.pkg, row.module
		if test {
			who, allowed = "tests of "+who, slices.Concat(allowed, testPackages)
		}
		if !below(own, row.pkg) && !belowAny(own, allowed) {
			return fmt.Sprintf("of this module %s may import %s", who, listed(allowed))
		}
	case imp == "C":
		return "the module is pure Go"
	case strings.Contains(first, "."):
		who, allowed := row.pkg, row.libraries
		if test {
			who, allowed = "tests of "+who, slices.Concat(allowed, testLibraries)
		}
		if !belowAny(imp, allowed) {
			return fmt.Sprintf("of other modules %s may import %s", who, listed(allowed))
		}
	case slices.Contains(row.denied, imp) && !test:
		return fmt.Sprintf("of the standard library %s may not import %s", row.pkg, listed(row.denied))
	}
	return ""
}

func checkRequires(requires []string) []string {
	var problems []string
	for _, r := range requires {
		if !slices.Contains(allowedRequires, r) {
			problems = append(problems, fmt.Sprintf("go.mod requires %s: allowed are %s", r, listed(allowedRequires)))
		}
	}
	return problems
}

// checkTopLevel looks at the names in the module's root. What git ignores is somebody's build output.
func checkTopLevel(names []string, gitignore string) []string {
	var problems []string
	for _, name := range names {
		ignored := slices.ContainsFunc(strings.Fields(gitignore), func(pattern string) bool {
			match, _ := path.Match(strings.Trim(pattern, "/"), name)
			return match
		})
		if !strings.HasPrefix(name, ".") && !ignored && !slices.Contains(topLevel, name) {
			problems = append(problems, fmt.Sprintf("%s does not belong at the top level: there may be %s", name, listed(topLevel)))
		}
	}
	return problems
}

func below(pkg, root string) bool { return pkg == root || strings.HasPrefix(pkg, root+"/") }

func belowAny(pkg string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return below(pkg, root) })
}

func listed(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return "only " + strings.Join(names, ", ")
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// readSources parses the files itself rather than asking go list, which hides what the build tags of this machine
// exclude, and whose reading the test cache would not notice. Modules below the root have rules of their own.
func readSources(t *testing.T, root string) []sourceFile {
	t.Helper()
	var files []sourceFile
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == root {
			return err
		}
		if d.IsDir() {
			_, noModule := os.Stat(filepath.Join(name, "go.mod"))
			if base := d.Name(); base == "testdata" || base[0] == '.' || base[0] == '_' || noModule == nil {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f := sourceFile{path: filepath.ToSlash(rel)}
		for _, spec := range parsed.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, imp)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// readGoMod returns the module's path and what it requires directly.
func readGoMod(t *testing.T, root string) (module string, requires []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	return parseGoMod(string(text))
}

func parseGoMod(text string) (module string, requires []string) {
	block := ""
	for line := range strings.Lines(text) {
		code, comment, _ := strings.Cut(line, "//")
		words := strings.Fields(code)
		switch {
		case len(words) == 0:
			continue
		case words[0] == ")":
			block = ""
			continue
		case len(words) == 2 && words[1] == "(":
			block = words[0]
			continue
		case block != "":
			words = slices.Insert(words, 0, block)
		}
		switch {
		case words[0] == "module":
			module = words[1]
		case words[0] == "require" && strings.TrimSpace(comment) != "indirect":
			requires = append(requires, words[1])
		}
	}
	return module, requires
}
