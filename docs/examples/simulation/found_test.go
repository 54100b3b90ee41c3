//go:build !broken

package simulation

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// What is broken on purpose is found, as docs/simulation.md says: the tests run as a reader would run them,
// but in a directory of their own, for what they leave behind. Nothing is made smaller; that takes seconds.
func TestBrokenOnesAreFound(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "broken.test")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	build := exec.Command("go", "test", "-c", "-tags", "broken", "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	for _, tt := range []struct{ name, says string }{
		{"TestNoFencing", `the store: worker(#\d)? overwrites, with token 0x[0-9a-f]+, what worker(#\d)? has written with the newer token 0x[0-9a-f]+ at step`},
		{"TestNoGUID", `the lock goes round: not within 10m0s at step`},
		{"TestGUIDWithoutSync", `the lock goes round: not within 10m0s at step`},
		{"TestDoubleHolder", `the lock: worker(#\d)? \(token 0x[0-9a-f]+\) and worker(#\d)? \(token 0x[0-9a-f]+\) all believe that they hold it at step`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			run := exec.Command(program, "-test.run", "^"+tt.name+"$")
			run.Dir = dir
			for _, v := range os.Environ() {
				if !strings.HasPrefix(v, "ZKSIM_") {
					run.Env = append(run.Env, v)
				}
			}
			run.Env = append(run.Env, "ZKSIM_SHRINK=0", "TMPDIR="+dir)
			out, err := run.CombinedOutput()
			if err == nil {
				t.Errorf("not found")
			}
			for _, want := range []string{tt.says, `replay: ZKSIM_SEED=0x[0-9a-f]+ .*go test -tags broken . -run '\^` + tt.name + `\$'`, `picture: `} {
				if !regexp.MustCompile(want).Match(out) {
					t.Errorf("want %s in:\n%s", want, out)
				}
			}
			if plans, _ := filepath.Glob(filepath.Join(dir, "testdata", "sim", tt.name+"-*.json")); len(plans) != 1 {
				t.Errorf("plans kept: %v", plans)
			}
		})
	}
}

// A test of one's own code is no longer than 25 lines, and what the documents show is what is run here.
func TestTestsAreShort(t *testing.T) {
	for _, tt := range []struct{ file, name, shownIn string }{
		{"simulation_test.go", "TestCareful", "../../simulation.md"},
		{"simulation_test.go", "TestWorker", "../../../README.md"},
		{"broken_test.go", "TestNoFencing", ""},
		{"broken_test.go", "TestDoubleHolder", ""},
	} {
		source := read(t, tt.file)
		_, body, found := strings.Cut(source, "func "+tt.name+"(")
		body, _, ended := strings.Cut(body, "\n}\n")
		if !found || !ended {
			t.Errorf("no %s in %s", tt.name, tt.file)
			continue
		}
		whole := "func " + tt.name + "(" + body + "\n}\n"
		if lines := strings.Count(whole, "\n"); lines > 25 {
			t.Errorf("%s has %d lines", tt.name, lines)
		}
		if tt.shownIn != "" && !strings.Contains(read(t, tt.shownIn), whole) {
			t.Errorf("%s does not show %s as it is", tt.shownIn, tt.name)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
