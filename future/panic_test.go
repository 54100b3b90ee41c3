package future_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// A callback that panics does not eat those behind it. The hook gets the panic, with its stack.
func TestPanicInCallback(t *testing.T) {
	type report struct {
		v     any
		stack string
	}
	reports := make(chan report, 2)
	hook := func(v any, stack []byte) { reports <- report{v, string(stack)} }
	onSome(t, func(kind) bool { return true }, hook, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		p := future.NewPromise[int](l)
		var got []int // the lane's
		p.Future().OnComplete(note[int](&got, 0))
		p.Future().OnComplete(guiltyCallback)
		p.Future().OnComplete(note[int](&got, 1))
		p.Future().OnComplete(guiltyCallback)
		p.Future().OnComplete(note[int](&got, 2))
		p.Complete(1, nil)
		for range 3 { // each panic sends the rest to the end of the queue
			flush(t, l)
		}
		p.Future().OnComplete(note[int](&got, 3))
		flush(t, l)
		if !slices.Equal(got, []int{0, 1, 2, 3}) {
			t.Errorf("ran %v", got)
		}
		for range 2 {
			if r := <-reports; r.v != errA || !strings.Contains(r.stack, "guiltyCallback") {
				t.Errorf("the hook got %v and the stack\n%s", r.v, r.stack)
			}
		}
	})
}

func guiltyCallback(int, error) { panic(errA) }

func TestGoexitInCallback(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		p := future.NewPromise[int](l)
		var got []int // the lane's
		p.Future().OnComplete(note[int](&got, 0))
		p.Future().OnComplete(func(int, error) { runtime.Goexit() })
		p.Future().OnComplete(note[int](&got, 1))
		p.Complete(1, nil)
		elsewhere(func() { flush(t, l) }) // may be the goroutine that exits
		flush(t, l)
		p.Future().OnComplete(note[int](&got, 2))
		flush(t, l)
		if !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("ran %v", got)
		}
	})
}

// elsewhere calls fn on a goroutine of its own and waits until that has ended.
func elsewhere(fn func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		fn()
	}()
	<-ended
}

// The callbacks behind one that panics run even when the lane has begun to stop: they were queued before.
func TestPanicInCallbackOfStoppingLane(t *testing.T) {
	l := newSlowLane()
	p := future.NewPromise[int](l)
	var got []int
	p.Future().OnComplete(func(int, error) { panic("first") })
	p.Future().OnComplete(note[int](&got, 1))
	then := future.Then(p.Future(), func(v int) (int, error) { return v, nil })
	p.Complete(1, nil)
	l.refuse()
	wantPanic(t, "first", func() { l.run() })
	if !slices.Equal(got, []int{1}) {
		t.Errorf("ran %v", got)
	}
	wantValue(t, then, 1)
}
