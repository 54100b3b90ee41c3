package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// An Ask is one four-letter word on its way, on a connection of its own:
//
//	dial ─▶ Opened ─▶ Pull: the word ─▶ Received: the answer ─▶ Closed
//
// The server closes the connection behind the answer. All ends, with the first reason, in one call of done,
// inline: it must not block or run user code.
type Ask struct {
	word string
	max  int
	done func(reply string, err error)

	mu     sync.Mutex         // guards what follows
	cancel context.CancelFunc // ends the dialing
	conn   handler.Conn       // nil until dialing has begun
	asked  bool
	over   bool
	reply  []byte
}

// NewAsk returns a question. The answer may have max bytes.
func NewAsk(word string, max int, done func(reply string, err error)) *Ask {
	return &Ask{word: word, max: max, done: done}
}

// Ask has the question asked of a server: the one at addr, whose certificate is that of host (host:port).
func (d *Driver) Ask(a *Ask, host, addr string) {
	ctx, cancel := context.WithCancel(context.Background())
	a.mu.Lock()
	a.cancel = cancel
	a.mu.Unlock()
	conn := d.opt.Handler.Dial(ctx, d.target(host, addr), a)
	a.mu.Lock()
	a.conn = conn
	over := a.over
	a.mu.Unlock()
	if over {
		conn.Close()
		cancel()
	}
}

// Server returns the address of the server that is connected, and the host it stands for in the configuration. They
// are empty if none is.
func (d *Driver) Server() (host, addr string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.m.state.Up() {
		return "", ""
	}
	return d.host, d.m.addr
}

// End gives the question up, if it is not over.
func (a *Ask) End(err error) { a.end("", err) }

func (a *Ask) end(reply string, err error) {
	a.mu.Lock()
	if a.over {
		a.mu.Unlock()
		return
	}
	a.over, a.reply = true, nil
	conn, cancel := a.conn, a.cancel
	a.mu.Unlock()
	if conn != nil {
		conn.Close()
	}
	if cancel != nil {
		cancel()
	}
	a.done(reply, err)
}

// Opened, Pull, Received and Closed make an Ask a handler.Sink.

// Opened is called when the connection is there.
func (a *Ask) Opened(c handler.Conn) { c.Wake() }

// Pull writes the word.
func (a *Ask) Pull(buf []byte) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.asked {
		a.asked = true
		buf = append(buf, a.word...)
	}
	return buf
}

// Received gathers the answer.
func (a *Ask) Received(b []byte) (used int) {
	a.mu.Lock()
	if a.over {
		a.mu.Unlock()
		return len(b)
	}
	fits := len(a.reply)+len(b) <= a.max
	if fits {
		a.reply = append(a.reply, b...)
	}
	n := len(a.reply)
	a.mu.Unlock()
	if !fits {
		a.end("", &wire.FrameError{Length: int64(n + len(b)), Max: a.max})
	}
	return len(b)
}

// Closed ends the question: the answer is complete when the server closes the connection.
func (a *Ask) Closed(err error) {
	a.mu.Lock()
	reply := string(a.reply)
	a.mu.Unlock()
	switch ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF); { // the latter with TLS, from servers that do not take leave
	case !ended:
		err = fmt.Errorf("%w: %w", wire.CodeConnectionLoss, err)
	case reply == "":
		err = fmt.Errorf("%w: the server closed the connection without an answer", wire.CodeConnectionLoss)
	default:
		err = wire.FourLetterError(a.word, reply)
	}
	if err != nil {
		reply = ""
	}
	a.end(reply, err)
}
