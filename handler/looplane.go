package handler

import (
	"context"
	"time"

	"github.com/gazoo-go/gazoo/future"
)

// A loopLane is a name for the loop's queue.
type loopLane struct {
	loop *Loop
	name string
}

func (l *loopLane) Name() string                      { return l.name }
func (l *loopLane) Now() time.Time                    { return l.loop.Now() }
func (l *loopLane) Enter(goroutine uintptr)           { l.loop.body.Store(goroutine) }
func (l *loopLane) Leave(uintptr)                     { l.loop.body.Store(0) }
func (l *loopLane) Dispatch(t future.Task) bool       { return l.loop.dispatch(t) }
func (l *loopLane) DispatchAll(ts []future.Task) bool { return l.loop.dispatch(ts...) }

func (l *loopLane) AfterFunc(d time.Duration, t future.Task) Timer {
	return l.loop.afterFunc(l, d, t)
}

func (l *loopLane) OnCancel(ctx context.Context, t future.Task) func() bool {
	return onCancel(ctx, t)
}

// Park runs the loop if nobody does; see [Loop].
func (l *loopLane) Park(ctx context.Context, w future.Waitable) error {
	return l.loop.park(ctx, l.name, w)
}

func (l *loopLane) OnStop(t future.Task) func() bool {
	l.loop.coroutineStarts()
	return l.loop.life.onStop(l.loop, t)
}
