package future_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/gid"
)

// A world uses the goroutines of coroutines that have ended for others, whatever has become of those, and
// keeps none when nobody drives it.
func TestCoroutinesUseGoroutinesAgain(t *testing.T) {
	before := runtime.NumGoroutine()
	w := handler.NewDeterministic(1)
	defer w.Stop()
	l := w.Lane("a")
	used := make(map[uintptr]int)
	boom := errors.New("boom")
	for i := range 30 {
		f := future.Async(background, l, func(co *future.Co) (int, error) {
			used[gid.ID()]++
			p := future.NewPromise[int](l)
			l.Dispatch(future.Func(func() { p.Complete(i, nil) }))
			v, err := future.Await(co, p.Future())
			switch i % 3 {
			case 1:
				return 0, boom
			case 2:
				panic(boom)
			}
			return v, err
		})
		f.OnComplete(func(v int, err error) {
			if i%3 == 0 && (v != i || err != nil) || i%3 == 1 && err != boom || i%3 == 2 && err == nil {
				t.Errorf("coroutine %d: %d, %v", i, v, err)
			}
		})
		if i%10 == 9 {
			if err := w.Run(); err != nil {
				t.Fatal(err)
			}
			if now := runtime.NumGoroutine(); now > before {
				t.Errorf("%d goroutines, %d before, when nobody drives", now, before)
			}
		}
	}
	// One after the other on one goroutine.
	clear(used)
	next := func(i int) *future.Future[int] {
		return future.Async(background, l, func(co *future.Co) (int, error) { used[gid.ID()]++; return i, nil })
	}
	f := next(0)
	for range 20 {
		f = future.Compose(f, func(i int) *future.Future[int] { return next(i + 1) })
	}
	if v, err := f.Wait(); v != 20 || err != nil || len(used) != 1 {
		t.Errorf("%d, %v, on %d goroutines", v, err, len(used))
	}
}
