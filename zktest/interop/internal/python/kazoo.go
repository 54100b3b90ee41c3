package python

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

// The releases of Kazoo that are tested beside the installed one: the one that gazoo is modelled on, and the newest.
const (
	Model  = "2.6.1"
	Newest = "2.11.0"
)

// A Kazoo is an interpreter that has a release of Kazoo.
type Kazoo struct {
	interpreter string
	path        string // for PYTHONPATH
}

// Each runs f with the installed Kazoo, and with the others as well. (They are fetched at first.) The test ends if there is
// none. root is the module's directory.
func Each(t *testing.T, root string, f func(t *testing.T, k Kazoo)) {
	t.Run("installed", func(t *testing.T) { f(t, Installed(t)) })
	for _, version := range []string{Model, Newest} {
		t.Run(version, func(t *testing.T) { f(t, fetched(t, root, version)) })
	}
}

// IsInstalled reports whether it is the one that the system has.
func (k Kazoo) IsInstalled() bool { return k.path == "" }

// Command makes a process of a script and its arguments, a [server.Command].
func (k Kazoo) Command(args ...string) *exec.Cmd {
	cmd := server.Command(context.Background(), k.interpreter, append([]string{"-B"}, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+k.path)
	return cmd
}

// Installed is the Kazoo that the system has.
func Installed(t *testing.T) Kazoo {
	t.Helper()
	return Kazoo{interpreter: Find(t)}
}

func fetched(t *testing.T, root, version string) Kazoo {
	t.Helper()
	var interpreter string
	for _, interpreter = range candidates {
		if exec.Command(interpreter, "-c", "").Run() == nil {
			break
		}
	}
	var log server.Log
	cmd := exec.Command(filepath.Join(root, "..", "scripts", "fetch-kazoo.sh"), version, interpreter)
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		server.Missing(t, "no Kazoo %s: %v\n%s", version, err, &log)
	}
	return Kazoo{interpreter, strings.TrimSpace(string(out))}
}
