package session

import (
	"context"
	. "time"
	clock "time"
)

type machine struct {
	now func() Time
	at  Time
}

func clocks(ctx context.Context, fn func()) {
	_ = clock.Now()                // want `time.Now: the clock belongs to the handler`
	_ = Now()                      // want `time.Now`
	f := clock.Now                 // want `time.Now`
	m := machine{now: clock.Now}   // want `time.Now`
	_ = clock.Since(m.at)          // want `time.Since`
	_ = clock.Until(m.at)          // want `time.Until`
	_ = clock.After(clock.Second)  // want `time.After`
	clock.AfterFunc(1, fn)         // want `time.AfterFunc`
	clock.NewTimer(1).Reset(1)     // want `time.NewTimer`
	clock.NewTicker(1).Stop()      // want `time.NewTicker`
	_ = clock.Tick(1)              // want `time.Tick`
	clock.Sleep(clock.Millisecond) // want `time.Sleep`
	(clock.Sleep)(1)               // want `time.Sleep`
	context.AfterFunc(ctx, fn)     // want `context.AfterFunc: a context that ends by the real clock`
	context.WithTimeout(ctx, 1)    // want `context.WithTimeout`
	context.WithDeadline(ctx, f()) // want `context.WithDeadline`
	_ = context.WithTimeoutCause   // want `context.WithTimeoutCause`
	_ = context.WithDeadlineCause  // want `context.WithDeadlineCause`
}

// What only computes with times is no use of the clock, nor is what shares a name with one that is.
func arithmetic(ctx context.Context, t Time, d Duration) bool {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(ctx.Err())
	_ = Unix(0, 0).Add(d).Sub(t)
	_, _ = ParseDuration("1s")
	_ = context.DeadlineExceeded
	return t.After(t.Add(d)) && t.Before(clock.Date(2026, 1, 1, 0, 0, 0, 0, UTC))
}

type other struct{ Sleep func() }

func (other) Now() Time     { return Time{} }
func (o other) After() Time { return o.Now() }
func asleep(o other)        { o.Sleep() }
func namesake(time other)   { _ = time.Now() }
