package handler

import "sync/atomic"

// runners are the goroutines that run a lane's tasks: the workers, and the bodies of the coroutines that
// these have resumed, since each body has a goroutine of its own. A zero is a free place; there are two
// for each worker, and that is enough, for whoever leaves does so before the next enters.
//
// It has no lock: goroutines that enter and leave need no order among each other, and nobody looks for
// another goroutine than its own, which cannot enter or leave meanwhile.
type runners []atomic.Uintptr

func newRunners(workers int) runners { return make(runners, 2*workers) }

func (r runners) enter(goroutine uintptr) { r.replace(0, goroutine) }
func (r runners) leave(goroutine uintptr) { r.replace(goroutine, 0) }

func (r runners) replace(old, new uintptr) {
	for i := range r {
		if r[i].CompareAndSwap(old, new) {
			return
		}
	}
}

func (r runners) has(goroutine uintptr) bool {
	for i := range r {
		if r[i].Load() == goroutine {
			return true
		}
	}
	return false
}
