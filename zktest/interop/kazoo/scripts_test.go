package kazoo

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/python"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

func TestMain(m *testing.M) { server.Main(m) }

var update = flag.Bool("update", false, "write what the scripts print to the .want files")

// TestScripts runs each script of testdata/scripts. What it prints has to be what the .want file beside it says, line by
// line; it prints nothing that may differ from run to run.
func TestScripts(t *testing.T) {
	interpreter := python.Find(t)
	scripts, err := filepath.Glob("testdata/scripts/*.py")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".py"), func(t *testing.T) {
			server.Each(t, func(t *testing.T, addr string) { runScript(t, interpreter, script, addr) })
		})
	}
}

func runScript(t *testing.T, interpreter, script, addr string) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*server.Patience)
	defer cancel()
	var out, log bytes.Buffer
	cmd := server.Command(ctx, interpreter, "-B", script, addr)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join("testdata", "lib"))
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v", script, err)
	}
	wanted := strings.TrimSuffix(script, ".py") + ".want"
	if *update {
		if err := os.WriteFile(wanted, out.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(wanted)
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.SplitAfter(out.String(), "\n"), strings.SplitAfter(string(text), "\n")
	for i := range max(len(got), len(want)) {
		if g, w := line(got, i), line(want, i); g != w {
			t.Errorf("%s, line %d of the output: %q, want %q", script, i+1, g, w)
			break // the rest follows from it, most likely
		}
	}
	if t.Failed() {
		t.Logf("it printed:\n%s\nand logged:\n%s", &out, &log)
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}
