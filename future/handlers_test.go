package future_test

import (
	"context"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// A kind is one way to run lanes.
type kind struct {
	name string
	make func(t *testing.T, hook handler.PanicHook) handler.Handler

	one bool // only one goroutine may wait
}

var kinds = []kind{
	{name: "Pool", make: func(_ *testing.T, hook handler.PanicHook) handler.Handler {
		return handler.NewPool(handler.WithPanicHook(hook))
	}},
	{name: "Loop", make: func(_ *testing.T, hook handler.PanicHook) handler.Handler { // run by those who wait
		return handler.NewLoop(handler.WithPanicHook(hook))
	}},
	{name: "LoopRun", make: func(t *testing.T, hook handler.PanicHook) handler.Handler {
		l := handler.NewLoop(handler.WithPanicHook(hook))
		ran := make(chan struct{})
		go func() {
			defer close(ran)
			l.Run(context.Background())
		}()
		t.Cleanup(func() { <-ran })
		return l
	}},
	{name: "Deterministic", one: true, make: func(_ *testing.T, hook handler.PanicHook) handler.Handler {
		return handler.NewDeterministic(1, handler.WithPanicHook(hook))
	}},
}

// onEach runs the test on every kind of handler.
func onEach(t *testing.T, run func(t *testing.T, h handler.Handler)) {
	onSome(t, func(kind) bool { return true }, nil, run)
}

// onShared runs the test on every kind of handler on which several goroutines may wait.
func onShared(t *testing.T, run func(t *testing.T, h handler.Handler)) {
	onSome(t, func(k kind) bool { return !k.one }, nil, run)
}

func onSome(t *testing.T, which func(kind) bool, hook handler.PanicHook, run func(t *testing.T, h handler.Handler)) {
	for _, k := range kinds {
		if !which(k) {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			h := k.make(t, hook)
			t.Cleanup(func() { // before that of the kind
				h.Stop()
				<-h.Stopped()
			})
			run(t, h)
		})
	}
}

// flush waits until everything that is queued on the lane has run.
func flush(t *testing.T, l future.Executor) {
	t.Helper()
	p := future.NewPromise[bool](l)
	l.Dispatch(future.Func(func() { p.Complete(true, nil) }))
	wantValue(t, p.Future(), true)
}

// later completes p in a task of the lane.
func later[T any](l future.Executor, p *future.Promise[T], v T, err error) {
	l.Dispatch(future.Func(func() { p.Complete(v, err) }))
}
