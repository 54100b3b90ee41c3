package recipes

import (
	"slices"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
)

// An audience is those who are told everything, in order, each thing once, on the user lane. It belongs to the work lane.
type audience[T any] struct {
	r   *recipe
	all []*hearer[T]
}

type hearer[T any] struct {
	fn      func(T)
	stopped atomic.Bool
}

// join has fn told of what comes after this call. After stop it is not called any more; its future completes when no call
// is running. It may be called from anywhere.
func (a *audience[T]) join(fn func(T)) (stop func() *future.Future[struct{}]) {
	h := &hearer[T]{fn: fn}
	a.r.work.Dispatch(future.Func(func() { a.all = append(a.all, h) }))
	return func() *future.Future[struct{}] {
		h.stopped.Store(true)
		a.r.work.Dispatch(future.Func(func() {
			a.all = slices.DeleteFunc(a.all, func(o *hearer[T]) bool { return o == h })
		}))
		return behind(a.r.user)
	}
}

// tell queues v for everybody.
func (a *audience[T]) tell(v T) {
	for _, h := range a.all {
		a.r.user.Dispatch(future.Func(func() {
			if !h.stopped.Load() {
				h.fn(v)
			}
		}))
	}
}

// dismiss sends all away: what they were not called with yet they will not be.
func (a *audience[T]) dismiss() {
	for _, h := range a.all {
		h.stopped.Store(true)
	}
	a.all = nil
}
