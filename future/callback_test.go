package future_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// Callbacks run in the order in which they were linked, once each, also those that are linked after
// completion: these make none of the earlier ones run again.
func TestCallbacksRunInOrderOnce(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		p := future.NewPromise[int](l)
		var got []int // the lane's
		var want []int
		link := func() {
			i := len(want)
			want = append(want, i)
			p.Future().OnComplete(func(v int, err error) {
				if v != 7 || err != errA {
					t.Errorf("callback %d got %v, %v", i, v, err)
				}
				got = append(got, i)
			})
		}
		for range 10 {
			link()
		}
		flush(t, l)
		if len(got) != 0 {
			t.Errorf("before completion %v ran", got)
		}
		p.Complete(7, errA)
		for range 10 {
			link()
		}
		flush(t, l)
		link() // when all others have run
		flush(t, l)
		link()
		p.Complete(8, nil) // does not count, and runs nothing
		flush(t, l)
		if !slices.Equal(got, want) {
			t.Errorf("ran %v", got)
		}
	})
}

// Nothing runs on the goroutine that links or completes, whatever the state of the lane.
func TestCallbacksNeverRunInline(t *testing.T) {
	l := newSlowLane()
	p := future.NewPromise[int](l)
	var got []int
	p.Future().OnComplete(note[int](&got, 0))
	p.Complete(1, nil)
	p.Future().OnComplete(note[int](&got, 1))
	if len(got) != 0 {
		t.Error("ran inline", got)
	}
	if n := l.run(); n != 1 {
		t.Errorf("%d tasks for the callbacks of one future", n)
	}
	p.Future().OnComplete(note[int](&got, 2))
	if len(got) != 2 {
		t.Error("ran inline", got)
	}
	l.run()
	if !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("ran %v", got)
	}
}

// Callbacks of different futures of a lane run in the order of completion, among its other tasks.
func TestCallbacksRunInTheirTurn(t *testing.T) {
	l := newSlowLane()
	var got []int
	task := func(i int) { l.Dispatch(future.Func(func() { got = append(got, i) })) }
	p, q := future.NewPromise[int](l), future.NewPromise[int](l)
	p.Future().OnComplete(note[int](&got, 3))
	q.Future().OnComplete(note[int](&got, 1))
	task(0)
	q.Complete(0, nil)
	task(2)
	p.Complete(0, nil)
	task(4)
	l.run()
	if !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
		t.Errorf("ran %v", got)
	}
}

// Callbacks of all futures of a lane and its tasks exclude each other: got needs no lock.
func TestCallbacksRunOnTheLane(t *testing.T) {
	onShared(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		const goroutines, each = 8, 50
		got := 0
		var wg sync.WaitGroup
		for range goroutines {
			p := future.NewPromise[int](l)
			wg.Go(func() {
				for i := range each {
					p.Future().OnComplete(func(int, error) { got++ })
					l.Dispatch(future.Func(func() { got++ }))
					if i == each/2 {
						p.Complete(i, nil)
					}
				}
			})
		}
		wg.Wait()
		flush(t, l)
		want := 2 * goroutines * each
		l.Dispatch(future.Func(func() {
			if got != want {
				t.Errorf("%d callbacks and tasks ran, of %d", got, want)
			}
		}))
		flush(t, l)
	})
}

// A callback linked by a callback comes behind those that were linked before.
func TestLinkWithinCallback(t *testing.T) {
	l := newSlowLane()
	p := future.NewPromise[int](l)
	var got []int
	p.Future().OnComplete(func(int, error) {
		got = append(got, 0)
		p.Future().OnComplete(func(int, error) {
			got = append(got, 2)
			p.Future().OnComplete(note[int](&got, 3))
		})
		if len(got) != 1 {
			t.Error("ran inline")
		}
	})
	p.Future().OnComplete(note[int](&got, 1))
	p.Complete(1, nil)
	l.run()
	if !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("ran %v", got)
	}
}

// Callbacks that are linked while others complete the future are neither lost nor run twice.
func TestLinkAgainstComplete(t *testing.T) {
	onShared(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		for range rounds {
			p := future.NewPromise[int](l)
			var runs [4]int // the lane's
			fns := []func(){func() { p.Complete(1, nil) }}
			for i := range runs {
				fns = append(fns, func() { p.Future().OnComplete(func(int, error) { runs[i]++ }) })
			}
			collide(fns...)
			flush(t, l)
			if runs != [4]int{1, 1, 1, 1} {
				t.Fatalf("the callbacks ran %v times", runs)
			}
		}
	})
}

// A lane that has stopped runs nothing, and nothing is queued on it.
func TestCallbacksOnStoppedLane(t *testing.T) {
	l := newSlowLane()
	p, q := future.NewPromise[int](l), future.NewPromise[int](l)
	var got []int
	p.Future().OnComplete(note[int](&got, 0))
	q.Future().OnComplete(note[int](&got, 1))
	q.Complete(0, nil) // in time
	l.stop()
	p.Complete(0, nil)
	p.Future().OnComplete(note[int](&got, 2))
	q.Future().OnComplete(note[int](&got, 3))
	if l.run() != 0 || !slices.Equal(got, []int{1}) {
		t.Errorf("ran %v", got)
	}
}

// A lane may run a future that is not complete, for reasons of its own: nothing happens.
func TestRunBeforeCompletion(t *testing.T) {
	l := newSlowLane()
	p := future.NewPromise[int](l)
	var got []int
	p.Future().OnComplete(note[int](&got, 0))
	p.Future().Run()
	if len(got) != 0 {
		t.Error("callbacks ran without a result")
	}
	p.Complete(1, nil)
	l.run()
	if len(got) != 1 {
		t.Error("the callback did not run")
	}
}
