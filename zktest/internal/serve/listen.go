package serve

import (
	"errors"
	"net"
	"sync"
	"time"
)

// listeners accept connections. The zero value is ready to use.
type listeners struct {
	mu      sync.Mutex // guards what follows
	all     map[net.Listener]struct{}
	closed  bool
	running sync.WaitGroup // calls of serve
}

// serve hands connections to accepted until the listener fails or close is called, and closes the listener.
func (ls *listeners) serve(l net.Listener, accepted func(net.Conn)) error {
	defer l.Close()
	ls.mu.Lock()
	if ls.closed {
		ls.mu.Unlock()
		return net.ErrClosed
	}
	if ls.all == nil {
		ls.all = make(map[net.Listener]struct{})
	}
	ls.all[l] = struct{}{}
	ls.running.Add(1)
	ls.mu.Unlock()
	defer ls.running.Done()
	defer func() {
		ls.mu.Lock()
		delete(ls.all, l)
		ls.mu.Unlock()
	}()
	for {
		nc, err := l.Accept()
		switch {
		case err == nil:
			accepted(nc)
		case errors.Is(err, net.ErrClosed):
			return net.ErrClosed
		case isTemporary(err):
			time.Sleep(5 * time.Millisecond) // out of descriptors, most likely
		default:
			return err
		}
	}
}

func isTemporary(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	return ok && t.Temporary()
}

// close makes every serve return and waits for it.
func (ls *listeners) close() {
	ls.mu.Lock()
	ls.closed = true
	for l := range ls.all {
		l.Close()
	}
	ls.mu.Unlock()
	ls.running.Wait()
}

// refuse closes a connection as the kernel does for a process that is not there: at once, by a reset.
func refuse(nc net.Conn) {
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	nc.Close()
}
