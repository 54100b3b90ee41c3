package handler

import (
	"io"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// An end is one side of a connection. What it sends goes into the other side's buffer, in order, and
// comes out at its time.
type end struct {
	nw     *Network
	node   *Node
	id     connID // the same on both sides
	label  uint64 // of the connection and the direction out of this end
	local  netip.AddrPort
	sink   Sink        // set before Opened
	disarm func() bool // forgets the context of the dialing; set by the one who dials

	// Guarded by the world's mu, except that sink is called without it, by events:
	peer       *end  // nil until the other side has accepted
	out, in    *Link // nil before the target is known
	dice       dice  // of the direction out of this end
	open       bool  // Opened has been called or is about to
	err        error
	begun      bool // the node's life counts this end
	pulling    bool // an event to Pull is under way
	answered   bool // the other side has been sent a RST
	deaf       bool // something was lost on the way here, and so is all that follows it
	inflight   packets
	arrival    event // of the oldest one of inflight
	pull       event
	closing    event // of Closed
	prev, next *end  // in the node's list, if it is listed
	listed     bool

	stream stream // touched by arrivals here and by the other side's pulls only
}

type packet struct {
	kind kind
	at   time.Duration
	n    int    // bytes
	from uint64 // the step that has sent it
}

type kind uint8

const (
	packetOpened kind = iota // the other side has accepted
	packetBytes
	packetClosed // the other side has closed
	packetReset  // there is no other side any more
	packetCut    // the link resets both sides
)

// A connID is the number of a connection among those that a node has dialed.
type connID struct {
	from   *Node
	number int
}

func (id connID) String() string { return id.from.name + "#" + strconv.Itoa(id.number) }

// newEnd makes one side of a connection; peer is the one that has dialed, or nil. The caller holds the
// world's mu.
func newEnd(nw *Network, n *Node, peer *end, id connID) *end {
	direction := outLabel
	if peer != nil {
		direction = inLabel
	}
	e := &end{nw: nw, node: n, sink: silent{}, peer: peer, id: id}
	e.label = mix(mix(id.from.label, uint64(id.number)), direction)
	e.dice = newDice(nw.key, e.label)
	e.arrival = event{node: n, label: e.label ^ arrivalLabel, kind: KindArrival, what: (*arrival)(e), off: true, input: true, arrives: true, locked: true}
	e.pull = event{node: n, label: e.label ^ pullLabel, kind: KindPull, what: (*pull)(e), off: true}
	e.closing = event{node: n, label: e.label ^ closedLabel, kind: KindClosed, what: (*closing)(e), off: true}
	return e
}

var (
	outLabel, inLabel                    = fnv("out"), fnv("in")
	arrivalLabel, pullLabel, closedLabel = fnv("arrival"), fnv("pull"), fnv(KindClosed)
)

// The events that every connection has are the end itself, so that they cost no allocation.
type (
	arrival end
	pull    end
	closing end
)

func (a *arrival) happen()            { (*end)(a).arrive() }
func (p *pull) happen()               { (*end)(p).pulled() }
func (p *pull) describe(ev *Event)    { (*end)(p).describe(ev) }
func (c *closing) happen()            { (*end)(c).closed() }
func (c *closing) describe(ev *Event) { (*end)(c).describe(ev) }

// data are the bytes that arrive next.
func (a *arrival) data() []byte {
	if a.inflight.len() == 0 {
		return nil
	}
	return a.stream.next(a.inflight.first().n)
}

func (a *arrival) describe(ev *Event) {
	(*end)(a).describe(ev)
	if a.inflight.len() == 0 { // it has happened
		return
	}
	switch a.inflight.first().kind {
	case packetOpened:
		ev.Kind = KindOpened
	case packetReset, packetCut:
		ev.Kind = KindReset
	}
}

// describe fills in what an observer is to know of an event on this side.
func (e *end) describe(ev *Event) {
	ev.Label = e.id.String()
	if e.out != nil {
		ev.Peer = e.out.to.name
	}
}

// begin counts the end among those of its node. The caller holds the world's mu.
func (e *end) begin() bool {
	e.begun = e.node.life.beginCloser(e)
	if e.begun {
		e.node.ends.add(e)
	}
	return e.begun
}

// event returns an event on this side, to be scheduled.
func (e *end) event(kind string, fn func()) *event {
	v := &endEvent{end: e, fn: fn}
	v.event = event{node: e.node, label: e.label ^ fnv(kind), kind: kind, what: v}
	return &v.event
}

// An endEvent is one that happens to a side of a connection once at most.
type endEvent struct {
	event event
	end   *end
	fn    func()
	knock bool // it is the arrival of a connection's first packet, and happens where that was to go
}

func (e *endEvent) happen() { e.fn() }

func (e *endEvent) describe(ev *Event) {
	if e.end.describe(ev); e.knock {
		ev.Peer = e.end.node.name
	}
}

func (e *end) hasEnded() bool {
	defer e.nw.lock().Unlock()
	return e.err != nil
}

func (e *end) Wake() {
	defer e.nw.lock().Unlock()
	e.wake()
}

// wake makes a Pull happen: behind the step that is under way, so that all that the step wants to write
// goes together, or in an event of its own when the node is paused or nothing is under way. The caller
// holds the world's mu.
func (e *end) wake() {
	if e.pulling || e.err != nil {
		return
	}
	e.pulling = true // if it is not open yet, the Pull comes once it is
	if !e.open {
		return
	}
	w := e.nw.w
	if w.performing != nil && e.node.halt == nil {
		w.pulls = append(w.pulls, e)
	} else {
		w.schedule(&e.pull, w.time())
	}
}

// pulled is the event of Pulls.
func (e *end) pulled() {
	defer e.nw.lock().Unlock()
	e.pullAll()
}

// pullAll Pulls: as often as that brings something, and once more. The caller holds the world's mu.
func (e *end) pullAll() {
	w := e.nw.w
	e.pulling = false
	for e.err == nil && !e.pulling {
		to := &e.peer.stream
		to.compact()
		w.mu.Unlock()
		data := e.sink.Pull(to.room())
		w.mu.Lock()
		if len(data) == 0 {
			return
		}
		e.write(data)
	}
}

// write sends bytes in pieces. The caller holds the world's mu.
func (e *end) write(data []byte) {
	for len(data) > 0 {
		n := len(data)
		switch {
		case e.out.drip:
			n = 1
		case n > 1 && e.dice.below(4) == 0:
			n = 1 + int(e.dice.below(uint64(n-1)))
		}
		if e.out.reset > 0 {
			n = min(n, e.out.reset)
		}
		e.send(packetBytes, data[:n])
		data = data[n:]
		if e.out.counts(n) {
			e.send(packetCut, nil)
			e.peer.deaf = true
			return
		}
	}
}

// send puts a packet on its way to the other side. The caller holds the world's mu.
func (e *end) send(k kind, data []byte) {
	w, to := e.nw.w, e.peer
	to.deaf = to.deaf || e.out.losing
	if k == packetBytes && w.observe != nil {
		w.tell(Event{Node: e.node.name, Kind: KindSend, Label: e.id.String(), Peer: to.node.name, Data: data})
	}
	if to.deaf {
		return
	}
	if to.err != nil {
		to.answer()
		return
	}
	leaves := w.time()
	if e.out.drip && to.inflight.len() > 0 {
		leaves = max(leaves, to.inflight.last().at)
	}
	to.stream.add(data)
	to.inflight.push(packet{kind: k, at: leaves + e.out.draw(&e.dice), n: len(data), from: w.trace.steps})
	if to.inflight.len() == 1 {
		to.expect()
	}
}

// answer tells the other side that there is nobody here, if it cannot know that yet. The caller holds
// the world's mu.
func (e *end) answer() {
	if e.node.dead.Load() && !e.node.machine.off && !e.answered {
		e.answered = true
		e.send(packetReset, nil)
	}
}

// expect makes the oldest packet arrive at its time, or now if the one before has kept it back. The
// caller holds the world's mu.
func (e *end) expect() {
	p := e.inflight.first()
	e.arrival.via = e.in
	e.nw.w.scheduleFrom(&e.arrival, p.at, p.from)
}

// arrive is the event of an arrival. It is called with the world's lock held, and lets go of it.
func (e *end) arrive() {
	w := e.nw.w
	p := e.inflight.pop()
	shown := e.stream.arrived(p.n)
	if e.inflight.len() > 0 {
		e.expect()
	}
	if e.err != nil {
		w.mu.Unlock()
		return
	}
	switch p.kind {
	case packetOpened:
		e.open = true
		if e.pulling {
			w.schedule(&e.pull, w.time())
		}
		w.mu.Unlock()
		e.disarm()
		e.sink.Opened(e)
	case packetBytes:
		w.mu.Unlock()
		e.stream.use(e.sink.Received(shown))
	case packetClosed:
		e.finish(io.EOF)
		w.mu.Unlock()
	case packetReset:
		e.abort(connReset())
		w.mu.Unlock()
	case packetCut:
		e.send(packetReset, nil)
		e.abort(connReset())
		w.mu.Unlock()
	}
}

func (e *end) Close() {
	defer e.nw.lock().Unlock()
	e.finish(net.ErrClosed)
}

// giveUp ends a connection that is not open yet.
func (e *end) giveUp(err error) {
	defer e.nw.lock().Unlock()
	if !e.open {
		e.finish(err)
	}
}

// finish ends this side for the given reason, and tells the other. The caller holds the world's mu.
func (e *end) finish(err error) {
	if e.err == nil && e.peer != nil && e.peer.err == nil {
		e.send(packetClosed, nil)
	}
	e.abort(err)
}

// abort ends this side and tells nobody. The caller holds the world's mu.
func (e *end) abort(err error) {
	if e.err != nil {
		return
	}
	e.err = err
	e.node.ends.remove(e)
	e.nw.w.schedule(&e.closing, e.nw.w.time())
}

func (e *end) closed() {
	if e.disarm != nil {
		e.disarm()
	}
	e.sink.Closed(e.err)
	if e.begun {
		e.node.life.endCloser(e)
	}
}
