package future_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

var background = context.Background()

func TestAsyncStraightLine(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l, other := h.Lane("a"), h.Lane("b")
		sum := future.Async(background, l, func(co *future.Co) (int, error) {
			sum := 0
			for i := range 10 {
				p := future.NewPromise[int]([]future.Executor{l, other, nil}[i%3])
				if i > 4 {
					p.Complete(i, nil) // ready
				} else {
					later(other, p, i, nil)
				}
				v, err := future.Await(co, p.Future())
				if err != nil {
					return 0, err
				}
				sum += v
			}
			return sum, nil
		})
		wantValue(t, sum, 45)
		fails := future.Async(background, l, func(co *future.Co) (int, error) {
			p := future.NewPromise[int](other)
			later(other, p, 7, errA)
			v, err := future.Await(co, p.Future())
			if v != 7 || err != errA {
				t.Errorf("awaited %v, %v", v, err)
			}
			return 1, errors.Join(err, errB)
		})
		if v, err := fails.Wait(); v != 1 || !errors.Is(err, errA) || !errors.Is(err, errB) {
			t.Errorf("got %v, %v", v, err)
		}
	})
}

// A body starts and goes on as a task of its lane, in its turn, and as nothing else.
func TestAsyncRunsOnItsLaneOnly(t *testing.T) {
	l, other := newSlowLane(), newSlowLane()
	var got []string
	say := func(s string) { got = append(got, s) }
	task := func(s string) { l.Dispatch(future.Func(func() { say(s) })) }
	p := future.NewPromise[int](other)
	p.Future().On(l).OnComplete(func(int, error) { say("callback") })

	task("before")
	f := future.Async(background, l, func(co *future.Co) (int, error) {
		say("begin")
		v, _ := future.Await(co, p.Future())
		say("end")
		return v, nil
	})
	task("between")
	if len(got) != 0 {
		t.Error("started inline")
	}
	l.run()
	p.Complete(1, nil)
	task("after")
	if len(got) != 3 {
		t.Error("resumed inline")
	}
	if other.run() != 0 {
		t.Error("resumed on the future's lane")
	}
	wantPending(t, f)
	l.run()
	if want := []string{"before", "begin", "between", "callback", "end", "after"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	wantValue(t, f, 1)
	l.idle(t)
}

// Bodies, callbacks and tasks of a lane exclude each other: what they share needs no lock.
func TestAsyncSharesItsLane(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l, other := h.Lane("a"), h.Lane("b")
		const bodies, awaits = 20, 20
		n, inside := 0, false // the lane's
		turn := func() {
			if inside {
				t.Error("two at a time")
			}
			inside = true
			n++
			inside = false
		}
		var fs []*future.Future[int]
		for range bodies {
			fs = append(fs, future.Async(background, l, func(co *future.Co) (int, error) {
				for i := range awaits {
					p := future.NewPromise[int](l)
					p.Future().OnComplete(func(int, error) { turn() })
					later(other, p, i, nil)
					turn()
					if _, err := future.Await(co, p.Future()); err != nil {
						return 0, err
					}
				}
				return 1, nil
			}))
		}
		if vs, err := future.All(fs...).Wait(); len(vs) != bodies || err != nil {
			t.Errorf("got %v, %v", vs, err)
		}
		flush(t, l)
		l.Dispatch(future.Func(func() {
			if n != 2*bodies*awaits {
				t.Errorf("%d turns", n)
			}
		}))
		flush(t, l)
	})
}

// A body may start others and await them.
func TestAsyncNested(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		var tree func(co *future.Co, depth int) (int, error)
		tree = func(co *future.Co, depth int) (int, error) {
			if depth == 0 {
				return 1, nil
			}
			var fs []*future.Future[int]
			for range 3 {
				fs = append(fs, future.Async(co.Context(), l, func(co *future.Co) (int, error) {
					return tree(co, depth-1)
				}))
			}
			sum := 0
			for _, f := range fs {
				v, err := future.Await(co, f)
				if err != nil {
					return 0, err
				}
				sum += v
			}
			return sum, nil
		}
		wantValue(t, future.Async(background, l, func(co *future.Co) (int, error) { return tree(co, 4) }), 81)
	})
}

// Await works at any depth of calls, whatever that does to the stack.
func TestAwaitDeepDown(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		var down func(co *future.Co, n int) int
		down = func(co *future.Co, n int) int {
			var frame [256]byte
			p := future.NewPromise[int](l)
			if n%2 == 0 {
				later(l, p, n, nil)
			} else {
				p.Complete(n, nil)
			}
			v, err := future.Await(co, p.Future())
			if v != n || err != nil {
				t.Errorf("awaited %v, %v", v, err)
			}
			if n > 0 {
				frame[n%256] = 1
				return down(co, n-1) + int(frame[n%256])
			}
			return 0
		}
		wantValue(t, future.Async(background, l, func(co *future.Co) (int, error) { return down(co, 500), nil }), 500)
	})
}

func TestAsyncOnStoppedLane(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		h.Stop()
		f := future.Async(background, l, func(*future.Co) (int, error) {
			t.Error("the body ran")
			return 1, nil
		})
		wantErr(t, f, future.ErrStopped)
	})
}

func TestCoContext(t *testing.T) {
	type key struct{}
	l := newSlowLane()
	ctx := context.WithValue(background, key{}, 1)
	future.Async(ctx, l, func(co *future.Co) (int, error) {
		if co.Context() != ctx {
			t.Error("not the context that it was started with")
		}
		return 0, nil
	})
	if l.run() != 1 {
		t.Error("it did not run")
	}
}
