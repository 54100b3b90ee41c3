package handler

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/gazoo-go/gazoo/future"
)

// A Network carries bytes and messages between the nodes of a world, and can be told to do so badly.
// Without being told, it has latency and cuts streams into chunks, but nothing fails in it.
//
// Its methods may be called from any goroutine and call nobody inline: everything that happens in it is
// an event of the world.
type Network struct {
	w   *world
	key uint64 // stands for the seed in the streams of connections

	// Guarded by the world's mu:
	latency   Latency // of links that were not told otherwise
	machines  map[netip.Addr]*machine
	listeners map[netip.AddrPort]*listener
	lastPort  uint16
	names     map[string]name
}

type listener struct {
	on     *Node
	accept func(netip.AddrPort, Conn) Sink
}

func newNetwork(w *world) *Network {
	return &Network{
		w:         w,
		latency:   Latency{Min: 100 * time.Microsecond, Max: 500 * time.Microsecond},
		machines:  make(map[netip.Addr]*machine),
		listeners: make(map[netip.AddrPort]*listener),
		lastPort:  1023,
	}
}

// lock locks the world and returns its lock, to be unlocked by a defer in the same statement.
func (nw *Network) lock() *sync.Mutex {
	nw.w.mu.Lock()
	return &nw.w.mu
}

// Link returns the direction from one node to another, always the same one, also when they have been
// restarted.
func (nw *Network) Link(from, to *Node) *Link {
	defer nw.lock().Unlock()
	return nw.link(from.machine, to.machine)
}

// Default sets the latency of links that were not told otherwise.
func (nw *Network) Default(l Latency) {
	defer nw.lock().Unlock()
	nw.latency = l
}

// link is Link for who holds the world's mu.
func (nw *Network) link(from, to *machine) *Link {
	l := from.links[to]
	if l == nil {
		if from.links == nil {
			from.links = make(map[*machine]*Link)
		}
		l = newLink(nw, from, to)
		from.links[to] = l
		from.touched = append(from.touched, l)
		if to != from {
			to.touched = append(to.touched, l)
		}
	}
	return l
}

// opposite is the link in the other direction. The caller holds the world's mu.
func (nw *Network) opposite(l *Link) *Link {
	if l.back == nil {
		l.back = nw.link(l.to, l.from)
	}
	return l.back
}

// find returns the address that host stands for. The caller holds the world's mu.
func (nw *Network) find(host string) (netip.Addr, bool) {
	if n, ok := nw.names[host]; ok && len(n.addrs) > 0 {
		return n.addrs[0], true
	} else if ok {
		return netip.Addr{}, false
	}
	if n := nw.w.nodes[host]; n != nil {
		return n.address, true
	}
	addr, err := netip.ParseAddr(host)
	return addr, err == nil
}

func (nw *Network) listen(on *Node, address string, accept func(netip.AddrPort, Conn) Sink) (func(), error) {
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
	defer nw.lock().Unlock()
	if addr, ok := nw.find(host); host != "" && (!ok || addr != on.address) {
		return fail(os.NewSyscallError("bind", syscall.EADDRNOTAVAIL))
	}
	at := netip.AddrPortFrom(on.address, uint16(port))
	if nw.listeners[at] != nil {
		return fail(os.NewSyscallError("bind", syscall.EADDRINUSE))
	}
	l := &listener{on, accept}
	nw.listeners[at] = l
	return func() {
		defer nw.lock().Unlock()
		if nw.listeners[at] == l {
			delete(nw.listeners, at)
		}
	}, nil
}

// Reset ends every connection between two nodes at once, as if each side had got a RST: what is on its way
// is lost. Messages on their way are lost too, and both hear of it; see [Node.OnDisconnect].
func (nw *Network) Reset(a, b *Node) {
	defer nw.lock().Unlock()
	a.ends.each(func(e *end) {
		if e.peer != nil && e.peer.node.machine == b.machine {
			e.abort(connReset())
			e.peer.abort(connReset())
		}
	})
	b.ends.each(func(e *end) { // whose other side is one of a's predecessors
		if e.peer != nil && e.peer.node.machine == a.machine {
			e.abort(connReset())
		}
	})
	nw.disconnect(a.machine, b.machine)
}

// Refuse makes the node's machine refuse connections as if nobody listened there. It has no influence on
// those that have been accepted.
func (n *Node) Refuse(on bool) {
	defer n.w.network.lock().Unlock()
	n.machine.refuses = on
}

func connReset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
}
