package handler

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gazoo-go/gazoo/future"
)

// A Node is one of the machines of a [Deterministic]: a [Handler] with an address, random streams and
// lanes of its own. It may be stopped while the others go on.
type Node struct {
	*machine
	w       *world
	label   uint64 // of this life of the machine
	lived   int    // how many lives there were before
	life    life
	streams streams
	dead    atomic.Bool // written under the world's mu

	// Guarded by the world's mu:
	groups    map[string]*group
	queues    []*group // the same, in the order of their making
	ends      ends
	released  bool  // its processes have been told that it is quiet
	halt      *halt // while it is paused or catching up
	dialed    int
	resolving Lane          // made by the first look-up
	processes int           // how many were spawned
	peerLost  func(*Node)   // see OnDisconnect
	slow      time.Duration // see SlowUsers
}

// beginning is when virtual time begins.
var beginning = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// newNode makes the next node of a machine. The caller holds the world's mu.
func newNode(w *world, m *machine) *Node {
	n := &Node{machine: m, w: w, label: m.label, lived: m.lives, groups: make(map[string]*group)}
	if m.lives > 0 {
		n.label = mix(m.label, uint64(m.lives))
	}
	m.node = n
	m.lives++
	n.life.prepare()
	n.life.whenQuiet = func() { w.quiet.Store(true) }
	if w.life.begin() {
		n.life.whenEnded = w.life.end
	}
	return n
}

// Name returns "deterministic/" and the node's name.
func (n *Node) Name() string { return "deterministic/" + n.name }

// Addr returns the node's address in the network of the world, 10.x.x.x.
func (n *Node) Addr() netip.Addr { return n.address }

// Start does nothing: a node runs whenever the world is driven.
func (n *Node) Start() {}

// Stop stops the node: its processes, its connections and what its lanes do. When nobody drives the
// world, Stop does so until nothing is left that can happen at this time.
func (n *Node) Stop() {
	n.stop()
	n.w.drain()
}

func (n *Node) stop() {
	n.Resume()
	n.SlowUsers(0)
	n.life.stop()
}

// Stopped is closed when the node's last task, coroutine, process and connection has ended.
func (n *Node) Stopped() <-chan struct{} { return n.life.stopped() }

// Lane makes a new lane. Lanes of a node whose names agree up to the first slash share a queue.
func (n *Node) Lane(name string) Lane {
	key, _, _ := strings.Cut(name, "/")
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	g := n.groups[key]
	if g == nil {
		g = &group{n: n, key: key, label: fnv("lane", key)}
		n.groups[key] = g
		n.queues = append(n.queues, g)
	}
	return &detLane{g, name}
}

// Spawn runs fn as a process, in which Wait suspends. It must not block in any other way.
func (n *Node) Spawn(fn func()) { n.spawn(fn) }

// AfterFunc runs t after d of virtual time, as a thing of its own.
func (n *Node) AfterFunc(d time.Duration, t future.Task) Timer { return n.after(d, funcLabel, t, nil) }

// WithTimeout is context.WithTimeout by the virtual clock: the context ends in a step of its own.
func (n *Node) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return n.withTimeout(ctx, d)
}

// Rand returns the random stream of owner, which follows from the seed, the node's name and owner.
func (n *Node) Rand(owner string) *rand.Rand {
	return n.streams.get(owner, func() []byte {
		sum := sha256.Sum256(append(fmt.Appendf(nil, "node %s\x00%d ", n.name, n.lived), n.w.seed...))
		return sum[:]
	})
}

// Dial connects to another node, by its address or its name. TLS is not simulated: to.TLS is ignored.
func (n *Node) Dial(ctx context.Context, to Target, s Sink) Conn {
	return n.w.network.dial(n, ctx, to, s)
}

// Listen makes the node answer at address, which is a host and a port: the node's own address, its name,
// or nothing for the host. accept is called for each connection, on no lane, and returns its Sink, whose
// Opened follows. remote is the other side's address. stop ends listening, not what was accepted.
func (n *Node) Listen(address string, accept func(remote netip.AddrPort, c Conn) Sink) (stop func(), err error) {
	return n.w.network.listen(n, address, accept)
}
