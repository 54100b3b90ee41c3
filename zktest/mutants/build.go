package mutants

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
)

// Build makes the test binaries of some packages with all bugs of ms in them, in dir: recipes.test for recipes, and so
// on. root is the module's directory.
func Build(root, dir string, ms []Mutant, packages []string) error {
	copies, err := os.MkdirTemp(dir, "overlay")
	if err != nil {
		return err
	}
	overlay, err := Overlay(root, copies, ms)
	if err != nil {
		return err
	}
	for _, pkg := range packages {
		cmd := exec.Command("go", "test", "-c", "-tags", "zkmutant", "-overlay", overlay, "-o", Binary(dir, pkg), "./"+pkg)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
		}
	}
	return nil
}

// Binary is the file that [Build] makes for a package.
func Binary(dir, pkg string) string { return filepath.Join(dir, path.Base(pkg)+".test") }

// Packages returns the packages whose tests find the bugs.
func Packages(ms []Mutant) []string {
	var all []string
	for _, m := range ms {
		all = append(all, m.Test.Package)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
