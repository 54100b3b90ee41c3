package gozookeeper

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// network is what lies between a client and its server.
type network struct {
	mu     sync.Mutex // guards what follows
	links  []*link
	closed chan struct{} // not nil while no connection can be made; closed when one can again
}

func newNetwork() *network { return &network{} }

func (n *network) dial(protocol, address string, timeout time.Duration) (net.Conn, error) {
	n.mu.Lock()
	closed := n.closed
	n.mu.Unlock()
	if closed != nil {
		<-closed
	}
	conn, err := net.DialTimeout(protocol, address, timeout)
	if err != nil {
		return nil, err
	}
	l := &link{Conn: conn}
	n.mu.Lock()
	n.links = append(n.links, l)
	n.mu.Unlock()
	return l, nil
}

// close holds new connections back until open.
func (n *network) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed == nil {
		n.closed = make(chan struct{})
	}
}

func (n *network) open() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed != nil {
		close(n.closed)
		n.closed = nil
	}
}

// cut breaks the connections there are.
func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.links {
		l.Close()
	}
	n.links = nil
}

// silence loses what the client sends from now on.
func (n *network) silence() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.links {
		l.muted.Store(true)
	}
}

// link is a connection.
type link struct {
	net.Conn
	muted atomic.Bool
}

func (l *link) Write(p []byte) (int, error) {
	if l.muted.Load() {
		return len(p), nil
	}
	return l.Conn.Write(p)
}
