package future_test

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
)

// rounds is how often a race is tried. The race detector needs fewer: it sees what could have happened.
var rounds = 2000

func init() {
	if raceEnabled {
		rounds /= 4
	}
}

// collide calls the functions at the same time, each on a goroutine of its own, and waits until all
// have returned. None is always the first.
func collide(fns ...func()) {
	var wg sync.WaitGroup
	var arrived atomic.Int32
	for _, fn := range fns {
		wg.Go(func() {
			var spun atomic.Int32 // keeps the compiler from leaving the loop out
			delay := rand.Int32N(2000)
			arrived.Add(1)
			for arrived.Load() < int32(len(fns)) {
				runtime.Gosched()
			}
			for spun.Add(1) < delay {
				if spun.Load()%100 == 0 {
					runtime.Gosched() // there may be but one processor for all of them
				}
			}
			fn()
		})
	}
	wg.Wait()
}

// completeAll completes the promises at the same time.
func completeAll(ps []*future.Promise[int], complete func(i int, p *future.Promise[int])) {
	fns := make([]func(), len(ps))
	for i, p := range ps {
		fns[i] = func() { complete(i, p) }
	}
	collide(fns...)
}
