package future_test

import (
	"runtime/debug"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// deep is the length of a chain that must not need a deep stack, nor time that grows faster than it does.
var deep = 100_000

func init() {
	if raceEnabled {
		deep /= 10
	}
}

// shallow lets a test fail whose recursion is as deep as the chain is long. Less is of no use: the
// runtime asks for double the size before it is needed.
func shallow(t *testing.T) {
	before := debug.SetMaxStack(1 << 20)
	t.Cleanup(func() { debug.SetMaxStack(before) })
}

func TestDeepThen(t *testing.T) {
	shallow(t)
	onEach(t, func(t *testing.T, h handler.Handler) {
		p := future.NewPromise[int](h.Lane("a"))
		f := p.Future()
		for range deep {
			f = future.Then(f, func(v int) (int, error) { return v + 1, nil })
		}
		p.Complete(0, nil)
		wantValue(t, f, deep)
	})
}

func TestDeepThenAfterStop(t *testing.T) {
	shallow(t)
	for _, lanes := range [][]*slowLane{{newSlowLane()}, {newSlowLane(), newSlowLane()}} {
		p := future.NewPromise[int](lanes[0])
		f := p.Future()
		for i := range deep {
			f = future.Then(f, func(v int) (int, error) { return v + 1, nil })
			if len(lanes) > 1 && i%100 == 0 {
				f = f.On(lanes[i/100%2])
			}
		}
		for _, l := range lanes {
			l.stop()
		}
		p.Complete(0, nil)
		wantErr(t, f, future.ErrStopped)
	}
}

// Each inner future is followed by the one outside it, all the way up.
func TestDeepCompose(t *testing.T) {
	shallow(t)
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		var countdown func(n int) *future.Future[int]
		countdown = func(n int) *future.Future[int] {
			return future.Compose(future.Value(n).On(l), func(n int) *future.Future[int] {
				if n == 0 {
					return future.Value(0)
				}
				return countdown(n - 1)
			})
		}
		wantValue(t, countdown(deep), 0)
	})
}

func TestDeepOn(t *testing.T) {
	shallow(t)
	l := newSlowLane()
	p := future.NewPromise[int](l)
	f := p.Future()
	for range deep {
		f = f.On(l)
	}
	p.Complete(1, nil)
	wantValue(t, f, 1)
	if l.run() != 0 {
		t.Error("nobody asked for a callback")
	}
}

func TestDeepGather(t *testing.T) {
	shallow(t)
	l := newSlowLane()
	p := future.NewPromise[int](l)
	f := p.Future()
	g := future.Then(f, func(int) (struct{}, error) { return struct{}{}, nil })
	for range deep {
		f = future.First(f)
		g = future.Join(g, f)
	}
	p.Complete(1, nil)
	l.run()
	wantValue(t, f, 1)
	wantValue(t, g, struct{}{})
}

// A long list is as good as a long chain.
func TestManyCallbacksAndWaiters(t *testing.T) {
	shallow(t)
	l := newSlowLane()
	p := future.NewPromise[int](l)
	n := 0
	var links []future.Link
	var followers []*future.Future[int]
	for range deep {
		links = append(links, p.Future().OnComplete(func(int, error) { n++ }))
		followers = append(followers, p.Future().On(l))
	}
	for i := len(links) - 1; i >= deep-1000; i-- {
		links[i].Unlink()
	}
	p.Complete(1, nil)
	l.run()
	if n != deep-1000 {
		t.Errorf("%d callbacks ran", n)
	}
	wantValue(t, future.Join(future.All(followers...)), struct{}{})
}
