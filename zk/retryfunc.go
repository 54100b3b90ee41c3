package zk

import (
	"context"
	"errors"
	"fmt"

	"github.com/gazoo-go/gazoo/future"
)

// Retry runs fn as a coroutine and, when it fails with an error that may pass or that wraps [ErrForceRetry], runs it
// again from its beginning, as p says. fn may use any client or view; c is the one whose handler and session count. fn
// runs on the lane of c's completions: it may use [future.Await], and must not block.
//
// What fn did before it failed stays done. It must look itself at what an earlier run may have changed.
// Without IgnoreExpire, or if c is [Client.Pinned], fn is not run again once the session has ended in which it failed.
//
// Errors: what fn failed with, if that does not pass; else a [*RetryError] around it. ErrBadArguments if p
// is bad. When ctx ends the pending Await in fn, or the waiting between two runs, ends with its error.
func Retry[T any](ctx context.Context, c *Client, p RetryPolicy, fn func(co *future.Co) (T, error)) *future.Future[T] {
	mustContext(ctx)
	p, err := p.filled()
	switch {
	case c.bad != nil:
		err = c.bad
	case err == nil && fn == nil:
		err = fmt.Errorf("%w: no function to run", ErrBadArguments)
	case err == nil:
		err = ctx.Err()
	}
	if err != nil {
		r := future.NewPromise[T](c.lane)
		var zero T
		r.Complete(zero, &OpError{Op: "retry", Err: err})
		return r.Future()
	}
	t := c.newTries(ctx, &p)
	return future.Async(ctx, c.lane, func(co *future.Co) (T, error) {
		for {
			v, err := fn(co)
			if err == nil || !again(&p, err) {
				return v, err
			}
			epoch := c.epochOfFailure(err)
			if e := t.pause(co, err); e != nil {
				return v, e
			}
			switch state := c.State(); {
			case state == Closed, state == AuthFailed:
				return v, t.given(err, ErrClosed)
			case (!p.IgnoreExpire || c.epoch != 0) && !c.lives(epoch):
				return v, t.given(err, ErrSessionExpired)
			}
		}
	})
}

// again reports whether a function that failed with err is run again.
func again(p *RetryPolicy, err error) bool {
	if errors.Is(err, ErrForceRetry) {
		return true
	}
	return p.passing(err) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// epochOfFailure returns the epoch of the session in which something failed, as far as that is known.
func (c *Client) epochOfFailure(err error) uint64 {
	var oe *OpError
	if errors.As(err, &oe) && oe.epoch != 0 {
		return oe.epoch
	}
	return c.Session().Epoch
}

// lives reports whether the session of that epoch is the current one and not lost.
func (c *Client) lives(epoch uint64) bool {
	s := c.Session()
	return s.Epoch == epoch && (s.ID != 0 || epoch == 0)
}
