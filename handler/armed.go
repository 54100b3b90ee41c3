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
	list []polled                          // those with tasks, in no order
	find map[context.Context]*armedContext // and those whose last task has gone, which may be armed again
	idle int                               // how many of find have no task
	seq  uint64

	// The driver's, except that anybody says that list has changed:
	copy    []polled // of list
	changed atomic.Bool
}

// polled is an armedContext and what it is asked.
type polled struct {
	ctx context.Context
	of  *armedContext
}

type armedContext struct {
	ctx   context.Context
	at    int        // its place in list; -1 without tasks
	found bool       // it is in find
	first *armedTask // ring, oldest first; nil when there is none
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
	key := isKey(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.armed
	var of *armedContext
	if key {
		of = a.find[ctx]
	}
	if of == nil {
		of = &armedContext{ctx: ctx, at: -1, found: key}
		if key {
			if a.find == nil {
				a.find = make(map[context.Context]*armedContext)
			}
			a.find[ctx] = of
			a.idle++
		}
	}
	a.seq++
	task := &armedTask{w: w, of: of, seq: a.seq, n: n, t: t}
	if of.first == nil {
		of.first, task.prev, task.next = task, task, task
		of.at = len(a.list)
		a.list = append(a.list, polled{ctx, of})
		a.changed.Store(true)
		if of.found {
			a.idle--
		}
	} else {
		last := of.first.prev
		task.prev, task.next = last, of.first
		last.next, of.first.prev = task, task
	}
	w.rouse()
	return task.stop
}

// isKey reports whether ctx can be compared with others. Most are pointers.
func isKey(ctx context.Context) bool {
	return reflect.TypeOf(ctx).Kind() == reflect.Pointer || reflect.ValueOf(ctx).Comparable()
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
	t.of, t.prev, t.next = nil, nil, nil
	if of.first != nil {
		return
	}
	last := len(a.list) - 1
	a.list[of.at] = a.list[last]
	a.list[of.at].of.at = of.at
	a.list[last] = polled{}
	a.list, of.at = a.list[:last], -1
	a.changed.Store(true)
	if !of.found {
		return
	}
	if a.idle++; a.idle > 16 && a.idle > len(a.find)/2 {
		a.sweep()
	}
}

// sweep forgets the contexts without tasks. The caller holds the world's mu.
func (a *armedContexts) sweep() {
	for ctx, of := range a.find { // in any order: they are only forgotten
		if of.first == nil {
			of.found = false
			delete(a.find, ctx)
		}
	}
	a.idle = 0
}

// pollContexts runs the tasks of the contexts that have ended, in the order in which they were armed.
// It reports whether there were any. A context's own code is not called under the world's lock.
func (w *world) pollContexts() bool {
	a := &w.armed
	if a.changed.Load() {
		w.mu.Lock()
		a.changed.Store(false)
		clear(a.copy)
		a.copy = append(a.copy[:0], a.list...)
		w.mu.Unlock()
	}
	var ended []*armedContext
	for i := range a.copy { // without a copy of each: there are twenty, after every other step
		if p := &a.copy[i]; p.ctx.Err() != nil {
			ended = append(ended, p.of)
		}
	}
	if ended == nil { // as nearly always
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
