package handler

import (
	"context"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
)

// armedContexts are the contexts that somebody wants to hear the end of. Package context could only
// tell by starting a goroutine, so they are asked after each step. One that is armed many times is
// asked once.
type armedContexts struct {
	list  []*armedContext // oldest first; only appended to, or made anew, so that it can be read unlocked
	find  map[context.Context]*armedContext
	seq   uint64
	empty int // how many in list have no task left
}

type armedContext struct {
	ctx   context.Context
	tasks int         // guarded by the world's mu
	empty atomic.Bool // tasks == 0
	first *armedTask  // ring, oldest first; nil when there is none
}

type armedTask struct {
	w          *world
	of         *armedContext // nil when the task has run or has been taken back
	prev, next *armedTask
	seq        uint64
	n          *Node // whose pausing or dying keeps it from running; nil: nobody's does
	t          future.Task
}

// arm runs t, which is n's if that is not nil, inline on the driver after the step in which ctx has ended.
func (w *world) arm(ctx context.Context, n *Node, t future.Task) (stop func() bool) {
	if ctx.Done() == nil {
		return nothingToStop
	}
	comparable := reflect.ValueOf(ctx).Comparable()
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.armed
	var of *armedContext
	if comparable {
		of = a.find[ctx]
	}
	if of == nil {
		of = &armedContext{ctx: ctx}
		a.list = append(a.list, of)
		if comparable {
			if a.find == nil {
				a.find = make(map[context.Context]*armedContext)
			}
			a.find[ctx] = of
		}
	} else if of.tasks == 0 {
		a.empty--
		of.empty.Store(false)
	}
	a.seq++
	task := &armedTask{w: w, of: of, seq: a.seq, n: n, t: t}
	if of.first == nil {
		of.first, task.prev, task.next = task, task, task
	} else {
		last := of.first.prev
		task.prev, task.next = last, of.first
		last.next, of.first.prev = task, task
	}
	of.tasks++
	w.armedTasks.Add(1)
	w.rouse()
	return task.stop
}

func (t *armedTask) stop() bool {
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	if t.of == nil {
		return false
	}
	t.w.armed.take(t)
	return true
}

// take removes t. The caller holds the world's mu.
func (a *armedContexts) take(t *armedTask) {
	of := t.of
	if t.next == t {
		of.first = nil
	} else {
		t.prev.next, t.next.prev = t.next, t.prev
		if of.first == t {
			of.first = t.next
		}
	}
	t.w.armedTasks.Add(-1)
	t.of, t.prev, t.next = nil, nil, nil
	if of.tasks--; of.tasks > 0 {
		return
	}
	of.empty.Store(true)
	if a.empty++; a.empty > 16 && a.empty > len(a.list)/2 {
		a.sweep()
	}
}

// sweep forgets the contexts without tasks. The caller holds the world's mu.
func (a *armedContexts) sweep() {
	var kept []*armedContext
	for _, of := range a.list {
		if of.tasks > 0 {
			kept = append(kept, of)
		} else if reflect.ValueOf(of.ctx).Comparable() && a.find[of.ctx] == of {
			delete(a.find, of.ctx)
		}
	}
	a.list, a.empty = kept, 0
}

// pollContexts runs the tasks of the contexts that have ended, in the order in which they were armed.
// It reports whether there were any. A context's own code is not called under the world's lock.
func (w *world) pollContexts() bool {
	if w.armedTasks.Load() == 0 {
		return false
	}
	w.mu.Lock()
	list := w.armed.list
	w.mu.Unlock()
	var ended []*armedContext
	for _, of := range list {
		if !of.empty.Load() && of.ctx.Err() != nil {
			ended = append(ended, of)
		}
	}
	if ended == nil {
		return false
	}
	w.mu.Lock()
	var due []*armedTask
	for _, of := range ended {
		for of.first != nil {
			due = append(due, of.first)
			w.armed.take(of.first)
		}
	}
	w.mu.Unlock()
	slices.SortFunc(due, func(x, y *armedTask) int { return int(x.seq) - int(y.seq) })
	for _, t := range due {
		if t.n == nil || !w.defers(t) {
			t.t.Run()
		}
	}
	return len(due) > 0
}

// defers makes t a thing of its own if its node is paused, and drops it if that is dead. It reports
// whether it did.
func (w *world) defers(t *armedTask) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.n.dead.Load() {
		return true
	}
	if t.n.halt == nil {
		return false
	}
	w.schedule(&event{node: t.n, label: cancelLabel, kind: KindTask, what: eventFunc(t.t.Run)}, w.time())
	return true
}

var cancelLabel = fnv("cancel")
