package future

import (
	"iter"
	"slices"
	"sync"
)

// AsCompleted yields every future's index and result in the order of completion. It waits like
// [Future.Wait], and ends early where Wait would fail: with the index -1 and that error.
// Leaving the loop early leaves nothing behind.
func AsCompleted[T any](fs ...*Future[T]) iter.Seq2[int, Result[T]] {
	fs = slices.Clone(fs)
	return func(yield func(int, Result[T]) bool) {
		cs := bases(fs)
		a := arrivals{}
		a.ex, a.outlook = together(cs)
		w := newWatch(cs, a.arrived)
		defer w.unlink()
		for range fs {
			i, err := a.next()
			if err != nil {
				yield(-1, Result[T]{Err: err})
				return
			}
			if !yield(i, Result[T]{fs[i].val, fs[i].err}) {
				return
			}
		}
	}
}

// arrivals is a queue of the futures that have completed but were not yielded yet.
type arrivals struct {
	ex      Executor // for those who wait
	outlook outlook

	mu    sync.Mutex // guards queue and more
	queue []int
	more  *Promise[struct{}] // completes with the next arrival; nil while nobody waits
}

func (a *arrivals) arrived(b *Batch, i, _ int) (waiters *node, enough bool) {
	a.mu.Lock()
	a.queue = append(a.queue, i)
	p := a.more
	a.more = nil
	a.mu.Unlock()
	if p == nil {
		return nil, false
	}
	waiters, _ = p.f.finish(b, struct{}{}, nil)
	return waiters, false
}

func (a *arrivals) next() (int, error) {
	for {
		a.mu.Lock()
		if len(a.queue) > 0 {
			i := a.queue[0]
			a.queue = a.queue[1:]
			a.mu.Unlock()
			return i, nil
		}
		p := NewPromise[struct{}](a.ex)
		p.f.outlook = a.outlook
		a.more = p
		a.mu.Unlock()
		if err := p.f.WaitErr(); err != nil {
			return -1, err
		}
	}
}
