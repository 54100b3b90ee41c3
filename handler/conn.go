package handler

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"runtime"
	"sync"
	"time"
)

// NewConn runs an established connection, for servers: it is the engine behind [System.Dial]. sink's
// Opened, like everything that follows, is called from the connection's own goroutines, and nc belongs
// to the connection from now on. It ends when Close is called or the peer ends it.
func NewConn(nc net.Conn, sink Sink) Conn {
	unblock(nc)
	c := newConn(sink)
	go c.serve(nc)
	return c
}

// A conn drives a net.Conn with two goroutines: the reader, which was the dialer before and delivers
// Opened and Closed, and the writer, which lives between the two.
type conn struct {
	sink   Sink
	wake   chan struct{}      // capacity 1: calls of Wake merge
	done   chan struct{}      // closed when err is set
	cancel context.CancelFunc // ends dialing; nil when nobody dials
	left   func()             // called when Closed has returned; may be nil

	mu     sync.Mutex // guards what follows
	nc     net.Conn   // nil until it is open
	failed error      // what a write failed with; the reader still looks for what the peer has said
	err    error      // why the connection ends; the first reason stays
}

func newConn(sink Sink) *conn {
	return &conn{sink: sink, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

func (c *conn) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *conn) Close() { c.end(net.ErrClosed) }

// end makes both goroutines leave. The first reason is the one that Closed reports.
func (c *conn) end(err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	close(c.done)
	nc := c.nc
	c.mu.Unlock()
	if c.cancel != nil {
		c.cancel()
	}
	if nc != nil {
		interrupt(nc)
	}
}

// interrupt makes pending reads and writes return, without blocking. Closing a TLS connection writes
// to it and so may block: there the reader closes, once a deadline that has passed has let it go.
func interrupt(nc net.Conn) {
	if _, ok := nc.(*tls.Conn); ok && nc.SetDeadline(time.Unix(1, 0)) == nil {
		return
	}
	nc.Close()
}

// open makes nc the connection, unless it has ended while it was being made.
func (c *conn) open(nc net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return false
	}
	c.nc = nc
	return true
}

// serve runs the connection to its end, as the reader. nc is nil when there is none.
func (c *conn) serve(nc net.Conn) {
	if nc != nil && c.open(nc) {
		c.sink.Opened(c)
		written := make(chan struct{})
		go func() {
			defer close(written)
			c.write(nc)
		}()
		c.end(c.reason(c.read(nc)))
		<-written
	}
	c.sink.Closed(c.err) // set by now, and final
	if nc != nil {
		nc.Close() // TLS takes leave of the peer, for up to 5 s if that takes nothing: so after Closed
	}
	if c.left != nil {
		c.left()
	}
}

// read shows the sink what arrives, until the connection fails.
func (c *conn) read(nc net.Conn) error {
	var in inbox
	from := newIntake(nc, c.sink)
	for {
		n, err := from.read(in.space())
		if n > 0 {
			in.add(n)
			in.use(c.sink.Received(in.bytes()))
		}
		if err != nil {
			return err
		}
		from.pause(n)
	}
}

// unwritable ends a connection that cannot be written to. A peer that has closed it may have said why, and answered
// what came before: that is there to be read, or never will be.
func (c *conn) unwritable(nc net.Conn, err error) {
	c.mu.Lock()
	ended := c.err != nil // then the deadline is one that makes everything return
	if !ended {
		c.failed = err
		ended = nc.SetReadDeadline(time.Now().Add(lastWords)) == nil
	}
	c.mu.Unlock()
	if !ended {
		c.end(err)
	}
}

// reason is why the connection ends, when reading from it has failed with err.
func (c *conn) reason(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		return c.failed
	}
	return err
}

const (
	keepWrite = 64 << 10    // a write buffer larger than this is given back when calmAfter writes in a row have not filled it
	lastWords = time.Second // is for what has arrived when a write fails
)

// write writes what the sink wants written, whenever it wakes the connection.
func (c *conn) write(nc net.Conn) {
	var buf []byte
	calm := 0 // small writes in a row
	for {
		select {
		case <-c.wake:
		case <-c.done:
			return
		}
		for {
			// Whoever woke the connection is seldom alone. Letting the others run first turns many
			// small writes into one; it is the difference of a factor with hundreds of goroutines.
			runtime.Gosched()
			buf = c.sink.Pull(buf[:0])
			if len(buf) == 0 {
				break
			}
			if _, err := nc.Write(buf); err != nil {
				c.unwritable(nc, err)
				return
			}
			if cap(buf) <= keepWrite || len(buf) >= cap(buf)/4 {
				calm = 0
			} else if calm++; calm == calmAfter {
				buf, calm = nil, 0
			}
		}
	}
}
