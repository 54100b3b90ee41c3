package future_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// inTask calls fn in a task of the lane, and then in a body, and waits for both.
func inTask(t *testing.T, l future.Executor, fn func()) {
	t.Helper()
	l.Dispatch(future.Func(fn))
	flush(t, l)
	wantValue(t, future.Async(background, l, func(*future.Co) (int, error) {
		fn()
		return 1, nil
	}), 1)
}

// Waiting on a lane for what only that lane can produce fails at once.
func TestDeadlock(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("guilty lane")
		p := future.NewPromise[int](l)
		same := func(v int) (int, error) { return v, nil }
		then := future.Then(p.Future(), same)
		for name, f := range map[string]*future.Future[int]{
			"Then":    then,
			"Compose": future.Compose(p.Future(), func(int) *future.Future[int] { return nil }),
			"Recover": future.Recover(p.Future(), func(error) *future.Future[int] { return nil }),
			"Async":   future.Async(background, l, func(co *future.Co) (int, error) { return future.Await(co, p.Future()) }),
			"On":      then.On(l),
			"First":   future.First(p.Future(), then),
			"composed of what the lane produces": future.Compose(future.Value(1).On(l),
				func(int) *future.Future[int] { return then }),
		} {
			inTask(t, l, func() {
				_, err := f.Wait()
				var deadlock *future.DeadlockError
				if !errors.As(err, &deadlock) || deadlock.Lane != "guilty lane" || !strings.Contains(err.Error(), "guilty lane") {
					t.Errorf("%s: got %v", name, err)
				}
			})
		}
		p.Complete(1, nil)
		flush(t, l)
		inTask(t, l, func() { wantValue(t, then, 1) }) // there is no need to wait
	})
}

// On a Pool a task may wait for what comes from elsewhere.
func TestNoDeadlock(t *testing.T) {
	h := handler.NewPool()
	defer func() { h.Stop(); <-h.Stopped() }()
	l, other := h.Lane("a"), h.Lane("b")
	p := future.NewPromise[int](l)
	same := func(v int) (int, error) { return v, nil }
	composed := future.Compose(future.Value(1).On(l), func(int) *future.Future[int] { return p.Future() })
	flush(t, l) // what the lane had to do for it is done
	for name, f := range map[string]*future.Future[int]{
		"a promise":     p.Future(),
		"On":            p.Future().On(l),
		"First":         future.First(p.Future(), p.Future()),
		"another lane":  future.Then(p.Future().On(other), same),
		"from there":    future.Then(p.Future().On(other), same).On(l),
		"composed":      composed,
		"from composed": composed.On(l),
	} {
		got := make(chan error)
		l.Dispatch(future.Func(func() {
			ctx, cancel := context.WithCancel(background)
			cancel()
			_, err := f.WaitContext(ctx) // would have to wait
			got <- err
		}))
		if err := <-got; err != context.Canceled {
			t.Errorf("%s: got %v", name, err)
		}
	}
	l.Dispatch(future.Func(func() { wantValue(t, p.Future(), 2) }))
	other.Dispatch(future.Func(func() { p.Complete(2, nil) }))
	wantValue(t, composed, 2)
	flush(t, l)
}
