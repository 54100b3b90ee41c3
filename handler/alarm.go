package handler

import (
	"time"

	"github.com/gazoo-go/gazoo/future"
)

// An Alarm is a timer whose time is set again and again, as that of a machine's next deadline is. On a [Node] it is
// one timer, and costs no allocation; elsewhere each time is an AfterFunc.
//
//	off ──Set──▶ set ──Set──▶ set, to another time
//	 ▲            ├──the time has come──▶ off, and the task runs
//	 └────────────┴──Stop
//
// Its owner guards it. Where tasks run beside each other, one whose time has come may still run after the Set or Stop
// that took it back.
type Alarm struct {
	h     Handler
	t     future.Task
	timer Timer // the newest; nil: on a Node, or none was set yet

	node *Node      // h, if it is one
	tm   *nodeTimer // on a Node, the newest
}

// NewAlarm returns an alarm that is off. t is run as by [Handler.AfterFunc].
func NewAlarm(h Handler, t future.Task) *Alarm { return &Alarm{h: h, t: t, node: nodeOf(h)} }

// nodeOf returns the node that h is, and nil if it is something else or only made of one.
func nodeOf(h Handler) *Node {
	switch h := h.(type) {
	case *Node:
		return h
	case *Deterministic:
		return h.home
	}
	return nil
}

// Set makes the alarm go off after d, and at no time that was set before.
func (a *Alarm) Set(d time.Duration) {
	if a.node == nil {
		a.Stop()
		a.timer = a.h.AfterFunc(d, a.t)
		return
	}
	w := a.node.w
	w.mu.Lock()
	defer w.mu.Unlock()
	a.takeBack()
	if a.tm == nil || !a.tm.begun && a.tm.event.index < 0 { // the old one is still among what may happen
		a.tm = newTimer(a.node, funcLabel, a.t)
	}
	a.tm.taken, a.tm.begun = false, false
	a.tm.start(d)
}

// Stop turns the alarm off.
func (a *Alarm) Stop() {
	switch {
	case a.node != nil:
		a.node.w.mu.Lock()
		defer a.node.w.mu.Unlock()
		a.takeBack()
	case a.timer != nil:
		a.timer.Stop()
	}
}

// takeBack is Stop on a Node. What it takes out of the heap is free to be set again. The caller holds the world's mu.
func (a *Alarm) takeBack() {
	if tm := a.tm; tm != nil && !tm.taken {
		tm.taken, tm.begun = true, tm.event.index >= 0
		a.node.w.cancel(&tm.event)
	}
}
