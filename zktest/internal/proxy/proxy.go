// Package proxy is a TCP relay for tests: it does to connections, on demand and for real, what a network does.
//
// A [Proxy] listens on a free loopback port and relays every connection to one target. Its faults:
//
//   - [Proxy.Cut] ends every connection, by reset or by end-of-file, towards both ends;
//   - [Proxy.Stall] lets nothing through in one direction or both: no byte, no end-of-file, no reset. The connections
//     stay up and the senders' buffers fill. New connections are accepted but reach the target only after Resume;
//   - [Proxy.Refuse] resets every new connection at once and leaves the others alone;
//   - [Proxy.Resume] ends Stall and Refuse. What was held back flows on, in order: nothing is lost but by Cut.
//
// A fault holds from the moment its method returns: a byte sent afterwards meets it. A byte sent before may be still on
// its way and may arrive.
//
// No method blocks but Close, which waits for the proxy's goroutines. All may be called from any goroutine, and in any
// state; after Close they do nothing. The proxy owns both sockets of each connection; they never outlive Close.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Config says what a proxy relays to.
type Config struct {
	// Target is the host:port that every connection is relayed to. Required.
	Target string
	// Rewrite, when set, maps the first bytes that the connecting side sends, as they came from one read, to what the
	// target gets instead. It must not keep the slice. Called once per connection, from several goroutines.
	Rewrite func(first []byte) []byte
}

// Proxy is a running relay. Make one with [Start].
type Proxy struct {
	config   Config
	listener net.Listener
	ctx      context.Context // ends with Close; ends dials
	cancel   context.CancelFunc
	running  sync.WaitGroup // the accept loop and every link
	gates    [2]gate        // by Direction: Up, Down

	mu      sync.Mutex // guards what follows
	links   map[*link]struct{}
	refused bool
	closed  bool
}

// Start listens on a free port of 127.0.0.1 and relays until Close.
// The target need not be there yet: a connection that cannot be relayed is reset.
func Start(config Config) (*Proxy, error) {
	if config.Target == "" {
		return nil, errors.New("proxy: no target")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &Proxy{config: config, listener: listener, links: make(map[*link]struct{})}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.running.Go(p.accept)
	return p, nil
}

// Addr is where to connect, as host:port. It stays the same, whatever fault is on.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Conns counts the connections that are up, those that wait for Resume included.
func (p *Proxy) Conns() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// accepted counts the connections of all proxies.
var accepted atomic.Uint64

// Newest is the number of the newest connection that is up, 0 when there is none. All proxies of the process count
// together, so of several proxies that one client uses, the one with the greatest has its current connection.
func (p *Proxy) Newest() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var newest uint64
	for l := range p.links {
		newest = max(newest, l.number)
	}
	return newest
}

// Close stops listening, resets every connection, and returns when no goroutine of the proxy is left.
// Further calls do the same and return nil.
func (p *Proxy) Close() error {
	p.mu.Lock()
	first := !p.closed
	p.closed = true
	p.mu.Unlock()
	var err error
	if first {
		p.cancel()
		err = p.listener.Close()
		p.Cut(Reset)
	}
	p.running.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // out of file descriptors, or the peer has gone already
			time.Sleep(5 * time.Millisecond)
			continue
		}
		l := newLink(p, conn.(*net.TCPConn))
		if !p.admit(l) {
			l.end(Reset)
			continue
		}
		p.running.Go(func() {
			l.run()
			p.mu.Lock()
			delete(p.links, l)
			p.mu.Unlock()
		})
	}
}

// admit is one critical section with what Cut, Refuse and Close do: no connection slips in behind them.
func (p *Proxy) admit(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused || p.closed {
		return false
	}
	p.links[l] = struct{}{}
	return true
}
