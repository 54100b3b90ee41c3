package handler

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A world is what the nodes of a Deterministic share: time, the things that may happen now, those
// that will happen later, and who drives.
//
// Each step picks one of the things that may happen now, by the seed: the oldest task of a lane
// group, a process that may go on, a timer, bytes. When there are none, time jumps to the next event.
type world struct {
	seed      []byte
	timing    []byte // the seed of all that decides about order and time
	policy    Policy
	observe   observer         // nil: nobody
	onBlocked func(*StepError) // nil: nobody watches
	hook      PanicHook
	horizon   time.Duration
	network   *Network
	life      life        // begun for each node
	bubble    func()      // synctest.Wait; nil outside of a bubble
	origin    time.Time   // the bubble's time at the beginning of the world
	quiet     atomic.Bool // a node has become so, and nobody has noticed yet

	passed   atomic.Int64 // now, for who does not hold mu; not used in a bubble
	failure  error        // why the present drive must end; the driver's
	unpolled bool         // contexts have not been looked at since the last step; the driver's
	idle     bool         // nothing more could happen behind the last step; the driver's
	inner    bool         // the last step was neither a task, a timer nor a process; the driver's
	stable   stable       // the driver's

	mu        sync.Mutex // guards what follows
	seat                 // who drives
	now       time.Duration
	runnable  chooser
	events    eventHeap
	scheduled uint64 // how many events have been
	nodes     map[string]*Node
	order     []*Node // in the order of their making
	current   *process
	armed     armedContexts
	started   []*process // processes that have not ended, oldest first
	trace     trace
	told      []Event // what the observer has not been told yet
	busy      int     // steps since the clock moved
	busyLimit int

	failedStep *StepError // the first
	crashed    []*process // have failed while nobody waited for them
	performing item       // the step that is under way, or whose pulls are; nil: none is
	pulls      []*end     // are to write behind it
}

// An item is something that may happen now. Its methods are called with the world's lock held.
type item interface {
	// begin is called when the item has been picked. ok: it happens; otherwise it has been taken
	// back. more: it may be picked again.
	begin() (ok, more bool)
	// owner is the node whose pausing or dying keeps it from happening; nil: nobody's does.
	owner() *Node
	// identity is what the trace shows. Node and label tell sources apart, see
	// Policy; it is also called before begin.
	identity() (n *Node, label uint64, data []byte)
	// cause is the step that led to the one that begins. It is called after begin.
	cause() uint64
	// describe fills in what an observer is to know.
	describe(*Event)
	// run is what happens. It is called with the world's lock held, and lets go of it.
	run()
	// end is called when run has returned or not.
	end()
}

// step lets one of the things happen that may happen now, or if there is nothing, and nothing to be noticed, at the next
// time until limit. It returns false when there is none.
func (w *world) step(limit time.Duration) bool {
	it := w.pick(limit)
	if it == nil {
		return false
	}
	e, ok := it.(*event)
	w.inner = ok && e.kind != KindTimer && e.kind != KindTask
	w.perform(it)
	return true
}

// pick begins the next step. If there is one, mu is held when it returns, for run.
func (w *world) pick(limit time.Duration) item {
	w.mu.Lock()
	it := w.next(limit)
	if it == nil {
		w.mu.Unlock()
		return nil
	}
	w.count(it)
	w.performing = it
	return it
}

// next returns what happens next, and has begun it. The caller holds mu.
func (w *world) next(limit time.Duration) item {
	for {
		it := w.runnable.take()
		if it == nil {
			if w.bubble == nil && !w.unpolled && !w.quiet.Load() && w.passOn(limit) {
				continue
			}
			return nil
		}
		ok, more := it.begin()
		if more {
			w.runnable.again(it)
		}
		if ok {
			return it
		}
	}
}

// count makes it a step. The caller holds mu.
func (w *world) count(it item) {
	n, label, data := it.identity()
	w.trace.step(w.now, n.label, label, data)
	if w.busy++; w.busy == w.busyLimit+1 && w.busyLimit > 0 {
		w.failure = w.busyError(it)
	}
	if w.observe != nil {
		w.saw(it, it.cause(), data)
	}
}

