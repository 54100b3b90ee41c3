package handler

import (
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"
)

// An end is one side of a connection in a plainNetwork. What it sends goes into the other side's
// inflight, in order, and comes out at its time.
type end struct {
	p      *plainNetwork
	node   *Node
	id     string // the same on both sides
	label  uint64
	local  netip.AddrPort
	sink   Sink
	rng    *rand.Rand  // of the direction out of this end
	disarm func() bool // forgets the context of the dialing; set by the one who dials

	// Guarded by the world's mu, except that sink is called without it, by events:
	peer     *end // nil until the other side has accepted
	open     bool // Opened has been called or is about to
	err      error
	begun    bool     // the node's life counts this end
	pulling  bool     // an event to Pull is under way
	inflight []packet // on their way here, oldest first
	shown    []byte   // arrived and not used up; touched by arrivals only
	scratch  []byte   // Pull's buffer; touched by pulls only
}

type packet struct {
	kind kind
	at   time.Duration
	data []byte
}

type kind uint8

const (
	packetOpened kind = iota // the other side has accepted
	packetBytes
	packetClosed // the other side has closed
)

// newEnd makes one side of the connection id. The caller holds the world's mu.
func newEnd(p *plainNetwork, n *Node, id, direction string) *end {
	return &end{p: p, node: n, id: id, label: fnv("conn", id, direction), rng: newStream(p.w.timing, "network", id, direction)}
}

func (e *end) begin() bool {
	e.begun = e.node.life.beginCloser(e)
	return e.begun
}

// event makes fn happen at t on this side. The caller holds the world's mu.
func (e *end) event(name string, t time.Duration, fn func()) {
	e.p.w.schedule(&event{node: e.node, label: e.label ^ fnv(name), what: eventFunc(fn)}, t)
}

// latency draws how long something takes from this end to the other.
func (e *end) latency() time.Duration {
	w := e.p.w
	return w.latencyMin + time.Duration(e.rng.Int64N(int64(max(w.latencyMax-w.latencyMin, 0))+1))
}

func (e *end) Wake() {
	e.p.w.mu.Lock()
	defer e.p.w.mu.Unlock()
	e.wake()
}

// wake makes a Pull happen, now but in an event of its own, so that what others want to write until
// then goes with it. The caller holds the world's mu.
func (e *end) wake() {
	if e.pulling || e.err != nil {
		return
	}
	e.pulling = true // if it is not open yet, the Pull comes once it is
	if e.open {
		e.event("pull", e.p.w.time(), e.pull)
	}
}

func (e *end) pull() {
	w := e.p.w
	w.mu.Lock()
	e.pulling = false
	ended := e.err != nil
	w.mu.Unlock()
	if ended {
		return
	}
	e.scratch = e.sink.Pull(e.scratch[:0])
	if len(e.scratch) == 0 {
		return
	}
	data := append([]byte(nil), e.scratch...)
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(data) > 0 {
		n := len(data)
		if n > 1 && e.rng.IntN(4) == 0 {
			n = 1 + e.rng.IntN(n-1)
		}
		e.send(packet{kind: packetBytes, data: data[:n:n]})
		data = data[n:]
	}
	e.wake()
}

// send puts a packet on its way to the other side. The caller holds the world's mu.
func (e *end) send(p packet) {
	to := e.peer
	p.at = e.p.w.time() + e.latency()
	to.inflight = append(to.inflight, p)
	if len(to.inflight) == 1 {
		to.expect()
	}
}

// expect makes the oldest packet arrive at its time, or now if the one before has kept it back. The
// caller holds the world's mu.
func (e *end) expect() {
	p := e.inflight[0]
	e.p.w.schedule(&event{node: e.node, label: e.label ^ fnv("arrival"), data: p.data, what: eventFunc(e.arrive)}, p.at)
}

func (e *end) arrive() {
	w := e.p.w
	w.mu.Lock()
	p := e.inflight[0]
	e.inflight = e.inflight[1:]
	if len(e.inflight) > 0 {
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
			e.event("pull", w.time(), e.pull)
		}
		w.mu.Unlock()
		e.disarm()
		e.sink.Opened(e)
	case packetBytes:
		w.mu.Unlock()
		e.shown = append(e.shown, p.data...)
		used := e.sink.Received(e.shown[:len(e.shown):len(e.shown)])
		e.shown = e.shown[:copy(e.shown, e.shown[used:])]
	case packetClosed:
		e.finish(io.EOF)
		w.mu.Unlock()
	}
}

func (e *end) Close() {
	e.p.w.mu.Lock()
	defer e.p.w.mu.Unlock()
	e.finish(net.ErrClosed)
}

// giveUp ends a connection that is not open yet.
func (e *end) giveUp(err error) {
	e.p.w.mu.Lock()
	defer e.p.w.mu.Unlock()
	if !e.open {
		e.finish(err)
	}
}

// finish ends this side for the given reason, and tells the other. The caller holds the world's mu.
func (e *end) finish(err error) {
	if e.err != nil {
		return
	}
	e.err = err
	if e.peer != nil && e.peer.err == nil {
		e.send(packet{kind: packetClosed})
	}
	e.event("closed", e.p.w.time(), func() {
		if e.disarm != nil {
			e.disarm()
		}
		e.sink.Closed(err)
		if e.begun {
			e.node.life.endCloser(e)
		}
	})
}
