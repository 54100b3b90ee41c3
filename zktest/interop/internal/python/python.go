// Package python finds the Python that has Kazoo.
package python

import (
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

// The system's own Python is looked at first: it has Debian's packages, and another in PATH need not.
var candidates = []string{"/usr/bin/python3", "python3"}

var find = sync.OnceValue(func() string {
	for _, python := range candidates {
		if has(python, "kazoo.client") {
			return python
		}
	}
	return ""
})

// Find returns the interpreter. The test ends if there is none with Kazoo, or if it lacks one of the modules.
func Find(t *testing.T, modules ...string) string {
	t.Helper()
	python := find()
	if python == "" {
		server.Missing(t, "no Python with Kazoo: apt-get install python3-kazoo")
	}
	var missing []string
	for _, module := range modules {
		if !has(python, module) {
			missing = append(missing, module)
		}
	}
	if len(missing) > 0 {
		server.Missing(t, "%s has no %s: apt-get install python3-%s", python, strings.Join(missing, ", "), strings.Join(missing, " python3-"))
	}
	return python
}

func has(python, module string) bool {
	return exec.Command(python, "-c", "import "+module).Run() == nil
}