// perform lets it happen. mu is held when it is called, and not when it returns.
func (w *world) perform(it item) {
	returned := false
	defer func() {
		if returned {
			return
		}
		// It has panicked or called Goexit, which ends the driver unless there is a hook for panics.
		defer func() { w.finish(it, returned) }()
		if w.hook != nil {
			if v := recover(); v != nil {
				w.hook(v, debug.Stack())
				returned = true
			}
		}
	}()
	it.run()
	returned = true
	w.finish(it, true)
}

// finish ends the step: the connections write that it has woken, and those that this wakes. If the step has not
// returned, they do so in steps of their own.
func (w *world) finish(it item, returned bool) {
	w.mu.Lock()
	if !returned {
		w.stepError(it, nil)
	}
	it.end()
	for i := 0; i < len(w.pulls); i++ {
		e := w.pulls[i]
		if !returned || e.node.halt != nil { // paused by the step
			w.schedule(&e.pull, w.time())
			continue
		}
		e.pullAll()
	}
	clear(w.pulls)
	w.pulls, w.performing = w.pulls[:0], nil
	w.idle = w.runnable.empty()
	w.mu.Unlock()
	if w.observe != nil {
		w.tellAll()
	}
}

// passOn moves the clock to the next event. It returns false when there is none until limit. The caller holds mu.
func (w *world) passOn(limit time.Duration) bool {
	if len(w.events) == 0 || w.events[0].at > limit || w.events[0].at == forever {
		return false
	}
	w.passTo(w.events[0].at)
	return true
}

// passTo moves the clock and makes runnable what is due. The caller holds mu.
func (w *world) passTo(t time.Duration) {
	if t > w.now {
		w.now, w.busy = t, 0
		w.passed.Store(int64(t))
	}
	for len(w.events) > 0 && w.events[0].at <= w.now {
		w.ready(w.events.pop())
	}
}

func (w *world) elapsed() time.Duration {
	if w.bubble == nil {
		return time.Duration(w.passed.Load())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time()
}

// time is how long the world has existed. In a bubble it may be later than the driver has noticed,
// since goroutines that sleep are woken at the same time. The caller holds mu.
func (w *world) time() time.Duration {
	if w.bubble != nil {
		w.passTo(time.Since(w.origin))
	}
	return w.now
}

// schedule makes e happen at t, or now if that is past. The caller holds mu.
func (w *world) schedule(e *event, t time.Duration) { w.scheduleFrom(e, t, w.trace.steps) }

// scheduleFrom is schedule for what another step than the present one has led to.
func (w *world) scheduleFrom(e *event, t time.Duration, from uint64) {
	e.index, e.off = -1, e.node.dead.Load() && !e.kernel
	if e.off {
		return
	}
	w.scheduled++
	e.at, e.seq, e.from = t, w.scheduled, from
	if t <= w.time() {
		w.add(e)
		return
	}
	w.events.push(e)
	w.rouse()
}

// add makes it something that may happen now. The caller holds mu.
func (w *world) add(it item) {
	w.ready(it)
	w.rouse()
}

// ready makes it something that may happen now, or once its node is no longer paused. The caller holds mu.
func (w *world) ready(it item) {
	if n := it.owner(); n != nil && n.halt != nil {
		n.halt.hold(it)
		return
	}
	w.runnable.add(it)
}

// take takes out what could happen now on a node, and returns it. The caller holds mu.
func (w *world) take(n *Node) []item {
	return w.runnable.remove(func(it item) bool { return it.owner() == n })
}

// cancel takes an event back. The caller holds mu.
func (w *world) cancel(e *event) {
	if e.index >= 0 {
		w.events.remove(e)
	}
	e.off = true
}

// node returns the node of that name.
func (w *world) node(name string) *Node {
	w.mu.Lock()
	n := w.nodes[name]
	if n == nil {
		n = newNode(w, w.network.newMachine(name))
		w.nodes[name] = n
		w.order = append(w.order, n)
	}
	w.mu.Unlock()
	if w.life.stopping.Load() {
		n.life.stop()
	}
	return n
}

func (w *world) allNodes() []*Node {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*Node(nil), w.order...)
}
