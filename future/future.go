package future

import (
	"context"
	"errors"
)

// A Result is a value or an error: what a future holds once it is complete.
type Result[T any] struct {
	Value T
	Err   error
}

// A Future is a result that is there or will come. It completes once and never changes afterwards.
// All methods may be called from any goroutine, any number of times.
type Future[T any] struct {
	core
	val   T
	first callback[T] // the oldest
	rare  *rare[T]    // what few futures have; nil: none of it
}

// A rare is the part of a future that few have. Who makes operations by the hundred thousand counts the bytes of each.
type rare[T any] struct {
	more []link[T]     // the callbacks behind the first, in order
	ch   chan struct{} // of Done
}

// rarely returns the rare part, which is made if need be. The caller holds mu.
func (f *Future[T]) rarely() *rare[T] {
	if f.rare == nil {
		f.rare = new(rare[T])
	}
	return f.rare
}

// Value returns a complete future. It has no lane: it can be waited for, but takes callbacks only
// after [Future.On].
func Value[T any](v T) *Future[T] {
	f := &Future[T]{val: v}
	f.done.Store(true)
	return f
}

// Failed returns a future that has failed with err. It has no lane, as with [Value].
func Failed[T any](err error) *Future[T] {
	if err == nil {
		err = errors.New("future: Failed with a nil error")
	}
	f := &Future[T]{}
	f.err = err
	f.done.Store(true)
	return f
}

// Wait blocks until the future is complete and returns its result. It fails with [ErrStopped] when
// the result can never come and with a [*DeadlockError] when the caller is who would have to produce it.
func (f *Future[T]) Wait() (v T, err error) {
	if err := f.park(); err != nil {
		return v, err
	}
	return f.val, f.err
}

// WaitErr is [Future.Wait] for callers who want to know only whether it failed.
func (f *Future[T]) WaitErr() error {
	if err := f.park(); err != nil {
		return err
	}
	return f.err
}

// WaitContext is [Future.Wait] that gives up when ctx ends, with ctx's error. It cancels nothing:
// the work goes on. A result that is there wins over a ctx that has ended.
func (f *Future[T]) WaitContext(ctx context.Context) (T, error) {
	if err := f.parkContext(ctx); err != nil {
		var zero T
		return zero, err
	}
	return f.val, f.err
}

// Poll returns the result if the future is complete.
func (f *Future[T]) Poll() (v T, err error, ready bool) {
	if !f.Ready() {
		return v, nil, false
	}
	return f.val, f.err, true
}

// Done returns a channel that is closed when the future is complete. It is made on the first call.
func (f *Future[T]) Done() <-chan struct{} {
	f.arm()
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.rarely()
	if r.ch == nil {
		r.ch = make(chan struct{})
		if f.done.Load() {
			close(r.ch)
		}
	}
	return r.ch
}

// Chan returns a new channel that receives the result, exactly once. It is never closed.
func (f *Future[T]) Chan() <-chan Result[T] {
	f.arm()
	c := &chanWaiter[T]{f: f, ch: make(chan Result[T], 1)}
	c.w = c
	if !f.link(&c.node) {
		c.wake(nil)
	}
	return c.ch
}

type chanWaiter[T any] struct {
	node
	f  *Future[T]
	ch chan Result[T]
}

func (c *chanWaiter[T]) wake(*Batch) *node {
	c.ch <- Result[T]{c.f.val, c.f.err}
	return nil
}

// On returns a future with the same result whose callbacks run on another lane.
func (f *Future[T]) On(ex Executor) *Future[T] {
	p := NewPromise[T](ex)
	p.f.outlook = f.seenFrom(ex)
	p.Follow(f)
	return &p.f
}

// arm tells the source that somebody other than a Wait depends on it.
func (c *core) arm() {
	if c.src != nil && !c.Ready() {
		c.src.Arm()
	}
}

// complete makes the result final and wakes everybody. It returns false if it was final already.
func (f *Future[T]) complete(b *Batch, v T, err error) bool {
	waiters, ok := f.finish(b, v, err)
	wakeAll(waiters, b)
	return ok
}

// finish is complete for those who see to it that the waiters are woken.
func (f *Future[T]) finish(b *Batch, v T, err error) (waiters *node, ok bool) {
	waiters, run, ok := f.seal(b, v, err)
	if run {
		b.Dispatch(f.ex, f)
	}
	return waiters, ok
}

// finishBehind is finish for a future that has the result of one that was completed in b.
func (f *Future[T]) finishBehind(b *Batch, v T, err error) (waiters *node) {
	waiters, run, _ := f.seal(b, v, err)
	if run {
		b.dispatchLate(f.ex, f)
	}
	return waiters
}

// seal makes the result final, in b. It reports whether that is what it has done, and whether there are callbacks to run.
func (f *Future[T]) seal(b *Batch, v T, err error) (waiters *node, run, ok bool) {
	f.mu.Lock()
	if f.done.Load() {
		f.mu.Unlock()
		return nil, false, false
	}
	f.val, f.err = v, err
	f.done.Store(true)
	waiters = f.detach(b)
	run = f.first != nil
	f.queued = run
	settle := f.src != nil && !run
	if settle {
		f.settled = true
	}
	if f.rare != nil && f.rare.ch != nil {
		close(f.rare.ch)
	}
	f.mu.Unlock()
	if settle {
		f.src.Settled()
	}
	return waiters, run, true
}
