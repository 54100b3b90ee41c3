package future_test

import (
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/future"
)

// A callback that is linked to a complete future does not overtake those of futures that were complete before it, although
// these still wait for the flush; and is not overtaken by those of futures that are complete only later.
func TestBatchLateLink(t *testing.T) {
	l := newSlowLane()
	var b future.Batch
	ps, fs := promises(6, l)
	var got []int
	for i, f := range fs {
		if i%2 == 0 {
			f.OnComplete(note[int](&got, i))
		}
	}
	for i, f := range fs {
		ps[i].CompleteIn(&b, i, nil)
		if i%2 == 1 {
			f.OnComplete(note[int](&got, i))
		}
	}
	if l.run() != 0 {
		t.Error("ran before the flush")
	}
	b.Flush()
	l.run()
	fs[0].OnComplete(note[int](&got, 6)) // nothing waits any more
	l.run()
	if want := []int{0, 1, 2, 3, 4, 5, 6}; !slices.Equal(got, want) {
		t.Errorf("ran %v, want %v", got, want)
	}
}

// The same for what has the result of another future, on whatever lane.
func TestBatchLateFollowers(t *testing.T) {
	a, other := newSlowLane(), newSlowLane()
	var b future.Batch
	ps, fs := promises(4, a)
	var got []int
	on := fs[0].On(other)
	on.OnComplete(note[int](&got, 0))
	ps[0].CompleteIn(&b, 0, nil)
	ps[1].CompleteIn(&b, 0, nil)
	fs[1].On(other).OnComplete(note[int](&got, 1)) // late
	followed := future.NewPromise[int](other)
	followed.Future().OnComplete(note[int](&got, 2))
	ps[2].CompleteIn(&b, 0, nil)
	followed.Follow(fs[2]) // late
	last := fs[3].On(other)
	last.OnComplete(note[int](&got, 3))
	ps[3].CompleteIn(&b, 0, nil)
	if a.run()+other.run() != 0 {
		t.Error("ran before the flush")
	}
	b.Flush()
	other.run()
	if want := []int{0, 1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("ran %v, want %v", got, want)
	}
}

// Who links late may be another goroutine, and the Flush may be under way: order and number stay right.
func TestBatchLateLinkRace(t *testing.T) {
	const rounds, each = 300, 20
	l := newSlowLane()
	var b future.Batch
	for range rounds {
		ps, fs := promises(each, l)
		var got []int
		linked := make(chan struct{})
		go func() {
			defer close(linked)
			for i, f := range fs {
				f.OnComplete(note[int](&got, i))
			}
		}()
		for i, p := range ps {
			p.CompleteIn(&b, i, nil)
			if i%7 == 6 {
				b.Flush()
			}
		}
		b.Flush()
		<-linked
		l.run()
		if len(got) != each || !slices.IsSorted(got) {
			t.Fatalf("ran %v", got)
		}
	}
}
