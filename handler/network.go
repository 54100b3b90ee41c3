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

// A network carries bytes between the nodes of a world. Its methods may be called from any goroutine
// and call no Sink inline. Everything that happens in it is an event of the world.
type network interface {
	dial(from *Node, ctx context.Context, to Target, s Sink) Conn
	listen(on *Node, address string, accept func(netip.AddrPort, Conn) Sink) (stop func(), err error)
	resolve(host string) ([]netip.Addr, error)
}

// A plainNetwork has latency and cuts streams into chunks, but nothing ever fails in it.
type plainNetwork struct {
	w *world

	// Guarded by the world's mu:
	listeners map[netip.AddrPort]*listener
	lastPort  uint16
}

type listener struct {
	on     *Node
	accept func(netip.AddrPort, Conn) Sink
}

func newPlainNetwork(w *world) *plainNetwork {
	return &plainNetwork{w: w, listeners: make(map[netip.AddrPort]*listener), lastPort: 1023}
}

func (p *plainNetwork) resolve(host string) ([]netip.Addr, error) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if addr, ok := p.find(host); ok {
		return []netip.Addr{addr}, nil
	}
	return nil, &net.DNSError{Err: "no such node", Name: host, IsNotFound: true}
}

// find returns the address that host stands for. The caller holds the world's mu.
func (p *plainNetwork) find(host string) (netip.Addr, bool) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr, true
	}
	if n := p.w.nodes[host]; n != nil {
		return n.address, true
	}
	return netip.Addr{}, false
}

func (p *plainNetwork) listen(on *Node, address string, accept func(netip.AddrPort, Conn) Sink) (func(), error) {
	fail := func(err error) (func(), error) { return nil, &net.OpError{Op: "listen", Net: "tcp", Err: err} }
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return fail(err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return fail(fmt.Errorf("port %q: %w", portText, err))
	}
	if on.life.stopping.Load() {
		return fail(future.ErrStopped)
	}
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if addr, ok := p.find(host); host != "" && (!ok || addr != on.address) {
		return fail(os.NewSyscallError("bind", syscall.EADDRNOTAVAIL))
	}
	at := netip.AddrPortFrom(on.address, uint16(port))
	if p.listeners[at] != nil {
		return fail(os.NewSyscallError("bind", syscall.EADDRINUSE))
	}
	l := &listener{on, accept}
	p.listeners[at] = l
	return func() {
		p.w.mu.Lock()
		defer p.w.mu.Unlock()
		if p.listeners[at] == l {
			delete(p.listeners, at)
		}
	}, nil
}

func (p *plainNetwork) dial(from *Node, ctx context.Context, to Target, s Sink) Conn {
	w := p.w
	w.mu.Lock()
	from.dialed++
	c := newEnd(p, from, fmt.Sprintf("%s#%d", from.name, from.dialed), "out")
	c.sink = s
	p.lastPort = max(1024, p.lastPort+1)
	c.local = netip.AddrPortFrom(from.address, p.lastPort)
	w.mu.Unlock()
	c.disarm = w.arm(ctx, future.Func(func() { c.giveUp(ctx.Err()) }))
	if ctx.Err() != nil {
		c.giveUp(ctx.Err())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !c.begin() {
		c.finish(net.ErrClosed)
	} else {
		c.event("dial", w.time()+c.latency(), func() { p.connect(c, to) })
	}
	return c
}

// connect is the arrival of c's first packet at the other side.
func (p *plainNetwork) connect(c *end, to Target) {
	p.w.mu.Lock()
	if c.err != nil {
		p.w.mu.Unlock()
		return
	}
	l, remote, err := p.listenerAt(to)
	var s *end
	if err == nil {
		s = newEnd(p, l.on, c.id, "in")
		s.open = true
		s.local, s.peer = remote, c
		if !s.begin() {
			err = refused(to)
		}
	}
	if err != nil {
		c.event("refused", p.w.time()+c.latency(), func() { c.giveUp(err) })
		p.w.mu.Unlock()
		return
	}
	c.peer = s
	p.w.mu.Unlock()

	s.sink = l.accept(c.local, s)
	if s.sink == nil {
		s.sink = silent{}
		s.Close()
		return
	}
	s.sink.Opened(s)
	p.w.mu.Lock()
	s.send(packet{kind: packetOpened})
	p.w.mu.Unlock()
}

// listenerAt finds who answers at a target. The caller holds the world's mu.
func (p *plainNetwork) listenerAt(to Target) (*listener, netip.AddrPort, error) {
	host, portText, err := net.SplitHostPort(to.Address)
	if err != nil {
		return nil, netip.AddrPort{}, &net.OpError{Op: "dial", Net: "tcp", Err: err}
	}
	addr, ok := p.find(host)
	if !ok {
		return nil, netip.AddrPort{}, &net.OpError{Op: "dial", Net: "tcp",
			Err: &net.DNSError{Err: "no such node", Name: host, IsNotFound: true}}
	}
	port, _ := strconv.ParseUint(portText, 10, 16)
	at := netip.AddrPortFrom(addr, uint16(port))
	if l := p.listeners[at]; l != nil && !l.on.life.stopping.Load() {
		return l, at, nil
	}
	return nil, at, refused(to)
}

func refused(to Target) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("%s: %w", to.Address, os.NewSyscallError("connect", syscall.ECONNREFUSED))}
}

// silent is the Sink of a connection that was accepted and not wanted.
type silent struct{}

func (silent) Opened(Conn)            {}
func (silent) Pull(buf []byte) []byte { return buf }
func (silent) Received(b []byte) int  { return len(b) }
func (silent) Closed(error)           {}
