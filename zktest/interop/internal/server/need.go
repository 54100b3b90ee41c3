package server

import (
	"os"
	"testing"
)

const variable = "GAZOO_INTEROP"

// Full reports whether the tests that take minutes were asked for.
func Full() bool { return os.Getenv(variable) == "full" }

// Missing ends a test for lack of something that can be installed. It skips the test on a developer's machine, and
// fails it where interoperability was asked for: there, a test that did not run proves nothing.
func Missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" || os.Getenv(variable) != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
