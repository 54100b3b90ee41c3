package future

import (
	"cmp"
	"slices"
)

// A Link is a callback's hold on its future. The zero Link holds nothing.
type Link struct {
	f  unlinker
	id uint32
}

type unlinker interface{ unlinkCallback(id uint32) bool }

// Unlink takes the callback back and reports whether it was in time: the callback will not run.
func (l Link) Unlink() bool { return l.f != nil && l.f.unlinkCallback(l.id) }

// A callback runs on the future's lane, or is dropped when the lane has stopped and will not run it.
// What is dropped along with it goes by way of b.
type callback[T any] interface {
	call(v T, err error)
	drop(b *Batch)
}

type link[T any] struct {
	cb callback[T]
	id uint32
}

// userFunc is a callback of the user's. Being a func, it fits into an interface without allocation.
type userFunc[T any] func(T, error)

func (fn userFunc[T]) call(v T, err error) { fn(v, err) }
func (fn userFunc[T]) drop(*Batch)         {}

// OnComplete runs fn with the result, once, on the future's lane, behind the callbacks linked before
// it and never inline, also when the future is complete already. A lane that has stopped runs nothing.
//
// A panic in fn goes to the handler's panic hook, whose default is to let it crash the process.
// OnComplete panics when the future has no lane (see [Value]).
func (f *Future[T]) OnComplete(fn func(T, error)) Link {
	return f.onComplete(userFunc[T](fn))
}

func (f *Future[T]) onComplete(cb callback[T]) Link {
	if f.ex == nil {
		panic("future: this future has no lane; give it one with On")
	}
	f.arm()
	f.mu.Lock()
	f.lastID++
	id := f.lastID
	if f.first == nil {
		f.first, f.firstID = cb, id
	} else {
		r := f.rarely()
		r.more = append(r.more, link[T]{cb, id})
	}
	run := f.done.Load() && !f.queued
	if run {
		f.queued = true
	}
	f.mu.Unlock()
	if run {
		f.batch().dispatchLate(f.ex, f)
	}
	return Link{f, id}
}

func (f *Future[T]) unlinkCallback(id uint32) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first != nil && f.firstID == id {
		f.shift()
		return true
	}
	if f.rare == nil {
		return false
	}
	r := f.rare
	i, found := slices.BinarySearchFunc(r.more, id, func(l link[T], id uint32) int { return cmp.Compare(l.id, id) })
	if found {
		r.more = slices.Delete(r.more, i, i+1)
	}
	return found
}

// shift removes the first callback. The others follow: there are none behind a nil. The caller holds mu.
func (f *Future[T]) shift() {
	f.first = nil
	if r := f.rare; r != nil && len(r.more) > 0 {
		f.first, f.firstID = r.more[0].cb, r.more[0].id
		r.more[0] = link[T]{}
		r.more = r.more[1:]
	}
}

// take removes and returns the next callback. When there is none, the future leaves its lane's queue
// and the source is to be told, once, that the callbacks have run.
func (f *Future[T]) take() (cb callback[T], settle bool) {
	f.mu.Lock()
	if cb = f.first; cb != nil {
		f.shift()
	} else {
		f.queued = false
		settle = f.src != nil && !f.settled
		f.settled = f.settled || settle
	}
	f.mu.Unlock()
	return cb, settle
}

// Run runs the callbacks that are linked, in order. It is for lanes.
func (f *Future[T]) Run() {
	if !f.Ready() {
		return
	}
	ok := false
	defer func() {
		// If a callback panicked or called Goexit, the others still have their turn. They were queued
		// before the lane stopped, if it has, so they have it even then.
		if !ok && !f.ex.Dispatch(f) {
			f.Run()
		}
	}()
	for {
		cb, settle := f.take()
		if cb == nil {
			if settle {
				f.src.Settled()
			}
			break
		}
		cb.call(f.val, f.err)
	}
	ok = true
}

// refused drops the callbacks: the lane has stopped.
func (f *Future[T]) refused(b *Batch) {
	for {
		cb, settle := f.take()
		if cb == nil {
			if settle {
				f.src.Settled()
			}
			return
		}
		cb.drop(b)
	}
}
