package handler

import (
	"context"
	"iter"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"unsafe"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/mark"
)

// A process is a function given to Spawn. It runs as a coroutine that Wait suspends, so that code
// which looks like a goroutine's takes its turns by the seed.
type process struct {
	w     *world
	node  *Node
	label uint64
	name  string // its number on its node
	fn    func()
	next  func() (struct{}, bool) // goes on with fn; made when it starts
	yield func(struct{}) bool     // suspends it

	// Guarded by the world's mu:
	suspended bool
	woken     bool // while it was not suspended
	ended     bool
	from      uint64 // the step that has woken it

	lo, hi atomic.Uintptr // stack addresses that are known to be the process's, see isCaller
}

// spawn makes a process that starts in its turn.
func (n *Node) spawn(fn func()) {
	if !n.life.spawn() {
		return
	}
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	n.processes++
	p := &process{w: n.w, node: n, fn: fn, label: mix(processLabel, uint64(n.processes)), name: strconv.Itoa(n.processes)}
	p.from = n.w.trace.steps
	n.w.started = append(n.w.started, p)
	n.w.add(p)
}

var processLabel = fnv("process")

func (p *process) identity() (*Node, uint64, []byte) { return p.node, p.label, nil }
func (p *process) cause() uint64                     { return p.from }

func (p *process) describe(e *Event) { e.Node, e.Kind, e.Label = p.node.name, KindProcess, p.name }

func (p *process) begin() (ok, more bool) {
	p.suspended = false
	p.w.current = p
	return true, false
}

func (p *process) end() {
	p.w.current = nil
	if !p.ended {
		return
	}
	for i, q := range p.w.started {
		if q == p {
			p.w.started = append(p.w.started[:i], p.w.started[i+1:]...)
			break
		}
	}
	p.node.life.endSpawn()
}

func (p *process) run() {
	if p.next == nil {
		p.next, _ = iter.Pull(func(yield func(struct{}) bool) {
			p.yield = yield
			mark.Run(p.w.inProcess, p.main)
		})
	}
	p.next()
}

// main is the body of the coroutine. A panic would go on in the driver, but without its stack.
func (p *process) main() {
	defer func() { p.ended = true }()
	if p.w.hook == nil {
		defer func() {
			if v := recover(); v != nil {
				panic(&future.PanicError{Value: v, Stack: debug.Stack()})
			}
		}()
	}
	p.w.hook.guard(future.Func(p.fn))
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
func (p *process) park(ctx context.Context, n *Node, w future.Waitable) error {
	drop := w.Notify(p)
	defer drop()
	stop := p.w.arm(ctx, p)
	defer stop()
	for {
		switch {
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
		p.w.mu.Unlock()
		if !woken {
			p.yield(struct{}{})
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

// isCaller reports whether the process is who calls, and not a goroutine that it has started.
//
// That is a question for its mark, which costs a stack walk. But a process waits from the same few
// call depths again and again, so addresses on its stack that were once found right are remembered;
// the stack may move, and then the walk is made anew.
func (p *process) isCaller() bool {
	const near = 4 << 10
	var here byte
	at := uintptr(unsafe.Pointer(&here))
	lo, hi := p.lo.Load(), p.hi.Load()
	if lo <= at && at <= hi {
		return true
	}
	if !mark.Within(p.w.inProcess) {
		return false
	}
	if lo == 0 || at+near < lo || at > hi+near {
		lo, hi = at, at
	}
	p.lo.Store(min(lo, at))
	p.hi.Store(max(hi, at))
	return true
}
