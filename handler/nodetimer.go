package handler

import (
	"time"

	"github.com/gazoo-go/gazoo/future"
)

// A nodeTimer is a timer in virtual time. Without a lane its task is the event; with one the event
// queues the task, and until that starts Stop is in time.
type nodeTimer struct {
	event event
	due   time.Duration // by the node's clock
	t     future.Task
	lane  *detLane
	taken bool // guarded by the world's mu
	begun bool // the event has begun, and so is no longer among what may happen; guarded likewise
}

func (n *Node) after(d time.Duration, label uint64, t future.Task, lane *detLane) Timer {
	tm := newTimer(n, label, t)
	tm.lane = lane
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	tm.start(d)
	return tm
}

func newTimer(n *Node, label uint64, t future.Task) *nodeTimer {
	tm := &nodeTimer{t: t}
	tm.event.node, tm.event.kind, tm.event.what, tm.event.label, tm.event.locked = n, KindTimer, tm, label, true
	return tm
}

var funcLabel, timeoutLabel = fnv("func"), fnv("timeout")

// start makes it fire after d. The caller holds the world's mu.
func (tm *nodeTimer) start(d time.Duration) {
	n := tm.event.node
	clock, now := n.clock.Load(), n.w.time()
	tm.due = clock.at(now) + max(d, 0)
	if tm.due < 0 { // it has overflown
		tm.due = forever
	}
	n.w.schedule(&tm.event, clock.when(tm.due))
}

func (tm *nodeTimer) describe(e *Event) {
	if tm.lane != nil {
		e.Label = tm.lane.name
	}
}

func (tm *nodeTimer) happen() {
	n := tm.event.node
	if tm.lane != nil {
		n.w.mu.Unlock()
		tm.lane.Dispatch(tm)
		return
	}
	begun := n.life.begin()
	due := begun && tm.begin()
	n.w.mu.Unlock()
	if !begun {
		return
	}
	defer n.life.end()
	if due {
		tm.t.Run()
	}
}

// begin reports whether the task is to run: Stop was not faster. The caller holds the world's mu.
func (tm *nodeTimer) begin() bool {
	taken := tm.taken
	tm.taken, tm.begun = true, true
	return !taken
}

// Run runs the task, unless Stop was faster.
func (tm *nodeTimer) Run() {
	w := tm.event.node.w
	w.mu.Lock()
	due := tm.begin()
	w.mu.Unlock()
	if due {
		tm.t.Run()
	}
}

func (tm *nodeTimer) Stop() bool {
	w := tm.event.node.w
	w.mu.Lock()
	defer w.mu.Unlock()
	if tm.taken {
		return false
	}
	tm.taken = true
	w.cancel(&tm.event)
	return true
}
