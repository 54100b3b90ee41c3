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
//	queued ──run──▶ running ──Await of a pending future──▶ suspended
//	   ▲               │                                       │
//	   │               └──body returns, panics, Goexit──▶ ended │
//	   └──────── the future completes, ctx ends, stop ─────────┘
type Co struct {
	ex     Executor
	roster Roster // ex, if it is one
	ctx    context.Context
	node   node // its place among the waiters of the future that it awaits

	body    func()     // until it has begun
	running *Coroutine // what the body runs on; the lane's, and nil before the body begins and when it has ended

	goroutine atomic.Uintptr // the body's, while it runs
	dropStop  func() bool    // takes back the task that unwinds it when the handler stops

	// Only the body uses these.
	unwatch   func() bool // takes the watch on ctx back; nil until there is one
	told      bool        // that the lane has stopped; see stopTask
	unwinding bool        // because it would not listen

	mu      sync.Mutex // guards what follows; taken before the mutex of a future
	state   coState
	again   bool  // to be resumed, by another worker of its lane, while it was about to suspend
	on      *core // what it is suspended on
	cause   error // why it was resumed, if not by on
	shields int
	stopped bool // the lane has stopped
}

type coState uint8

const (
	coQueued coState = iota
	coRunning
	coSuspended
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
	co.enter()
	v, err = body(co)
}

// end forgets everything that could resume the coroutine.
func (co *Co) end() {
	co.leave()
	co.mu.Lock()
	co.state = coEnded
	co.mu.Unlock()
	if co.unwatch != nil {
		co.unwatch()
	}
	co.dropStop()
}

// Run resumes the body until it suspends or ends. It is for lanes.
func (co *Co) Run() {
	co.mu.Lock()
	if co.state == coRunning {
		co.again = true
		co.mu.Unlock()
		return
	}
	for again := co.state != coEnded; again; {
		co.state, co.again = coRunning, false
		co.mu.Unlock()
		co.resume()
		co.mu.Lock()
		again = co.again && co.state == coRunning
		if !again && co.state == coRunning {
			co.state = coSuspended
		}
	}
	co.mu.Unlock()
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

// enter and leave say that the body runs on the calling goroutine from now on, or does not.
func (co *Co) enter() {
	me := gid.ID()
	co.goroutine.Store(me)
	if co.roster != nil {
		co.roster.Enter(me)
	}
}

func (co *Co) leave() {
	me := co.goroutine.Load()
	co.goroutine.Store(0)
	if co.roster != nil {
		co.roster.Leave(me)
	}
}

// check panics unless it is called by the running body. Awaiting with another body's Co, or in a
// goroutine that the body started, would switch the wrong stack.
func (co *Co) check() {
	if co.goroutine.Load() != gid.ID() {
		panic("future: Await outside the running body of its coroutine")
	}
}
