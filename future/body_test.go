package future_test

import (
	"runtime"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// endings are the ways to end a body other than returning, and what becomes of its future.
var endings = map[string]struct {
	end   func()
	check func(t *testing.T, err error)
}{
	"Goexit":  {runtime.Goexit, wantGoexit},
	"FailNow": {new(testing.T).FailNow, wantGoexit},
	"Panic": {
		func() { guilty(&typedError{5}) },
		func(t *testing.T, err error) { wantPanicError(t, err, "guilty") },
	},
}

func wantGoexit(t *testing.T, err error) {
	t.Helper()
	if err != future.ErrGoexit {
		t.Errorf("got %v", err)
	}
}

// However a body ends, its defers run, its future says so, and its lane lives on.
func TestBodyEnds(t *testing.T) {
	for name, ending := range endings {
		t.Run(name, func(t *testing.T) {
			for _, suspended := range []bool{false, true} { // before it ends
				onEach(t, func(t *testing.T, h handler.Handler) {
					l := h.Lane("a")
					cleaned := false
					f := future.Async(background, l, func(co *future.Co) (int, error) {
						defer func() { cleaned = true }()
						if suspended {
							p := future.NewPromise[int](l)
							later(l, p, 1, nil)
							future.Await(co, p.Future())
						}
						ending.end()
						return 1, nil
					})
					elsewhere(func() { f.Wait() }) // may be the goroutine that exits
					ending.check(t, f.WaitErr())
					if !cleaned {
						t.Error("the defers did not run")
					}
					flush(t, l)
					wantValue(t, future.Async(background, l, func(*future.Co) (int, error) { return 2, nil }), 2)
				})
			}
		})
	}
}

// The other bodies of the lane do not notice.
func TestBodyEndsAlone(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		p := future.NewPromise[int](l)
		var fs []*future.Future[int]
		for i := range 9 {
			fs = append(fs, future.Async(background, l, func(co *future.Co) (int, error) {
				v, err := future.Await(co, p.Future())
				switch i % 3 {
				case 1:
					panic("x")
				case 2:
					runtime.Goexit()
				}
				return v, err
			}))
		}
		later(l, p, 7, nil)
		for i, f := range fs {
			for !f.Ready() { // any of them may end the goroutine that waits
				elsewhere(func() { f.Wait() })
			}
			if v, err := f.Wait(); (err == nil) != (i%3 == 0) || err == nil && v != 7 {
				t.Errorf("body %d: %v, %v", i, v, err)
			}
		}
	})
}
