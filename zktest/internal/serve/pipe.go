package serve

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// pipeSize is how many bytes one direction of a pipe holds before writing blocks.
const pipeSize = 256 << 10

var serverAddr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 2181)

// loopback is the address of the nth client.
func loopback(n uint16) netip.AddrPort { return netip.AddrPortFrom(serverAddr.Addr(), n) }

// NewPipe returns the two ends of a connection in memory, with a buffer in each direction. It behaves as a TCP connection
// does: what was written before Close can still be read, then comes io.EOF; writing to an end that is closed fails with
// io.ErrClosedPipe, using a closed end with net.ErrClosed, and a deadline that has passed with os.ErrDeadlineExceeded.
func NewPipe(a, b netip.AddrPort) (*Pipe, *Pipe) {
	there, back := newStream(), newStream()
	return &Pipe{in: back, out: there, local: a, remote: b}, &Pipe{in: there, out: back, local: b, remote: a}
}

// Pipe is one end of a connection in memory.
type Pipe struct {
	in, out       *stream
	local, remote netip.AddrPort
}

var _ net.Conn = (*Pipe)(nil)

func (p *Pipe) Read(b []byte) (int, error) { return p.in.read(b) }

func (p *Pipe) Write(b []byte) (int, error) { return p.out.write(b) }

// CloseWrite makes the other end read EOF, after what was written, and leaves this end readable.
func (p *Pipe) CloseWrite() error {
	p.out.change(func(s *stream) { s.finished = true })
	return nil
}

// Close may be called more than once.
func (p *Pipe) Close() error {
	p.out.change(func(s *stream) { s.finished = true })
	p.in.change(func(s *stream) { s.abandoned, s.buf = true, nil })
	return nil
}

// LocalAddr is an invented address of this end.
func (p *Pipe) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(p.local) }

// RemoteAddr is an invented address of the other end.
func (p *Pipe) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(p.remote) }

// SetReadDeadline makes a Read that waits at t fail with os.ErrDeadlineExceeded. The zero time is never.
func (p *Pipe) SetReadDeadline(t time.Time) error { p.in.reading.set(p.in, t); return nil }

// SetWriteDeadline does so for a Write.
func (p *Pipe) SetWriteDeadline(t time.Time) error { p.out.writing.set(p.out, t); return nil }

// SetDeadline sets both deadlines.
func (p *Pipe) SetDeadline(t time.Time) error {
	p.in.reading.set(p.in, t)
	p.out.writing.set(p.out, t)
	return nil
}

// stream is one direction. Waiting is on cond, which a synctest bubble counts as blocked.
type stream struct {
	mu        sync.Mutex // guards what follows
	cond      *sync.Cond // something changed
	buf       []byte
	finished  bool // the writer has closed
	abandoned bool // the reader has closed
	reading   deadline
	writing   deadline
}

func newStream() *stream {
	s := new(stream)
	s.cond = sync.NewCond(&s.mu)
	return s
}

func (s *stream) change(f func(*stream)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
	s.cond.Broadcast()
}

func (s *stream) read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.abandoned:
			return 0, net.ErrClosed
		case s.reading.passed():
			return 0, os.ErrDeadlineExceeded
		case len(b) == 0:
			return 0, nil
		case len(s.buf) > 0:
			n := copy(b, s.buf)
			s.buf = s.buf[:copy(s.buf, s.buf[n:])]
			s.cond.Broadcast()
			return n, nil
		case s.finished:
			return 0, io.EOF
		}
		s.cond.Wait()
	}
}

func (s *stream) write(b []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.finished:
			return n, net.ErrClosed
		case s.abandoned:
			return n, io.ErrClosedPipe
		case s.writing.passed():
			return n, os.ErrDeadlineExceeded
		}
		if room := min(pipeSize-len(s.buf), len(b)-n); room > 0 {
			s.buf = append(s.buf, b[n:n+room]...)
			n += room
			s.cond.Broadcast()
		}
		if n == len(b) {
			return n, nil
		}
		s.cond.Wait()
	}
}

// deadline is guarded by the mutex of its stream. The clock decides whether it has passed; the timer only wakes who waits.
type deadline struct {
	at    time.Time // zero for none
	timer *time.Timer
}

func (d *deadline) passed() bool { return !d.at.IsZero() && time.Until(d.at) <= 0 }

func (d *deadline) set(s *stream, t time.Time) {
	s.change(func(*stream) {
		if d.timer != nil {
			d.timer.Stop()
			d.timer = nil
		}
		d.at = t
		if wait := time.Until(t); !t.IsZero() && wait > 0 {
			d.timer = time.AfterFunc(wait, func() { s.change(func(*stream) {}) })
		}
	})
}
