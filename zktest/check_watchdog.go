package zktest

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/gazoo-go/gazoo/handler"
)

// A watchdog ends the program, with the seed and all stacks, when one step of a world takes too long in
// real time: then something in it is busy for ever, and there is no other way to stop it. It lives outside
// of the bubbles, where time is real.
type watchdog struct {
	stopAt uint64 // a step to stop at in a breakpoint; 0: none. Somebody debugs then, and nothing is too long
	pause  func() // stops
	passed bool   // the step to stop at has come in this world

	runs  atomic.Bool // a world does
	asked atomic.Bool // whether there are steps: the next one takes it back
	seed  atomic.Uint64
	over  chan struct{}
}

const (
	stepPatience  = 30 * time.Second
	watchdogLooks = 3 * time.Second
)

func startWatchdog(stopAt uint64, pause func()) *watchdog {
	w := &watchdog{stopAt: stopAt, pause: pause, over: make(chan struct{})}
	go w.guard()
	return w
}

func (w *watchdog) stop() { close(w.over) }

func (w *watchdog) guard() {
	var since time.Time
	for {
		select {
		case <-w.over:
			return
		case now := <-time.After(watchdogLooks):
			if !w.asked.Swap(true) || !w.runs.Load() || w.stopAt > 0 {
				since = now
				continue
			}
			if now.Sub(since) < stepPatience {
				continue
			}
			stacks := make([]byte, 1<<20)
			stacks = stacks[:runtime.Stack(stacks, true)]
			fmt.Fprintf(os.Stderr, "zktest: busy: one step of the world of seed %#x takes longer than %v\n\n%s\n", w.seed.Load(), stepPatience, stacks)
			panic("zktest: busy world")
		}
	}
}

func (w *watchdog) begin(seed uint64) {
	w.passed = false
	w.seed.Store(seed)
	w.asked.Store(false)
	w.runs.Store(true)
}

func (w *watchdog) end() { w.runs.Store(false) }

// step is called before every step of the world.
func (w *watchdog) step(world *handler.Deterministic) {
	if w.asked.Load() { // which costs less than to count
		w.asked.Store(false)
	}
	if w.stopAt > 0 && world.Steps()+1 >= w.stopAt && !w.passed {
		w.passed = true
		w.pause()
	}
}
