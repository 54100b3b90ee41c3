package future

import (
	"iter"

	"github.com/gazoo-go/gazoo/internal/gid"
)

// A Coroutine is the goroutine that the bodies of coroutines run on. It runs only inside next and stop, and
// so is never at work beside who resumes it.
//
//	(new) ──body──▶ running ◀──next, yield──▶ suspended
//	                   └──body returns──▶ idle, if it is to be kept ──another body──▶ running
//	                                       └──End──▶ gone
type Coroutine struct {
	body  func()                  // what it runs next
	idle  bool                    // it has run that, and is kept
	next  func() (struct{}, bool) // resumes it
	stop  func()                  // ends it, when it is idle
	yield func(struct{}) bool     // suspends it
}

// A Stable is an [Executor] that keeps the goroutines of coroutines that have ended, for the next ones: it
// saves making them, and their stacks have grown already. Both methods are called on the lane.
type Stable interface {
	// Idle takes out a goroutine that is kept, or returns nil.
	Idle() *Coroutine
	// Keep makes the executor c's owner, which must call End in the end. c has done all that is to be done.
	Keep(c *Coroutine)
}

// coroutineFor returns a goroutine for a body on ex.
func coroutineFor(ex Executor) *Coroutine {
	stable, keep := ex.(Stable)
	if keep {
		if c := stable.Idle(); c != nil {
			c.idle = false
			return c
		}
	}
	c := new(Coroutine)
	c.next, c.stop = iter.Pull(func(yield func(struct{}) bool) {
		c.yield = yield
		if keep {
			gid.Roomy()
		}
		for more := true; more; more = c.idle && yield(struct{}{}) {
			body := c.body
			c.body = nil
			body()
			c.idle = keep
		}
	})
	return c
}

// End ends a goroutine that was kept.
func (c *Coroutine) End() { c.stop() }
