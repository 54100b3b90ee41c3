package future

// A Batch collects the callbacks of futures that complete together, so that a lane is locked once for
// all of them. The order of completion is kept, also across lanes. The zero value is ready for use;
// a Batch is not safe for concurrent use. Nothing runs before [Batch.Flush].
type Batch struct {
	ex    Executor
	tasks []Task
}

// A refuser is a task that wants to know that its lane has stopped and will not run it.
// What it completes because of that goes by way of b.
type refuser interface{ refused(b *Batch) }

// Flush hands the collected tasks to their lanes.
func (b *Batch) Flush() {
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

// Dispatch queues t on ex when b is flushed, or at once when b is nil.
func (b *Batch) Dispatch(ex Executor, t Task) {
	if b == nil {
		if r, is := t.(refuser); !ex.Dispatch(t) && is {
			b = &Batch{}
			r.refused(b)
			b.Flush()
		}
		return
	}
	if b.ex != ex {
		b.Flush()
		b.ex = ex
	}
	b.tasks = append(b.tasks, t)
}
