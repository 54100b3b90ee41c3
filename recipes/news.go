package recipes

import (
	"context"
	"iter"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
)

// news is a value that changes: whoever is slow misses some, but nobody misses the last. One lane publishes, anybody reads.
type news[T any] struct {
	ex     future.Executor
	newest atomic.Pointer[edition[T]]
}

// An edition is the value from one change to the next.
type edition[T any] struct {
	value T
	blank bool                      // there is no value yet
	over  bool                      // there will not be another one
	next  *future.Promise[struct{}] // complete when this is not the newest any more
}

func newNews[T any](ex future.Executor) *news[T] {
	n := &news[T]{ex: ex}
	n.newest.Store(&edition[T]{blank: true, next: future.NewPromise[struct{}](ex)})
	return n
}

// publish makes v the value.
func (n *news[T]) publish(v T) {
	n.replace(&edition[T]{value: v, next: future.NewPromise[struct{}](n.ex)})
}

// close leaves the value as it is for good.
func (n *news[T]) close() {
	last := *n.newest.Load()
	last.over = true
	n.replace(&last)
}

func (n *news[T]) replace(e *edition[T]) {
	n.newest.Swap(e).next.Complete(struct{}{}, nil)
}

// all yields the value and then every newer one, until ctx ends or the last was seen. The loop runs where it is called,
// and waits there.
func (n *news[T]) all(ctx context.Context) iter.Seq[T] {
	return func(yield func(T) bool) {
		var seen *future.Promise[struct{}]
		for ctx.Err() == nil {
			e := n.newest.Load()
			if !e.blank && e.next != seen {
				if seen = e.next; !yield(e.value) {
					return
				}
				continue
			}
			if e.over {
				return
			}
			if _, err := e.next.Future().WaitContext(ctx); err != nil {
				return
			}
		}
	}
}

// each has fn called with the value and then with every newer one, on the lane, never twice at a time. stop ends that;
// its future completes when no call is running any more.
func (n *news[T]) each(fn func(T)) (stop func() *future.Future[struct{}]) {
	var seen *future.Promise[struct{}]
	var stopped atomic.Bool
	var look func()
	look = func() {
		e := n.newest.Load()
		if !e.blank && e.next != seen && !stopped.Load() {
			seen = e.next
			fn(e.value)
		}
		if !e.over && !stopped.Load() {
			e.next.Future().OnComplete(func(struct{}, error) { look() })
		}
	}
	n.ex.Dispatch(future.Func(look))
	return func() *future.Future[struct{}] {
		stopped.Store(true)
		return behind(n.ex)
	}
}

// behind completes when everything that is queued on the lane now has run.
func behind(ex future.Executor) *future.Future[struct{}] {
	p := future.NewPromise[struct{}](ex)
	if !ex.Dispatch(future.Func(func() { p.Complete(struct{}{}, nil) })) {
		p.Complete(struct{}{}, nil) // the handler has stopped: nothing runs
	}
	return p.Future()
}
