package python

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

// Kazoo returns an interpreter and the PYTHONPATH with which it has a release of Kazoo, which is fetched at first; ""
// is the one that is installed. root is the module's directory. The test ends if there is none.
func Kazoo(t *testing.T, root, version string) (interpreter, path string) {
	t.Helper()
	if version == "" {
		return Find(t), ""
	}
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
	return interpreter, strings.TrimSpace(string(out))
}
