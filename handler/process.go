package handler

import (
	"context"
	"iter"
	"runtime"
	"runtime/debug"
	"strconv"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/gid"
)

// A process is a function given to Spawn. Wait suspends it, so that code which looks like a goroutine's
// takes its turns by the seed. It is a coroutine, or in a bubble a goroutine that runs while the driver
// waits for it: see runner. To the world there is no difference.
//
//	spawned ──its turn──▶ running ──Wait──▶ suspended ──the future completes, ctx ends, stop──▶ its turn
//	                         └──returns, panics, Goexit──▶ ended
type process struct {
	w      *world
	node   *Node
	label  uint64
	number int // on its node
	fn     func()
	runner runner

	// Guarded by the world's mu:
	goroutine uintptr // 0 until it starts and when it has ended
	suspended bool
	woken     bool // while it was not suspended
	ended     bool
	from      uint64 // the step that has woken it
	waitsFor  string // the lane of its Wait; "" when it does not
	failed    error  // how it ended, if it did not return
	unwinding bool   // its node is dead; touched by the process alone
}

// A runner is what a process runs as.
type runner interface {
	// run lets the process go on until it suspends itself, ends, or waits for something that is not of
	// this world. If the process panics or calls Goexit, so does run, or the driver does soon.
	run()
	// suspend is called by the process, and returns in the next run.
	suspend(ctx context.Context)
}

// spawn makes a process that starts in its turn.
func (n *Node) spawn(fn func()) {
	if !n.life.spawn() {
		return
	}
	w := n.w
	w.mu.Lock()
	defer w.mu.Unlock()
	n.processes++
	p := &process{w: w, node: n, label: mix(processLabel, uint64(n.processes)), number: n.processes, fn: fn}
	p.from = w.trace.steps
	if w.bubble == nil {
		p.runner = &coroutine{p: p}
	} else {
		p.runner = &bubbleGoroutine{p: p, resume: make(chan struct{}, 1)}
	}
	w.started = append(w.started, p)
	w.add(p)
}

var processLabel = fnv("process")

func (p *process) identity() (*Node, uint64, []byte) { return p.node, p.label, nil }
func (p *process) cause() uint64                     { return p.from }

func (p *process) describe(e *Event) {
	e.Node, e.Kind, e.Label = p.node.name, KindProcess, strconv.Itoa(p.number)
}

func (p *process) owner() *Node { return p.node }

func (p *process) begin() (ok, more bool) {
	p.suspended = false
	p.w.current = p
	return true, false
}

func (p *process) end() {
	p.w.current = nil
	if p.ended {
		p.forget()
	}
}

// forget takes a process that has ended out of the world. The caller holds the world's mu.
func (p *process) forget() {
	for i, q := range p.w.started {
		if q == p {
			p.w.started = append(p.w.started[:i], p.w.started[i+1:]...)
			break
		}
	}
	p.node.life.endSpawn()
}

func (p *process) run() {
	if p.node.dead.Load() && p.goroutine == 0 { // killed before it began
		p.ended = true
	}
	ended := p.ended
	p.w.mu.Unlock()
	if !ended {
		p.runner.run()
	}
}

// main is what the process's goroutine runs. If fn does not return, failed tells.
func (p *process) main() {
	returned := false
	p.w.mu.Lock()
	p.goroutine = gid.ID()
	p.w.mu.Unlock()
	defer func() {
		var failed error
		if !returned {
			if v := recover(); v != nil {
				failed = &future.PanicError{Value: v, Stack: debug.Stack()}
			} else {
				failed = future.ErrGoexit
			}
		}
		p.w.mu.Lock()
		defer p.w.mu.Unlock()
		p.goroutine, p.ended = 0, true
		if failed != nil {
			p.failed = p.w.stepError(p, failed)
		}
		if p.w.current != p { // it has waited for something else, and now nobody waits for it
			p.forget()
			if p.failed != nil {
				p.w.crashed = append(p.w.crashed, p)
				p.w.rouse()
			}
		}
	}()
	p.w.hook.guard(future.Func(p.body))
	returned = true
}

// killed is the panic that unwinds the processes of a node that has been killed.
type killed struct{}

func (killed) Error() string { return "the process's node has been killed" }

func (p *process) body() {
	defer func() {
		if !p.unwinding {
			return
		}
		if v := recover(); v != nil && v != any(killed{}) {
			panic(v)
		}
	}()
	p.fn()
}

// crash makes the failure of a process, if it has failed, that of the driver.
func (p *process) crash() {
	p.w.mu.Lock()
	failed := p.failed
	p.w.mu.Unlock()
	if failed == nil {
		return
	}
	if unwrapped := failed.(*StepError).Err; unwrapped == future.ErrGoexit {
		runtime.Goexit()
	}
	panic(failed)
}

// Run lets the process go on: what it waits for is there, or the context of its Wait has ended.
func (p *process) Run() {
	p.w.mu.Lock()
	p.wake()
	p.w.mu.Unlock()
}

// wake is Run for who holds the world's mu.
func (p *process) wake() {
	p.from = p.w.trace.steps
	if p.suspended {
		p.suspended = false
		p.w.add(p)
	} else {
		p.woken = true
	}
}

// park is Wait in the process, for what a lane of node n produces.
func (p *process) park(ctx context.Context, n *Node, lane string, w future.Waitable) error {
	drop := w.Notify(p)
	defer drop()
	stop := p.w.arm(ctx, nil, p)
	defer stop()
	for {
		switch {
		case p.node.dead.Load():
			p.unwinding = true
			panic(killed{})
		case w.Ready():
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case n.life.isQuiet.Load() || p.node.life.isQuiet.Load():
			return future.ErrStopped
		}
		p.w.mu.Lock()
		woken := p.woken
		p.woken = false
		p.suspended = !woken
		p.waitsFor = lane
		p.w.mu.Unlock()
		if !woken {
			p.runner.suspend(ctx)
		}
	}
}

// releaseProcesses lets the processes look whether a node that they depend on has become quiet. It
// reports whether one has. The caller holds mu.
func (w *world) releaseProcesses() (released bool) {
	for _, n := range w.order {
		if n.life.isQuiet.Load() && !n.released {
			n.released, released = true, true
		}
	}
	if released {
		for _, p := range w.started {
			p.wake()
		}
	}
	return released
}

// caller returns the process that calls, or nil. A goroutine that it has started is not the process.
// The caller holds mu.
func (w *world) caller() *process {
	me := gid.ID()
	if w.bubble == nil {
		if w.current != nil && w.current.goroutine == me {
			return w.current
		}
		return nil
	}
	for _, p := range w.started {
		if p.goroutine == me {
			return p
		}
	}
	return nil
}

// A coroutine runs a process outside of a bubble.
type coroutine struct {
	p     *process
	next  func() (struct{}, bool) // goes on with it; made when it starts
	yield func(struct{}) bool     // suspends it
}

func (c *coroutine) run() {
	if c.next == nil {
		c.next, _ = iter.Pull(func(yield func(struct{}) bool) {
			c.yield = yield
			gid.Roomy()
			c.p.main()
		})
	}
	c.next() // does not return when the process calls Goexit
	c.p.crash()
}

func (c *coroutine) suspend(context.Context) { c.yield(struct{}{}) }
