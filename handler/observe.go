package handler

import "time"

// An Event is something that has happened in a world: a step, or what a step did to the network.
type Event struct {
	// Step is the number of the step, from 1. All that one step does has its number.
	Step uint64
	// Cause is the step that led to this one: which dispatched the task, set the timer, sent the bytes,
	// completed what a process waits for. 0 is what was done before the first step. What is done between
	// two steps, by whoever drives the world, counts as the doing of the one before.
	Cause uint64
	// At is the virtual time since the beginning of the world.
	At time.Duration
	// Node is where it happens.
	Node string
	// Kind is one of the Kind constants.
	Kind string
	// Label says more: the name of a lane group, the number of a process, the name of a connection, which
	// is the same on both of its sides.
	Label string
	// Peer is the other node, for what goes over the network.
	Peer string
	// Data are the bytes that are sent or arrive. They are valid during the call only.
	Data []byte
}

// The kinds of events.
const (
	KindTask    = "task"    // a task of a lane group runs
	KindTimer   = "timer"   // a timer fires; that of a lane queues its task
	KindProcess = "process" // a process begins or goes on
	KindResolve = "resolve" // a name is looked up
	KindDial    = "dial"    // the first packet of a connection arrives where it is meant to go
	KindRefused = "refused" // the answer to it, where nobody listens
	KindOpened  = "opened"  // the answer to it, where somebody does
	KindAccept  = "accept"  // a node that was paused accepts it; otherwise that is part of the dial
	KindPull    = "pull"    // a connection asks for what is to be written
	KindSend    = "send"    // bytes are written; no step of its own
	KindArrival = "arrival" // bytes arrive, or when there are none, their end
	KindReset   = "reset"   // a RST arrives
	KindClosed  = "closed"  // a side of a connection ends
	KindMessage = "message" // a message of Network.Send arrives, or "disconnect", that there will be no more
)

// Observe has fn called with every event, in order, by the goroutine that drives the world: with a step
// just before it happens, with what it did right behind it. fn may ask the world and its nodes for the
// time, and must not make anything happen. Who does not observe pays nothing.
func Observe(fn func(Event)) DeterministicOption { return observer(fn) }

type observer func(Event)

func (o observer) deterministic(d *Deterministic) { d.w.observe = o }

// saw tells the observer of a step that is about to happen.
func (w *world) saw(it item, cause uint64, data []byte) {
	e := Event{Step: w.trace.steps, Cause: cause, At: w.now, Data: data}
	it.describe(&e)
	w.mu.Unlock()
	w.tellAll()
	w.observe(e)
	w.mu.Lock()
}

// tell keeps what a step does to be told after it. The caller holds mu.
func (w *world) tell(e Event) {
	if w.observe == nil {
		return
	}
	e.Step, e.Cause, e.At = w.trace.steps, w.trace.steps, w.now
	w.told = append(w.told, e)
}

// tellAll tells the observer what was kept.
func (w *world) tellAll() {
	w.mu.Lock()
	told := w.told
	w.told = nil
	w.mu.Unlock()
	for _, e := range told {
		w.observe(e)
	}
}

// Performing describes the step that is under way, for who finds the world stuck in it. ok is false when
// there is none.
func (d *Deterministic) Performing() (e Event, ok bool) {
	w := d.w
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.performing == nil {
		return Event{}, false
	}
	n, _, _ := w.performing.identity()
	e = Event{Step: w.trace.steps, At: w.now, Node: n.name}
	w.performing.describe(&e)
	return e, true
}
