package handler

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/gid"
)

// A life counts what a handler has still to do, and so knows when it has stopped. The zero value is
// a handler at work.
//
//	working ──stop──▶ stopping ──nothing moves any more──▶ quiet ──everything has ended──▶ stopped
//
// Quiet is when a Wait that is still pending can no longer hope: whatever is left waits itself.
// The tasks behind such a Wait get ErrStopped, go on and end, and then the handler has stopped.
type life struct {
	stopping atomic.Bool // written under mu
	parking  future.Parking

	mu      sync.Mutex        // guards what follows
	live    int               // busy lanes, OnStop registrations, connections, look-ups and running timers
	parked  int               // those of them that wait for something, counted while stopping only
	spawned int               // functions given to Spawn
	busy    busyLane          // ring of the busy lanes; made on first use
	atStop  stopTask          // ring of the registrations, oldest first; made on first use
	closers map[closer]uint64 // and when each began, so that they are told in order
	began   uint64            // how many have begun
	begun   chan struct{}     // closed when stopping begins
	quiet   chan struct{}
	ended   chan struct{} // closed when the handler has stopped
	isEnded bool

	isQuiet   atomic.Bool // written under mu
	whenQuiet func()      // called under mu when the handler is quiet; may be nil
	whenEnded func()      // called under mu when the handler has stopped; may be nil
}

// A closer is told to end when the handler stops. Close does not block.
type closer interface{ Close() }

// A busyLane is a lane's place in the ring of lanes that have something to do.
type busyLane struct {
	prev, next *busyLane
	runners    runners // of a Pool's lane; the others' are known by their driver
}

// made makes the channels. The caller holds mu.
func (f *life) made() *life {
	if f.ended == nil {
		f.begun, f.quiet, f.ended = make(chan struct{}), make(chan struct{}), make(chan struct{})
		f.busy.prev, f.busy.next = &f.busy, &f.busy
		f.atStop.prev, f.atStop.next = &f.atStop, &f.atStop
	}
	return f
}

// prepare is made for those who do not hold mu. It must come before waiting.
func (f *life) prepare() {
	f.mu.Lock()
	f.made()
	f.mu.Unlock()
}

// check tells the world how far stopping has come. The caller holds mu.
func (f *life) check() {
	if !f.stopping.Load() {
		return
	}
	if f.live <= f.parked && !f.isQuiet.Load() {
		f.isQuiet.Store(true)
		close(f.quiet)
		if f.whenQuiet != nil {
			f.whenQuiet()
		}
	}
	if f.live == 0 && f.spawned == 0 && !f.isEnded {
		f.isEnded = true
		close(f.ended)
		if f.whenEnded != nil {
			f.whenEnded()
		}
	}
}

// begin counts one more thing to do. It refuses when the handler is stopping.
func (f *life) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopping.Load() {
		return false
	}
	f.live++
	return true
}

// more counts something that another thing, which has not ended, has begun.
func (f *life) more() {
	f.mu.Lock()
	f.live++
	f.mu.Unlock()
}

func (f *life) end() {
	f.mu.Lock()
	f.live--
	f.check()
	f.mu.Unlock()
}

// beginLane is begin for a lane that was idle. force is for tasks that a stopping handler still runs.
func (f *life) beginLane(l *busyLane, force bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopping.Load() && !force {
		return false
	}
	root := &f.made().busy
	l.prev, l.next = root.prev, root
	root.prev.next, root.prev = l, l
	f.live++
	return true
}

func (f *life) endLane(l *busyLane) {
	f.mu.Lock()
	l.prev.next, l.next.prev = l.next, l.prev
	l.prev, l.next = nil, nil
	f.live--
	f.check()
	f.mu.Unlock()
}

// beginCloser is begin for something that must be told to end.
func (f *life) beginCloser(c closer) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopping.Load() {
		return false
	}
	if f.closers == nil {
		f.closers = make(map[closer]uint64)
	}
	f.began++
	f.closers[c] = f.began
	f.live++
	return true
}

func (f *life) endCloser(c closer) {
	f.mu.Lock()
	if _, ok := f.closers[c]; ok {
		delete(f.closers, c)
		f.live--
		f.check()
	}
	f.mu.Unlock()
}

// dropClosers is endCloser for all that are left.
func (f *life) dropClosers() {
	f.mu.Lock()
	f.live -= len(f.closers)
	clear(f.closers)
	f.check()
	f.mu.Unlock()
}

// spawn counts a function that runs on its own. What it waits for must not wait for it, so it is
// not among the things that keep a handler from being quiet.
func (f *life) spawn() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopping.Load() {
		return false
	}
	f.spawned++
	return true
}

func (f *life) endSpawn() {
	f.mu.Lock()
	f.spawned--
	f.check()
	f.mu.Unlock()
}

// stop begins to stop. It reports whether this call was the first.
func (f *life) stop() bool {
	f.mu.Lock()
	if f.stopping.Load() {
		f.mu.Unlock()
		return false
	}
	f.made().stopping.Store(true)
	close(f.begun)
	f.live++ // until everybody below has been told
	var tasks []*stopTask
	for r := f.atStop.next; r != &f.atStop; r = f.atStop.next {
		r.unlink()
		tasks = append(tasks, r)
	}
	closers := slices.SortedFunc(maps.Keys(f.closers), func(a, b closer) int {
		return cmp.Compare(f.closers[a], f.closers[b])
	})
	f.mu.Unlock()
	for _, r := range tasks {
		r.lane.force(r)
	}
	for _, c := range closers {
		c.Close()
	}
	f.end()
	return true
}

// stopped returns the channel that is closed when the handler has stopped.
func (f *life) stopped() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.made().ended
}

// outlast goes on waiting for w when the handler has begun to stop. When w is hopeless it returns ErrStopped. The waiting
// before that is written out in each Park: thousands may be in it, and a function between would be one more frame of each.
func (f *life) outlast(ctx context.Context, w future.Waitable) error {
	// What is queued may still complete w, unless it is behind the caller. A caller that occupies
	// a lane must not keep the handler from being quiet.
	if f.onLane() {
		f.park(+1)
		defer f.park(-1)
	}
	return f.parking.Block(ctx, w, f.quiet)
}

func (f *life) park(n int) {
	f.mu.Lock()
	f.parked += n
	f.check()
	f.mu.Unlock()
}

// hasStopTasks reports whether anything waits for the handler to stop, as every coroutine does.
func (f *life) hasStopTasks() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.made().atStop.next != &f.atStop
}

// onLane reports whether the caller runs on one of the lanes.
func (f *life) onLane() bool {
	me := gid.ID()
	f.mu.Lock()
	defer f.mu.Unlock()
	for l := f.busy.next; l != &f.busy; l = l.next {
		if l.runners.has(me) {
			return true
		}
	}
	return false
}
