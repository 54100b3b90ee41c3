package handler

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"

	"github.com/gazoo-go/gazoo/future"
)

func (nw *Network) dial(from *Node, ctx context.Context, to Target, s Sink) Conn {
	w := nw.w
	w.mu.Lock()
	from.dialed++
	c := newEnd(nw, from, nil, connID{from, from.dialed})
	c.sink = s
	nw.lastPort = max(1024, nw.lastPort+1)
	c.local = netip.AddrPortFrom(from.address, nw.lastPort)
	w.mu.Unlock()
	c.disarm = nothingToStop
	if ctx.Done() != nil {
		c.disarm = w.arm(ctx, from, future.Func(func() { c.giveUp(ctx.Err()) }))
		if ctx.Err() != nil {
			c.giveUp(ctx.Err())
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !c.begin() {
		c.finish(net.ErrClosed)
	} else {
		nw.knock(c, to)
	}
	return c
}

// knock sends c's first packet. Whoever hears it answers in one event; a paused node's kernel does, too.
// The caller holds the world's mu.
func (nw *Network) knock(c *end, to Target) {
	w := nw.w
	at, err := nw.target(to)
	m := nw.machines[at.Addr()]
	if err == nil && m == nil {
		err = refused(to)
	}
	if err != nil {
		w.schedule(c.event(KindRefused, func() { c.giveUp(err) }), w.time()+2*nw.latency.draw(&c.dice))
		return
	}
	c.out, c.in = nw.link(c.node.machine, m), nw.link(m, c.node.machine)
	if c.out.losing {
		return
	}
	e := c.event(KindDial, func() { nw.connect(c, at, to) })
	e.node, e.kernel, e.via = m.node, true, c.out
	e.what.(*endEvent).knock = true
	w.schedule(e, w.time()+c.out.draw(&c.dice))
}

// target returns the address that is meant. The caller holds the world's mu.
func (nw *Network) target(to Target) (netip.AddrPort, error) {
	host, portText, err := net.SplitHostPort(to.Address)
	if err != nil {
		return netip.AddrPort{}, &net.OpError{Op: "dial", Net: "tcp", Err: err}
	}
	addr, ok := nw.find(host)
	if !ok {
		return netip.AddrPort{}, &net.OpError{Op: "dial", Net: "tcp",
			Err: &net.DNSError{Err: "no such node", Name: host, IsNotFound: true}}
	}
	port, _ := strconv.ParseUint(portText, 10, 16)
	return netip.AddrPortFrom(addr, uint16(port)), nil
}

func refused(to Target) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("%s: %w", to.Address, os.NewSyscallError("connect", syscall.ECONNREFUSED))}
}

// connect is the arrival of c's first packet at the other side.
func (nw *Network) connect(c *end, at netip.AddrPort, to Target) {
	w := nw.w
	w.mu.Lock()
	m := c.out.to
	if c.err != nil || m.off {
		w.mu.Unlock()
		return
	}
	var s *end
	l := nw.listeners[at]
	if l != nil && !l.on.life.stopping.Load() && !m.refuses {
		s = newEnd(nw, l.on, c, c.id)
		s.open, s.local, s.out, s.in = true, at, c.in, c.out
		if !s.begin() {
			s = nil
		}
	}
	if s == nil {
		if !c.in.losing {
			e := c.event(KindRefused, func() { c.giveUp(refused(to)) })
			e.via = c.in
			w.schedule(e, w.time()+c.in.draw(&c.dice))
		}
		w.mu.Unlock()
		return
	}
	c.peer = s
	s.send(packetOpened, nil)
	if s.node.halt != nil {
		e := s.event(KindAccept, func() { s.accept(l) })
		e.input = true
		w.schedule(e, w.time())
		w.mu.Unlock()
		return
	}
	w.mu.Unlock()
	s.accept(l)
}

// accept lets the listener take the connection that the kernel has made.
func (e *end) accept(l *listener) {
	if e.hasEnded() {
		return
	}
	sink := l.accept(e.peer.local, e)
	if sink == nil {
		e.Close()
		return
	}
	e.sink = sink
	sink.Opened(e)
}

// silent is the Sink of a connection that was accepted and not wanted.
type silent struct{}

func (silent) Opened(Conn)            {}
func (silent) Pull(buf []byte) []byte { return buf }
func (silent) Received(b []byte) int  { return len(b) }
func (silent) Closed(error)           {}
