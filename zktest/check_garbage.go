package zktest

import (
	"os"
	"runtime/debug"
	"sync"
)

// checkGarbage is the GC percentage while a Check runs. Worlds make garbage fast and keep little, so that with Go's
// default of 100 their heap of some MB is looked through every few milliseconds; less often, they are faster by a
// tenth. Beyond 400 the heap no longer fits into the caches, and nothing is gained.
const checkGarbage = 400

var garbage struct {
	mu     sync.Mutex // guards what follows
	checks int        // that run
	before int        // the percentage to go back to
}

// lessGarbageCollection sets the GC percentage, unless GOGC does, until the last of those who asked for it is done.
func lessGarbageCollection() (done func()) {
	if os.Getenv("GOGC") != "" {
		return nothing
	}
	garbage.mu.Lock()
	defer garbage.mu.Unlock()
	if garbage.checks++; garbage.checks == 1 {
		garbage.before = debug.SetGCPercent(checkGarbage)
	}
	return func() {
		garbage.mu.Lock()
		defer garbage.mu.Unlock()
		if garbage.checks--; garbage.checks == 0 {
			debug.SetGCPercent(garbage.before)
		}
	}
}
