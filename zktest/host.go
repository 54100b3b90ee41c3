package zktest

import (
	"net/netip"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/internal/serve"
)

// A host runs a machine on a node of a deterministic world. It has no lock: it belongs to whoever drives
// the world.
//
// Every call into the machine is followed by settle. The machine goes by the node's monotonic clock, as ZooKeeper goes
// by elapsed time: who sets the wall clock of a server disturbs nobody.
type host struct {
	node   *handler.Node
	m      serve.Machine
	after  func()      // what settle has to do besides; nil: nothing
	silent func() bool // new connections are accepted and never answered; nil: never

	woken []*core.Conn
	timer *handler.Alarm // made when it is first needed
	due   time.Time      // when it goes off; zero: it is off
}

// listen makes the machine answer at an address of the node.
func (h *host) listen(address string) (stop func(), err error) {
	return h.node.Listen(address, h.accept)
}

func (h *host) accept(remote netip.AddrPort, c handler.Conn) handler.Sink {
	if h.silent != nil && h.silent() {
		return mute{}
	}
	w := &hostConn{h: h, conn: c, core: h.m.Open(h.node.Now(), remote)}
	w.core.Tag = w
	h.settle()
	return w
}

// settle wakes connections and sets the timer.
func (h *host) settle() {
	h.wake()
	if h.after != nil {
		h.after()
	}
	at, ok := h.m.NextDeadline()
	switch {
	case ok && !h.due.IsZero() && !at.Before(h.due):
		// Too early does no harm, and most deadlines only move away.
	case ok:
		if h.timer == nil {
			h.timer = handler.NewAlarm(h.node, h)
		}
		h.due = at
		h.timer.Set(at.Sub(h.node.Now()))
	case !h.due.IsZero():
		h.due = time.Time{}
		h.timer.Stop()
	}
}

// wake wakes connections.
func (h *host) wake() {
	h.woken = h.m.Woken(h.woken[:0])
	for _, c := range h.woken {
		w := c.Tag.(*hostConn)
		w.conn.Wake()
		w.retry()
	}
}

// Run is the timer.
func (h *host) Run() {
	h.due = time.Time{}
	h.m.Tick(h.node.Now())
	h.settle()
}

// A hostConn is one connection: what the network tells goes to the core, and back.
type hostConn struct {
	h    *host
	conn handler.Conn
	core *core.Conn
	held []byte // arrived, but the core did not want more input then
}

func (w *hostConn) Opened(handler.Conn) {}

// retry offers the core what it did not want before.
func (w *hostConn) retry() {
	if held := w.held; len(held) > 0 && !w.core.Stalled() {
		w.held = held[w.core.Received(w.h.node.Now(), held):]
		w.h.settle()
	}
}

func (w *hostConn) Pull(buf []byte) []byte {
	before := len(buf)
	buf = w.core.Pull(buf)
	if len(buf) > before {
		w.h.wake() // of the machine's, only connections may have changed
	} else if w.core.Closing() {
		w.conn.Close()
	}
	return buf
}

func (w *hostConn) Received(b []byte) (used int) {
	if len(w.held) > 0 {
		w.held = append(w.held, b...)
		w.retry()
		return len(b)
	}
	used = w.core.Received(w.h.node.Now(), b)
	if w.core.Stalled() {
		w.held = append(w.held[:0:0], b[used:]...)
		used = len(b)
	}
	w.h.settle()
	return used
}

func (w *hostConn) Closed(error) {
	w.core.Closed(w.h.node.Now())
	w.h.settle()
}

// mute is a connection that was accepted and will never be answered.
type mute struct{}

func (mute) Opened(handler.Conn)    {}
func (mute) Pull(buf []byte) []byte { return buf }
func (mute) Received(b []byte) int  { return len(b) }
func (mute) Closed(error)           {}
