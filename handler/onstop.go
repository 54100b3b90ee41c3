package handler

import "github.com/gazoo-go/gazoo/future"

// A stopTask is a task that waits for its handler to stop, to run on its lane then. It holds the
// handler until it has run or has been dropped.
type stopTask struct {
	prev, next *stopTask // in the life's ring; nil when queued, dropped or done
	life       *life
	lane       forcer
	t          future.Task // nil once it is settled whether it runs; guarded by life.mu
}

// A forcer is a lane that queues a task even when its handler is stopping.
type forcer interface{ force(future.Task) }

// onStop registers t, or queues it when the handler is stopping already.
func (f *life) onStop(lane forcer, t future.Task) (drop func() bool) {
	r := &stopTask{life: f, lane: lane, t: t}
	f.mu.Lock()
	f.live++
	late := f.stopping.Load()
	if !late {
		root := &f.made().atStop
		r.prev, r.next = root.prev, root
		root.prev.next, root.prev = r, r
	}
	f.mu.Unlock()
	if late {
		lane.force(r)
	}
	return r.drop
}

// unlink takes r out of the ring. The caller holds life.mu.
func (r *stopTask) unlink() {
	if r.next != nil {
		r.prev.next, r.next.prev = r.next, r.prev
		r.prev, r.next = nil, nil
	}
}

// take settles that the caller alone decides about the task.
func (r *stopTask) take() future.Task {
	r.life.mu.Lock()
	defer r.life.mu.Unlock()
	t := r.t
	r.t = nil
	r.unlink()
	return t
}

func (r *stopTask) drop() bool {
	if r.take() == nil {
		return false
	}
	r.life.end()
	return true
}

// Run runs the task on its lane.
func (r *stopTask) Run() {
	if t := r.take(); t != nil {
		defer r.life.end()
		t.Run()
	}
}
