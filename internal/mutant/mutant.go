//go:build zkmutant

// Package mutant says which of the seeded bugs of zktest/mutants this process is to have. It is compiled only into
// test binaries that have the bugs in them, and imported only by the copies of files that such a build is made of.
package mutant

import "os"

var chosen = os.Getenv("ZKMUTANT")

// On reports whether this process is to have the bug of that name: what the environment variable ZKMUTANT says.
func On(name string) bool { return name == chosen }
