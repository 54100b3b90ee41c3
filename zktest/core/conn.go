package core

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// connState is where a connection is:
//
//	          ConnectRequest              session made or renewed
//	fresh ----------------------> joining ------------------------> open
//	  |                              |                                |
//	  | four-letter word,            | refused                        | closeSession, -6, auth failed,
//	  | bad frame, no session in     |                                | bad frame, session expired or renewed
//	  | time, too many               v                                | elsewhere, too much unread output
//	  +-------------------------> closing <---------------------------+
//	                                 |
//	(any) --------- Closed ----------+----> closed
//
// A closing connection takes no input and answers nothing more; what it has to say is still pulled.
type connState uint8

const (
	connFresh connState = iota
	connJoining
	connOpen
	connClosing
	connClosed
)

var connStates = [...]string{"fresh", "joining", "open", "closing", "closed"}

func (s connState) String() string { return connStates[s] }

// Conn is one connection of a client. It is made by Front.Open.
type Conn struct {
	// Tag is for the driver.
	Tag any

	front  *Front
	id     uint64 // counts the connections of a front from 1
	remote netip.AddrPort
	state  connState
	why    string // closing

	session int64
	timeout int32 // ms
	isLocal bool  // a session of a read-only server
	ids     []data.Id
	login   saslLogin
	watches []*watch
	stamp   uint64 // of the last event, see watchTable.fire

	queue     []waiting // requests in order; those before head are answered
	head      int
	advancing bool
	left      bool // input was left because the connection could not take it

	out       wire.Encoder
	held      int       // bytes of out that may be pulled while holdUntil is set
	holdUntil time.Time // zero: nothing is held

	slot  int  // in front.conns, -1 outside
	awake bool // in front.woken
	rng   *rand.Rand

	opened         time.Time
	received, sent uint64
	lastOp         wire.Op
	lastXid        int32
	lastZxid       int64
}

// Open is a connection being accepted.
func (f *Front) Open(now time.Time, remote netip.AddrPort) *Conn {
	f.lastConn++
	remote = netip.AddrPortFrom(remote.Addr().Unmap().WithZone(""), remote.Port())
	c := &Conn{front: f, id: f.lastConn, remote: remote, slot: len(f.conns), opened: now}
	f.conns = append(f.conns, c)
	addr := remote.Addr()
	f.perAddr[addr]++
	if addr.IsValid() {
		c.ids = []data.Id{{Scheme: schemeIP, Id: addr.String()}}
	}
	if limit := f.cfg.MaxConnsPerAddr; limit > 0 && f.perAddr[addr] > limit {
		c.cut("too many connections from one address")
		return c
	}
	f.after(now.Add(f.cfg.HandshakeTimeout), c)
	return c
}

// Received takes input from the client, in whole frames, and says how much of it. The rest is to be shown again: with
// more behind it, or as it is once the connection is in Woken. b is not kept.
func (c *Conn) Received(now time.Time, b []byte) (used int) {
	c.front.now = now
	c.left = false
	for used < len(b) && c.state < connClosing {
		if !c.takes() {
			c.left = true
			return used
		}
		n := c.take(now, b[used:])
		if n == 0 {
			return used
		}
		used += n
	}
	if c.state >= connClosing {
		return len(b)
	}
	return used
}

// Stalled reports whether Received left whole frames because it cannot take them now. The connection is in Woken when it can.
func (c *Conn) Stalled() bool { return c.left }

// takes reports whether the connection takes input. Not while a handshake is in flight, while too many requests wait, or
// while the client does not read.
func (c *Conn) takes() bool {
	cfg := &c.front.cfg
	return c.state != connJoining && len(c.queue)-c.head < cfg.MaxOutstanding && len(c.out.B) <= cfg.MaxOutput/4
}

