package future_test

import (
	"context"
	"runtime"
	"testing"
	"weak"

	"github.com/gazoo-go/gazoo/future"
)

// wantGarbage expects that nothing holds what p points to.
func wantGarbage[T any](t *testing.T, what string, p weak.Pointer[T]) {
	t.Helper()
	runtime.GC()
	if p.Value() != nil {
		t.Errorf("%s is still held", what)
	}
}

// A future that lives long, such as one that says that a client has closed, is put into many lists.
// Those that are decided without it must leave nothing behind there.
func TestDecidedListsLetGo(t *testing.T) {
	l := newSlowLane()
	long := future.NewPromise[int](l)
	for name, decide := range map[string]func(f *future.Future[int]){
		"All":           func(f *future.Future[int]) { future.All(long.Future(), future.Failed[int](errA), f).WaitErr() },
		"AllBehind":     func(f *future.Future[int]) { future.All(f, future.Failed[int](errA), long.Future()).WaitErr() },
		"First":         func(f *future.Future[int]) { future.First(long.Future(), f).WaitErr() },
		"FirstBehind":   func(f *future.Future[int]) { future.First(f, long.Future()).WaitErr() },
		"AsCompleted":   func(f *future.Future[int]) { leaveEarly(long.Future(), f) },
		"AsCompletedBy": func(f *future.Future[int]) { leaveEarly(f, long.Future()) },
	} {
		f := future.Value(1)
		decide(f)
		wantGarbage(t, name, weak.Make(f))
	}
	runtime.KeepAlive(long)
}

func leaveEarly(fs ...*future.Future[int]) {
	for range future.AsCompleted(fs...) {
		break
	}
}

// The same when it is decided later, by a completion.
func TestDecidedLaterListsLetGo(t *testing.T) {
	l := newSlowLane()
	long := future.NewPromise[int](l)
	all, first := decidedLater(l, long)
	wantGarbage(t, "All", all)
	wantGarbage(t, "First", first)
	runtime.KeepAlive(long)
}

func decidedLater(l future.Executor, long *future.Promise[int]) (all weak.Pointer[future.Future[[]int]], first weak.Pointer[future.Future[int]]) {
	p, q := future.NewPromise[int](l), future.NewPromise[int](l)
	a, f := future.All(long.Future(), p.Future(), long.Future()), future.First(long.Future(), q.Future())
	p.Complete(0, errA)
	q.Complete(1, nil)
	a.WaitErr()
	f.WaitErr()
	return weak.Make(a), weak.Make(f)
}

// A complete future holds nobody who has waited for it, and none of its callbacks.
func TestCompleteFutureLetsGo(t *testing.T) {
	l := newSlowLane()
	long := future.NewPromise[int](l)
	follower, then, called := consumers(l, long)
	wantGarbage(t, "a follower", follower)
	wantGarbage(t, "a derived future", then)
	wantGarbage(t, "a callback", called)
	runtime.KeepAlive(long)
}

func consumers(l *slowLane, long *future.Promise[int]) (a, b weak.Pointer[future.Future[int]], c weak.Pointer[int]) {
	follower := long.Future().On(l)
	then := future.Then(long.Future(), func(v int) (int, error) { return v, nil })
	called, unlinked := new(int), new(int)
	long.Future().OnComplete(func(int, error) { *called++ })
	long.Future().OnComplete(func(int, error) { *unlinked++ }).Unlink()
	long.Complete(1, nil)
	l.run()
	return weak.Make(follower), weak.Make(then), weak.Make(called)
}

// Nor does what is kept for the next who waits hold what was waited for before.
func TestParkingLetsGo(t *testing.T) {
	l := newSlowLane()
	wantGarbage(t, "a future that was waited for", waitedFor(l))
	runtime.KeepAlive(l)
}

func waitedFor(l *slowLane) weak.Pointer[future.Future[int]] {
	p := future.NewPromise[int](l)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p.Future().WaitContext(ctx)
	return weak.Make(p.Future())
}
