package mutants_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/mutants"
)

// The build with all bugs in it compiles and behaves as the product does while none is switched on; and some bugs that
// are easily found are found, made smaller, and replayed. All of them are hunted by `make mutants`.
func TestHunt(t *testing.T) {
	dir := t.TempDir()
	if err := mutants.Build(root, dir, mutants.All(), mutants.Packages(mutants.All())); err != nil {
		t.Fatal(err)
	}
	t.Run("nothing", func(t *testing.T) {
		tested := make(map[mutants.Test]bool)
		for _, m := range mutants.All() {
			if tested[m.Test] {
				continue
			}
			tested[m.Test] = true
			found, err := mutants.Hunt(t.Context(), dir, m.Test, "", 1, 10, false)
			if err != nil || found.Seeds > 0 {
				t.Errorf("%s without a bug: %+v, %v", m.Test.Name, found, err)
			}
		}
	})
	for _, name := range []string{"no-guid", "credentials-sent-once", "hold-not-proved"} {
		t.Run(name, func(t *testing.T) {
			m, err := mutants.Named(name)
			if err != nil {
				t.Fatal(err)
			}
			found, err := mutants.Hunt(t.Context(), dir, m.Test, name, 1, 300, true)
			if err != nil || found.Seeds == 0 {
				t.Errorf("%+v, %v", found, err)
			}
			if found.Small.Unlike != "" {
				t.Errorf("the replay of the smaller plan showed %s", found.Small.Unlike)
			}
			t.Logf("seed %d: %s", found.Seed, found.Text)
		})
	}
	t.Run("a test that is not there", func(t *testing.T) {
		test := mutants.Test{Package: "recipes", Name: "TestNothing"}
		if found, err := mutants.Hunt(t.Context(), dir, test, "", 1, 1, false); err == nil {
			t.Errorf("found %+v", found)
		}
	})
}

// The ordinary tests pass in that build, too.
func TestWithoutBugs(t *testing.T) {
	dir := t.TempDir()
	packages := []string{"internal/session", "zk"}
	if err := mutants.Build(root, dir, mutants.All(), packages); err != nil {
		t.Fatal(err)
	}
	for _, pkg := range packages {
		binary, err := filepath.Abs(mutants.Binary(dir, pkg))
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(binary, "-test.short", "-test.skip", "Cost|Alloc|Hammer")
		cmd.Dir = filepath.Join(root, pkg)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", pkg, err, out[max(0, len(out)-4000):])
		}
	}
}
