package handler

import (
	"context"

	"github.com/gazoo-go/gazoo/future"
)

// A bubbleGoroutine runs a process in a bubble. It is an ordinary goroutine, and so may also wait for what
// is not of this world: a channel, a timer of package time. Only one runs at a time, as long as none wakes
// another by such means, since the driver waits for each until it has nothing to do.
type bubbleGoroutine struct {
	p      *process
	begun  bool
	resume chan struct{} // capacity 1
}

func (b *bubbleGoroutine) run() {
	if b.begun {
		b.resume <- struct{}{}
	} else {
		b.begun = true
		go b.p.main()
	}
	b.p.w.bubble()
	b.p.crash()
}

func (b *bubbleGoroutine) suspend(ctx context.Context) {
	done := ctx.Done()
	for {
		select {
		case <-b.resume:
			return
		case <-done:
			b.p.w.lookAtContexts()
			done = nil
		}
	}
}

// lookAtContexts makes a sleeping driver see that a context has ended. It is how contexts with timers of
// package time are noticed.
func (w *world) lookAtContexts() {
	w.mu.Lock()
	w.rouse()
	w.mu.Unlock()
}

// crash ends the driver for processes that have failed while nobody waited for them.
func (w *world) crash() {
	w.mu.Lock()
	var p *process
	if len(w.crashed) > 0 {
		p = w.crashed[0]
		w.crashed = w.crashed[1:]
	}
	w.mu.Unlock()
	if p != nil {
		p.crash()
	}
}

// isAway reports whether a process waits for something that is not of this world. The caller holds mu.
func (w *world) isAway() bool {
	for _, p := range w.started {
		if p.goroutine != 0 && !p.suspended {
			return true
		}
	}
	return false
}

// A sleeper is a goroutine of a bubble that is no process and waits while another one drives. That what it
// waits for has come is a thing of its own that may happen, as for a process. When it gets to drive
// itself it does not need to be told.
type sleeper struct {
	*driver
	w    *world
	n    *Node
	lane string

	// Guarded by the world's mu:
	queued, gone bool
	from         uint64 // the step that has woken it
}

var sleeperLabel = fnv("goroutine")

func (s *sleeper) owner() *Node                      { return nil } // nobody knows where it runs
func (s *sleeper) identity() (*Node, uint64, []byte) { return s.n, sleeperLabel ^ fnv(s.lane), nil }
func (s *sleeper) cause() uint64                     { return s.from }
func (s *sleeper) describe(e *Event)                 { e.Node, e.Kind, e.Label = s.n.name, KindProcess, s.lane }
func (s *sleeper) begin() (ok, more bool)            { return !s.gone, false }
func (s *sleeper) end()                              {}

func (s *sleeper) run() {
	s.w.mu.Unlock()
	s.poke()
	s.w.bubble()
}

// Run says that what it waits for is there.
func (s *sleeper) Run() {
	s.ready.Store(true)
	s.wake()
}

// wake says that it may have no more reason to wait.
func (s *sleeper) wake() {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	switch {
	case s.gone:
	case s.w.driver == s.driver:
		s.w.rouse()
	case !s.queued:
		s.queued, s.from = true, s.w.trace.steps
		s.w.add(s)
	}
}

// parkInBubble is Wait by a goroutine of the bubble that is no process.
func (w *world) parkInBubble(ctx context.Context, n *Node, lane string, wt future.Waitable) error {
	s := &sleeper{driver: newDriver(ctx), w: w, n: n, lane: lane}
	drop := wt.Notify(s)
	defer drop()
	stop := w.arm(ctx, nil, future.Func(s.wake))
	defer stop()
	err := w.driveFor(s.driver, n, lane)
	w.mu.Lock()
	s.gone = true
	w.mu.Unlock()
	return err
}
