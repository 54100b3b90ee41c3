package wire

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What is checked in is what the generator makes of zookeeper.jute today: no file changed, missing or left over. The
// command is the one of generate.go, with another folder to write to.
func TestGenerated(t *testing.T) {
	src, err := os.ReadFile("generate.go")
	if err != nil {
		t.Fatal(err)
	}
	_, line, ok := strings.Cut(string(src), "//go:generate ")
	if !ok {
		t.Fatal("generate.go has no go:generate line")
	}
	line, _, _ = strings.Cut(line, "\n")
	args := strings.Fields(line)
	at := slices.Index(args, "-outDir")
	if at < 0 || args[at+1] != "." {
		t.Fatalf("no -outDir . in %q", line)
	}
	out := t.TempDir()
	args[at+1] = out
	if b, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, b)
	}
	for _, dir := range []string{"data", "proto"} {
		made, kept := goFiles(t, filepath.Join(out, dir)), goFiles(t, dir)
		if len(made) == 0 {
			t.Errorf("nothing was generated into %s", dir)
		}
		if string(kept["doc.go"]) == "" {
			t.Errorf("%s/doc.go is missing", dir)
		}
		delete(kept, "doc.go") // the one file written by hand
		for name, want := range made {
			if got, ok := kept[name]; !ok {
				t.Errorf("%s/%s is missing: run go generate", dir, name)
			} else if !bytes.Equal(got, want) {
				t.Errorf("%s/%s is not what is generated: run go generate", dir, name)
			}
		}
		for name := range kept {
			if _, ok := made[name]; !ok {
				t.Errorf("%s/%s is no longer generated: remove it", dir, name)
			}
		}
	}
	folders, err := os.ReadDir(out)
	if err != nil || len(folders) != 2 {
		t.Errorf("generated %v, %v", folders, err)
	}
}

func goFiles(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}
