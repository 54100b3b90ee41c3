package serve

import (
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"github.com/gazoo-go/gazoo/zktest/core"
)

// conn runs one connection.
//
//	the reader ends:  the client hung up, or end was called
//	the writer ends:  it has written the last of a closing connection, writing failed, or end was called
//
// Whichever ends first makes the other end; the second of them tells the core.
type conn struct {
	server *host
	nc     net.Conn
	core   *core.Conn // guarded by the group's mutex; nil while the server is paused that has not seen the connection yet

	output chan struct{} // capacity 1: there may be output
	input  chan struct{} // capacity 1: input that was left may be taken now
	ended  chan struct{}
	once   sync.Once // of closing ended

	left int // goroutines that have ended, guarded by the group's mutex
}

func newConn(s *host, nc net.Conn) *conn {
	return &conn{
		server: s, nc: nc,
		output: make(chan struct{}, 1), input: make(chan struct{}, 1), ended: make(chan struct{}),
	}
}

// open shows the connection to the server.
func (c *conn) open(now time.Time) {
	c.core = c.server.machine.Open(now, addrPort(c.nc.RemoteAddr()))
	c.core.Tag = c
	if name, ok := subject(c.nc); ok {
		c.core.Certified(name)
	}
}

// wake never blocks.
func (c *conn) wake() {
	for _, ch := range [...]chan struct{}{c.output, c.input} {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// end makes both goroutines leave, without waiting for them.
func (c *conn) end() {
	c.once.Do(func() {
		close(c.ended)
		c.nc.Close()
	})
}

// gone is what each goroutine does last.
func (c *conn) gone() {
	c.end()
	s := c.server
	s.g.mu.Lock()
	if c.left++; c.left == 2 {
		s.awake()
		delete(s.conns, c)
		if c.core != nil {
			c.core.Closed(s.g.now())
			s.settle()
		}
	}
	s.g.mu.Unlock()
	s.running.Done()
}

const readSize = 16 << 10

// read shows the server what arrives. The buffer grows with what has come, never with what a frame announces.
func (c *conn) read() {
	defer c.gone()
	buf := make([]byte, readSize)
	n := 0 // bytes in buf
	for {
		if n == len(buf) {
			buf = append(buf, make([]byte, len(buf))...)
		}
		m, err := c.nc.Read(buf[n:])
		n += m
		for m > 0 {
			used, stalled := c.received(buf[:n])
			n = copy(buf, buf[used:n])
			if !stalled {
				break
			}
			select {
			case <-c.input:
			case <-c.ended:
				return
			}
		}
		if err != nil {
			return
		}
		if n == 0 && len(buf) > readSize {
			buf = make([]byte, readSize)
		}
	}
}

func (c *conn) received(b []byte) (used int, stalled bool) {
	s := c.server
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	if !s.awake() {
		return len(b), false
	}
	used = c.core.Received(s.g.now(), b)
	stalled = c.core.Stalled()
	s.settle()
	return used, stalled
}

// lingers is how long a client may take to notice that the server has closed the connection. Closing at once could
// destroy the last reply, if there is input that nobody has read.
const lingers = time.Second

// write writes what the server has to say, whenever it has something.
func (c *conn) write() {
	defer c.gone()
	var buf []byte
	for {
		select {
		case <-c.output:
		case <-c.ended:
			return
		}
		for {
			runtime.Gosched() // many small writes become one
			last := false
			buf, last = c.pull(buf[:0])
			if len(buf) > 0 {
				if _, err := c.nc.Write(buf); err != nil {
					return
				}
				continue
			}
			if last {
				c.linger()
				return
			}
			break
		}
		if cap(buf) > readSize {
			buf = nil
		}
	}
}

// pull returns what is to be written; last if there is nothing and will be nothing.
func (c *conn) pull(buf []byte) (out []byte, last bool) {
	s := c.server
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	if !s.awake() {
		return buf, false
	}
	buf = c.core.Pull(buf)
	s.settle()
	return buf, c.core.Closing() && c.core.Pending() == 0
}

// linger says that nothing more will come and gives the client a moment to read it and hang up.
func (c *conn) linger() {
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.nc.SetReadDeadline(time.Now().Add(lingers)) != nil {
		return
	}
	<-c.ended // the reader takes and forgets what comes, and ends by the deadline at the latest
}

// addrPort is the address that the server sees. A connection that has none is on the loopback network.
func addrPort(a net.Addr) netip.AddrPort {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort()
	}
	if p, err := netip.ParseAddrPort(a.String()); err == nil {
		return p
	}
	return serverAddr
}
