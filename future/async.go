package future

import (
	"context"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/internal/gid"
)

// A Co is the running end of a coroutine: what its body awaits with. Only the body itself may use
// it, on the goroutine that it was called on.
//
// A coroutine is in one of these states. Its lane alone moves it into and out of running.
//
//	waiting ──run──▶ running ──Await of a pending future──▶ waiting
//	running ──run, by another worker of its lane, while it is about to suspend──▶ again ──▶ running
//	running ──body returns, panics, Goexit──▶ ended
//
// It waits for its lane, for a future that completes, for ctx to end or for a stop.
type Co struct {
	ex     Executor
	roster Roster // ex, if it is one
	ctx    context.Context
	node   node // its place among the waiters of the future that it awaits

	body    func()     // until it has begun
	running *Coroutine // what the body runs on; the lane's, and nil before the body begins and when it has ended

	goroutine atomic.Uintptr // the body's, from its beginning to its end
	state     atomic.Uint32  // one of the coStates
	dropStop  func() bool    // takes back the task that unwinds it when the handler stops

	// Only the body uses these.
	unwatch   func() bool // takes the watch on ctx back; nil until there is one
	told      bool        // that the lane has stopped; see stopTask
	unwinding bool        // because it would not listen

	mu      sync.Mutex // guards what follows; taken before the mutex of a future
	on      *core      // what it is suspended on, or was last; nil when it was resumed for another reason
	cause   error      // that reason. Who has linked node, or taken it out, may look at it without mu
	shields int
	stopped bool // the lane has stopped
}

const (
	coWaiting uint32 = iota
	coRunning
	coAgain
	coEnded
)

// Async runs body as a coroutine on the lane ex and returns the future of its result. The body
// starts as a task of its own, never inline, and runs like straight-line code: [Await] suspends it
// without blocking anything, and it goes on, on the same lane, when the awaited future is complete.
//
// When ctx ends, the pending Await returns its error and the body unwinds through its defers; see
// [Co.Shield] for what must still be done then. When the handler stops, the pending Await returns
// [ErrStopped], and another Await after that unwinds the body. If the body panics the future fails
// with a [*PanicError]; if it calls runtime.Goexit, with [ErrGoexit].
//
// The body must not call runtime.LockOSThread and then Await: the Go runtime forbids switching
// coroutines on a locked thread and ends the process.
func Async[T any](ctx context.Context, ex Executor, body func(co *Co) (T, error)) *Future[T] {
	p := NewPromise[T](ex)
	p.f.outlook = outlook{produced: true, promised: true}
	co := &Co{ex: ex, ctx: ctx}
	co.roster, _ = ex.(Roster)
	co.node.w = co
	co.body = func() { runBody(co, p, body) }
	if !ex.Dispatch(co) {
		var zero T
		p.Complete(zero, ErrStopped)
	}
	return p.Future()
}

// unwind is what a second Await after a stop panics with, to get out of the body.
type unwind struct{}

func runBody[T any](co *Co, p *Promise[T], body func(co *Co) (T, error)) {
	var v T
	err := ErrGoexit // unless the body returns or panics
	defer func() {
		switch r := recover().(type) {
		case nil:
			if co.unwinding && err == nil { // the body has caught its unwinding, and yet not succeeded
				var zero T
				v, err = zero, ErrStopped
			}
		case unwind:
			err = ErrStopped
		default:
			err = &PanicError{Value: r, Stack: debug.Stack()}
		}
		co.end()
		p.Complete(v, err)
	}()
	co.goroutine.Store(gid.ID())
	co.enter()
	v, err = body(co)
}

// end forgets everything that could resume the coroutine.
func (co *Co) end() {
	co.leave()
	co.goroutine.Store(0)
	co.state.Store(coEnded)
	co.mu.Lock()
	co.on = nil
	co.mu.Unlock()
	if co.unwatch != nil {
		co.unwatch()
	}
	co.dropStop()
}

// Run resumes the body until it suspends or ends. It is for lanes.
func (co *Co) Run() {
	for !co.state.CompareAndSwap(coWaiting, coRunning) {
		if co.state.CompareAndSwap(coRunning, coAgain) || co.state.Load() >= coAgain {
			return
		}
	}
	co.resume()
	for !co.state.CompareAndSwap(coRunning, coWaiting) {
		if !co.state.CompareAndSwap(coAgain, coRunning) {
			return // it has ended
		}
		co.resume()
	}
}

// resume lets the body run until it suspends or ends. The first call begins it.
func (co *Co) resume() {
	if co.running == nil {
		co.dropStop = co.ex.OnStop(stopTask{co})
		co.running = coroutineFor(co.ex)
		co.running.body, co.body = co.body, nil
	}
	c := co.running
	c.next() // does not return when the body calls Goexit
	if c.idle {
		co.running = nil
		co.ex.(Stable).Keep(c)
	}
}

// Context returns the context that the coroutine was started with.
func (co *Co) Context() context.Context { return co.ctx }

// Shield calls fn with a context that does not end when the coroutine's does, for what must still
// reach the server: inside fn, Await does not give up when the coroutine's context ends. Operations
// in fn must be started with fn's ctx. Shield returns fn's error.
func (co *Co) Shield(fn func(ctx context.Context) error) error {
	co.shield(+1)
	defer co.shield(-1)
	return fn(context.WithoutCancel(co.ctx))
}

func (co *Co) shield(n int) {
	co.mu.Lock()
	co.shields += n
	co.mu.Unlock()
}

// enter and leave tell the lane that the body runs on the calling goroutine from now on, or does not.
func (co *Co) enter() {
	if co.roster != nil {
		co.roster.Enter(co.goroutine.Load())
	}
}

func (co *Co) leave() {
	if co.roster != nil {
		co.roster.Leave(co.goroutine.Load())
	}
}

// check panics unless it is called by the running body. Awaiting with another body's Co, or in a
// goroutine that the body started, would switch the wrong stack.
func (co *Co) check() {
	if co.goroutine.Load() != gid.ID() {
		panic("future: Await outside the running body of its coroutine")
	}
}
