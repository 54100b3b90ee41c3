package future

import (
	"sync"
	"sync/atomic"
)

// A Batch collects the callbacks of futures that complete together, so that a lane is locked once for
// all of them. The order of completion is kept, also across lanes, and also for callbacks that are
// linked late: to a future that is complete while others' callbacks are still waiting for the Flush.
// The zero value is ready for use; a Batch has one user at a time. Nothing runs before [Batch.Flush].
type Batch struct {
	mark  node // by which futures that were completed in the batch know it; see core.waiters
	ex    Executor
	tasks []Task

	late atomic.Bool // there is something in behind

	mu     sync.Mutex // guards what follows
	open   bool       // there are tasks that are not flushed
	behind []laneTask // late ones, which come behind the tasks that were there when they came
}

type laneTask struct {
	ex Executor
	t  Task
}

// A refuser is a task that wants to know that its lane has stopped and will not run it.
// What it completes because of that goes by way of b.
type refuser interface{ refused(b *Batch) }

// Flush hands the collected tasks to their lanes.
func (b *Batch) Flush() {
	for b.open { // which nobody else changes
		b.hand()
		b.close()
	}
}

// hand hands the tasks that are for one lane to it.
func (b *Batch) hand() {
	for len(b.tasks) > 0 {
		ex, tasks := b.ex, b.tasks
		if ex.DispatchAll(tasks) {
			clear(tasks)
			b.ex, b.tasks = nil, tasks[:0]
			return
		}
		b.ex, b.tasks = nil, nil
		for _, t := range tasks { // each may bring about more
			if r, is := t.(refuser); is {
				r.refused(b)
			}
		}
	}
}

// close ends the collecting, unless something came late. From then on, what comes late is dispatched at once.
func (b *Batch) close() {
	b.mu.Lock()
	b.open = len(b.behind) > 0
	b.mu.Unlock()
	if b.open {
		b.catchUp()
	}
}

// Dispatch queues t on ex when b is flushed, or at once when b is nil.
func (b *Batch) Dispatch(ex Executor, t Task) {
	if b == nil {
		if ex.Dispatch(t) {
			return
		}
		if r, is := t.(refuser); is {
			b = &Batch{}
			r.refused(b)
			b.Flush()
		}
		return
	}
	if b.late.Load() {
		b.catchUp()
	}
	b.add(ex, t)
}

func (b *Batch) add(ex Executor, t Task) {
	if b.ex != ex {
		b.hand()
		b.ex = ex
	}
	b.tasks = append(b.tasks, t)
	if !b.open {
		b.mu.Lock()
		b.open = true
		b.mu.Unlock()
	}
}

// catchUp takes over what came late.
func (b *Batch) catchUp() {
	b.mu.Lock()
	behind := b.behind
	b.behind = nil
	b.late.Store(false)
	b.mu.Unlock()
	for _, l := range behind {
		b.add(l.ex, l.t)
	}
}

// dispatchLate queues the task of a future that was completed in b. Any goroutine may call it, also long after b's last use.
func (b *Batch) dispatchLate(ex Executor, t Task) {
	if b != nil {
		b.mu.Lock()
		if b.open {
			b.behind = append(b.behind, laneTask{ex, t})
			b.late.Store(true)
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
	}
	(*Batch)(nil).Dispatch(ex, t)
}

// wake makes a Batch a waker, so that its mark can stand where a future's waiters were. It is never called.
func (b *Batch) wake(*Batch) *node { return nil }
