package zktest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The tests that documents name are there, under the name that they have in the document.
func TestDocumentsNameTestsThatAreThere(t *testing.T) {
	named := regexp.MustCompile("`([a-z/]+)\\.(Test[A-Za-z0-9]+)`")
	dirs := map[string]string{"session": "internal/session", "wire": "internal/wire"}
	sources := map[string]string{} // of the tests in a directory
	for _, doc := range []string{"flaws.md", "curator.md"} {
		text, err := os.ReadFile(filepath.Join(moduleRoot(t), "docs", doc))
		if err != nil {
			t.Fatal(err)
		}
		found := named.FindAllStringSubmatch(string(text), -1)
		if len(found) < 40 {
			t.Errorf("docs/%s: only %d tests are named", doc, len(found))
		}
		for _, f := range found {
			dir := f[1]
			if d, ok := dirs[dir]; ok {
				dir = d
			}
			if sources[dir] == "" {
				sources[dir] = testSources(t, dir)
			}
			if !strings.Contains(sources[dir], "\nfunc "+f[2]+"(t *testing.T) {") {
				t.Errorf("docs/%s: package %s has no %s", doc, dir, f[2])
			}
		}
	}
}

// testSources is all tests of a directory.
func testSources(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(moduleRoot(t), dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in %s: %v", dir, err)
	}
	var b strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}