// take takes one frame or four-letter word and returns its length; 0 if it is not complete.
func (c *Conn) take(now time.Time, b []byte) int {
	if c.state == connFresh && len(b) >= 4 {
		if word := string(b[:4]); fourLetterWords[word] != nil {
			c.fourLetter(now, word)
			return 4
		}
	}
	if len(b) >= 4 && binary.BigEndian.Uint32(b) == 0 {
		c.cut("empty frame")
		return 4
	}
	frame, n, err := wire.Split(b, c.front.cfg.MaxFrame)
	switch {
	case err != nil:
		c.cut(err.Error())
	case n == 0:
	case c.state == connFresh:
		c.handshake(now, frame)
	default:
		c.frame(now, frame)
	}
	return n
}

// Pull appends to buf what is to be written to the client.
func (c *Conn) Pull(buf []byte) []byte {
	n := len(c.out.B)
	if !c.holdUntil.IsZero() {
		n = c.held
	}
	buf = append(buf, c.out.B[:n]...)
	if n == len(c.out.B) {
		if cap(c.out.B) > keptOutput {
			c.out.B = nil
		}
		c.out.Reset()
	} else {
		c.out.B = append(c.out.B[:0], c.out.B[n:]...)
	}
	c.held = 0
	c.offer()
	return buf
}

// keptOutput is the largest output buffer that an idle connection keeps.
const keptOutput = 64 << 10

// Pending is the number of bytes that Pull would append.
func (c *Conn) Pending() int {
	if !c.holdUntil.IsZero() {
		return c.held
	}
	return len(c.out.B)
}

// offer wakes the driver if it has input that can be taken by now.
func (c *Conn) offer() {
	if c.left && c.takes() {
		c.left = false
		c.front.wake(c)
	}
}

// Closing reports whether the connection is to be closed as soon as everything is pulled and written.
func (c *Conn) Closing() bool { return c.state == connClosing && c.holdUntil.IsZero() }

// Why says in words why the connection is closing, for logs.
func (c *Conn) Why() string { return c.why }

// Closed says that the connection is closed, whoever began. The session lives on.
func (c *Conn) Closed(time.Time) {
	c.detach()
	c.state = connClosed
	c.out.B, c.queue = nil, nil
}

// cut makes the connection closing.
func (c *Conn) cut(why string) {
	if c.state >= connClosing {
		return
	}
	c.detach()
	c.state, c.why = connClosing, why
	c.front.wake(c)
}

// detach takes the connection out of everything that the front knows it by.
func (c *Conn) detach() {
	f := c.front
	if c.slot < 0 {
		return
	}
	last := f.conns[len(f.conns)-1]
	f.conns[c.slot], last.slot = last, c.slot
	f.conns[len(f.conns)-1] = nil
	f.conns = f.conns[:len(f.conns)-1]
	c.slot = -1
	if addr := c.remote.Addr(); f.perAddr[addr] > 1 {
		f.perAddr[addr]--
	} else {
		delete(f.perAddr, addr)
	}
	if f.sessions[c.session] == c {
		delete(f.sessions, c.session)
	}
	c.dropWatches()
	c.queue, c.head, c.left = nil, 0, false
}

// due is called when a timer of the connection ends.
func (c *Conn) due(now time.Time) {
	f := c.front
	if !c.holdUntil.IsZero() && !now.Before(c.holdUntil) {
		c.holdUntil = time.Time{}
		f.wake(c)
	}
	if c.state < connOpen && !now.Before(c.opened.Add(f.cfg.HandshakeTimeout)) && len(c.queue) == 0 {
		c.cut("no session in time")
	}
	c.advance(now)
}

// Remote is the address of the client.
func (c *Conn) Remote() netip.AddrPort { return c.remote }

// Session is the session of the connection, 0 before there is one.
func (c *Conn) Session() int64 { return c.session }

// ID counts the connections of a server from 1.
func (c *Conn) ID() uint64 { return c.id }

func (c *Conn) rand() *rand.Rand {
	if c.rng == nil {
		c.rng = stream(c.front.cfg.Seed, mix(c.id))
	}
	return c.rng
}
