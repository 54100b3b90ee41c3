package future_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/future"
)

// What completes in a batch is visible at once. Callbacks and bodies follow with the flush, in order.
func TestBatch(t *testing.T) {
	l := newSlowLane()
	var b future.Batch
	ps, fs := promises(4, l)
	var got []int
	for i, f := range fs {
		f.OnComplete(note[int](&got, i))
		future.Async(background, l, func(co *future.Co) (int, error) {
			future.Await(co, f)
			got = append(got, 10+i)
			return 0, nil
		})
	}
	l.run()
	for _, i := range []int{2, 0, 3, 1} {
		if !ps[i].CompleteIn(&b, i, nil) || ps[i].CompleteIn(&b, 7, nil) {
			t.Error("CompleteIn counted wrong")
		}
		wantValue(t, fs[i], i)
	}
	fs[2].OnComplete(note[int](&got, 20)) // belongs to those that are in the batch
	if l.run() != 0 {
		t.Error("ran before the flush")
	}
	b.Flush()
	if l.batches != 1 {
		t.Errorf("the lane was locked %d times", l.batches)
	}
	b.Flush() // of nothing
	l.run()
	if want := []int{2, 20, 12, 0, 10, 3, 13, 1, 11}; !slices.Equal(got, want) {
		t.Errorf("ran %v, want %v", got, want)
	}
}

// A tracedLane writes down what it gets in one go.
type tracedLane struct {
	*slowLane
	name string
	log  *[]string
}

func (l *tracedLane) DispatchAll(ts []future.Task) bool {
	*l.log = append(*l.log, strings.Repeat(l.name, len(ts)))
	return l.slowLane.DispatchAll(ts)
}

// The order of completion is kept across lanes: what completes later overtakes nothing.
func TestBatchAcrossLanes(t *testing.T) {
	var got []string
	a, b := &tracedLane{newSlowLane(), "a", &got}, &tracedLane{newSlowLane(), "b", &got}
	var batch future.Batch
	for _, l := range []*tracedLane{a, a, b, b, b, a, b} {
		p := future.NewPromise[int](l)
		p.Future().OnComplete(func(int, error) {})
		p.CompleteIn(&batch, 1, nil)
	}
	batch.Flush()
	if want := []string{"aa", "bbb", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("dispatched %v, want %v", got, want)
	}
	if n, m := a.run(), b.run(); n != 3 || m != 4 {
		t.Errorf("%d and %d tasks ran", n, m)
	}
}

// A lane that has stopped refuses the batch: derived futures say so, other lanes get theirs.
func TestBatchRefused(t *testing.T) {
	a, b := newSlowLane(), newSlowLane()
	ps, fs := promises(4, a, b)
	var derived []*future.Future[int]
	for _, f := range fs {
		derived = append(derived, future.Then(f, func(v int) (int, error) { return v, nil }))
	}
	onB := derived[0].On(b) // completed by the refusal, on a lane that is well
	ran := false
	onB.OnComplete(func(int, error) { ran = true })
	a.stop()
	var batch future.Batch
	for i, p := range ps {
		p.CompleteIn(&batch, i, nil)
	}
	batch.Flush()
	b.run()
	for i, f := range derived {
		if i%2 == 0 {
			wantErr(t, f, future.ErrStopped)
		} else {
			wantValue(t, f, i)
		}
	}
	if !ran {
		t.Error("the callback on the other lane did not run")
	}
}

// Tasks may go by way of a batch as well; without one they go at once.
func TestBatchDispatch(t *testing.T) {
	l := newSlowLane()
	var got []int
	task := func(i int) future.Task { return future.Func(func() { got = append(got, i) }) }
	var b future.Batch
	b.Dispatch(l, task(1))
	(*future.Batch)(nil).Dispatch(l, task(0))
	b.Dispatch(l, task(2))
	l.run()
	b.Flush()
	l.run()
	l.stop()
	(*future.Batch)(nil).Dispatch(l, task(3))
	b.Dispatch(l, task(4))
	b.Flush()
	if l.run(); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("ran %v", got)
	}
}
