package proxy

import (
	"io"
	"net"
	"sync"
	"time"
)

const (
	dialTimeout = 5 * time.Second
	finTimeout  = time.Second // how long a Fin waits for the ends to close before it closes them
)

// A link is one relayed connection: the socket we accepted, the one we dialed, and a pump each way.
type link struct {
	proxy  *Proxy
	number uint64 // see Newest
	from   *net.TCPConn
	stop   chan struct{} // closed by the first end: pumps relay nothing from then on

	mu     sync.Mutex // guards what follows; end may come while the dial is under way
	to     *net.TCPConn
	ending Ending // valid once stop is closed
}

func newLink(p *Proxy, from *net.TCPConn) *link {
	return &link{proxy: p, number: accepted.Add(1), from: from, stop: make(chan struct{})}
}

// run relays until both directions have ended, and closes both sockets.
func (l *link) run() {
	defer l.close()
	if !l.dial() {
		return
	}
	var down sync.WaitGroup
	down.Go(func() { l.pump(l.from, l.to, &l.proxy.gates[Down], nil) })
	l.pump(l.to, l.from, &l.proxy.gates[Up], l.proxy.config.Rewrite)
	down.Wait()
}

// dial connects to the target, but not through a shut gate: a peer behind a partition must not see us come.
func (l *link) dial() bool {
	if !l.proxy.gates[Up].pass(l.stop) {
		return false
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(l.proxy.ctx, "tcp", l.proxy.config.Target)
	if err != nil {
		l.end(Reset)
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = conn.(*net.TCPConn)
	select {
	case <-l.stop:
		finish(l.to, l.ending)
	default:
	}
	return true
}

// pump copies src to dst until src ends or the link does. It asks the gate after each read: what was read while the
// gate was open may pass, and what is held, be it bytes or the end, goes out when it opens again.
func (l *link) pump(dst, src *net.TCPConn, g *gate, rewrite func([]byte) []byte) {
	buf := make([]byte, 32<<10)
	for {
		n, err := src.Read(buf)
		if !g.pass(l.stop) {
			break
		}
		b := buf[:n]
		if n > 0 && rewrite != nil {
			b, rewrite = rewrite(b), nil
		}
		if len(b) > 0 {
			if _, werr := dst.Write(b); werr != nil {
				l.end(Reset) // the far end is gone without a goodbye: so are we
			}
		}
		if err == io.EOF {
			_ = dst.CloseWrite() // the other direction may go on
			return
		}
		if err != nil {
			l.end(Reset)
		}
		if l.ended() {
			break
		}
	}
	_, _ = io.Copy(io.Discard, src) // after Fin: until the end closes or the deadline passes
}

// source is the address that the target sees, "" before there is one.
func (l *link) source() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.to == nil {
		return ""
	}
	return l.to.LocalAddr().String()
}

func (l *link) ended() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

// end ends the link. Only the first call counts, but for a Reset after a Fin: that one stops waiting for the ends.
func (l *link) end(how Ending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !l.ended():
		close(l.stop)
	case l.ending == Reset || how == Fin:
		return
	}
	l.ending = how
	finish(l.from, how)
	if l.to != nil {
		finish(l.to, how)
	}
}

func finish(c *net.TCPConn, how Ending) {
	switch how {
	case Reset:
		_ = c.SetLinger(0) // makes Close send RST
		_ = c.Close()
	case Fin:
		_ = c.CloseWrite()
		_ = c.SetDeadline(time.Now().Add(finTimeout))
	}
}

func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.from.Close()
	if l.to != nil {
		_ = l.to.Close()
	}
}
