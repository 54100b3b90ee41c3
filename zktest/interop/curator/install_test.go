package curator

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/internal/java"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

// version is the release of Curator.
const version = "5.9.0"

// A program is Curator's side, compiled.
type program struct {
	java      string
	classpath string
}

// install fetches Curator, the first time, and compiles the program. The test ends if something is lacking.
func install(t *testing.T) program {
	t.Helper()
	in, err := java.Find()
	if err != nil {
		server.Missing(t, "%v", err)
	}
	compiler, err := exec.LookPath(filepath.Join(filepath.Dir(in.Java), "javac"))
	if err != nil {
		server.Missing(t, "no Java compiler beside %s: apt-get install default-jdk-headless", in.Java)
	}
	var log server.Log
	fetch := exec.Command(filepath.Join("..", "..", "scripts", "fetch-curator.sh"), version)
	fetch.Stderr = &log
	out, err := fetch.Output()
	if err != nil {
		server.Missing(t, "no Curator %s: %v\n%s", version, err, &log)
	}
	jars, classes := filepath.Join(strings.TrimSpace(string(out)), "*"), t.TempDir()
	sources, err := filepath.Glob("testdata/*.java")
	if err != nil {
		t.Fatal(err)
	}
	compile := exec.Command(compiler, append([]string{"-encoding", "UTF-8", "-nowarn", "-cp", jars, "-d", classes}, sources...)...)
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("compiling: %v\n%s", err, out)
	}
	return program{in.Java, classes + string(filepath.ListSeparator) + jars}
}

// command is how a child of package game is made.
func (p program) command(args ...string) *exec.Cmd {
	args = append([]string{
		"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
		"-Dcurator=" + version, "-cp", p.classpath, "Main",
	}, args...)
	return server.Command(context.Background(), p.java, args...)
}
