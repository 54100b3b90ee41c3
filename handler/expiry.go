package handler

import (
	"context"
	"sync"
	"time"

	"github.com/gazoo-go/gazoo/future"
)

// An expiry is a context that ends at a virtual time. It stands between the parent and a context of
// package context, to which it reports its end by calling what AfterFunc was given: so every context
// derived from that one ends as well, with the same error, and no goroutine is started for it.
type expiry struct {
	parent   context.Context
	deadline time.Time
	done     chan struct{}

	mu    sync.Mutex // guards what follows
	err   error
	ended func() // what the derived context wants to be called
}

func (x *expiry) Deadline() (time.Time, bool) { return x.deadline, true }
func (x *expiry) Done() <-chan struct{}       { return x.done }
func (x *expiry) Value(key any) any           { return x.parent.Value(key) }

func (x *expiry) Err() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.err
}

// AfterFunc is for package context, which calls it once, for the one context derived from x.
func (x *expiry) AfterFunc(fn func()) (stop func() bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ended = fn
	return func() bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		was := x.ended != nil
		x.ended = nil
		return was
	}
}

func (x *expiry) end(err error) {
	x.mu.Lock()
	if x.err != nil {
		x.mu.Unlock()
		return
	}
	x.err = err
	close(x.done)
	fn := x.ended
	x.ended = nil
	x.mu.Unlock()
	if fn != nil {
		fn()
	}
}

// checkParent ends x if its parent has ended.
func (x *expiry) checkParent() {
	if err := x.parent.Err(); err != nil {
		x.end(err)
	}
}

// An expiringContext is what WithTimeout returns: the derived context, which notices the end of the
// parent as soon as it is asked, and not only after the step.
type expiringContext struct {
	context.Context
	x *expiry
}

func (c *expiringContext) Err() error {
	c.x.checkParent()
	return c.Context.Err()
}

// withTimeout is context.WithTimeout by the virtual clock of n.
func (n *Node) withTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	x := &expiry{parent: ctx, deadline: n.Now().Add(d), done: make(chan struct{})}
	if before, ok := ctx.Deadline(); ok && before.Before(x.deadline) {
		x.deadline = before
	}
	x.checkParent()
	inner, cancel := context.WithCancel(x)
	c := &expiringContext{inner, x}
	if x.Err() == nil && d <= 0 {
		x.end(context.DeadlineExceeded)
	}
	if x.Err() != nil {
		return c, cancel
	}
	timer := n.after(d, timeoutLabel, future.Func(func() { x.end(context.DeadlineExceeded) }), nil)
	disarm := n.w.arm(ctx, nil, future.Func(x.checkParent))
	return c, func() {
		cancel()
		timer.Stop()
		disarm()
	}
}
