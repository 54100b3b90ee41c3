package zktest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
)

// clusterClients are those that Cluster.Client has made.
type clusterClients struct{ all map[*zk.Client]*clusterClient }

func newClusterClients() clusterClients {
	return clusterClients{all: make(map[*zk.Client]*clusterClient)}
}

// A clusterClient is the connections of a client in memory.
type clusterClient struct {
	c *Cluster

	mu     sync.Mutex // guards what follows
	cut    bool       // it gets no new connections
	last   net.Conn
	server int // of last
}

// Dial connects in memory. It fits handler.System's Dialer. The address is one of Addr, or 127.0.0.1:1 for server 0,
// 127.0.0.1:2 for server 1 and so on. The error is that of a server that is dead.
func (c *Cluster) Dial(_ context.Context, _, address string) (net.Conn, error) {
	i, err := c.index(address)
	if err != nil {
		return nil, err
	}
	return c.c.DialMemory(i)
}

func (c *Cluster) index(address string) (int, error) {
	c.mu.Lock()
	i := slices.Index(c.addrs, address)
	c.mu.Unlock()
	if i >= 0 {
		return i, nil
	}
	a, err := netip.ParseAddrPort(address)
	if err != nil || a.Port() < 1 || int(a.Port()) > c.Len() {
		return 0, fmt.Errorf("zktest: no server of the cluster has the address %q", address)
	}
	return int(a.Port()) - 1, nil
}

// hosts is the connect string for clients in memory.
func (c *Cluster) hosts() (list string) {
	for i := range c.Len() {
		if i > 0 {
			list += ","
		}
		list += fmt.Sprint("127.0.0.1:", i+1)
	}
	return list
}

// dial is the Dialer of one client.
func (a *clusterClient) dial(ctx context.Context, network, address string) (net.Conn, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cut {
		return nil, errors.New("zktest: the client is isolated")
	}
	nc, err := a.c.Dial(ctx, network, address)
	if err == nil {
		a.last = nc
		a.server, _ = a.c.index(address)
	}
	return nc, err
}

// lose cuts the connection, if there is one, and says whether another may be made.
func (a *clusterClient) lose(forGood bool) (ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cut = forGood
	if ok = a.last != nil; ok {
		_ = a.last.Close()
		a.last = nil
	}
	return ok
}

func (a *clusterClient) rejoin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cut = false
}

// Client returns a client that is connected in memory to one of the servers, and is closed when t ends. Connecting may take
// 30 s. Give it a handler of your own with zk.WithHandler, made with a Dialer that is the cluster's Dial, to decide where
// callbacks run; Isolate and Rejoin then do not know it.
//
// t may be another test than the one that the cluster was made for, and is the one that fails here.
func (c *Cluster) Client(t testing.TB, opts ...zk.Option) *zk.Client {
	t.Helper()
	a := &clusterClient{c: c}
	pool := handler.NewPool()
	pool.Dialer = a.dial
	t.Cleanup(pool.Stop) // behind the client's Close
	cl := connect(t, c.hosts(), append([]zk.Option{zk.WithHandler(pool)}, opts...)...)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clients.all[cl] = a
	t.Cleanup(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.clients.all, cl)
	})
	return cl
}

// attached finds the client by itself or, if it is a view of one, by its session.
func (c *Cluster) attached(cl *zk.Client) *clusterClient {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.clients.all[cl]; a != nil {
		return a
	}
	id := cl.Session().ID
	for other, a := range c.clients.all {
		if id != 0 && other.Session().ID == id {
			return a
		}
	}
	return nil
}

// own returns the connections of a client that was made here.
func (c *Cluster) own(cl *zk.Client) *clusterClient {
	c.t.Helper()
	a := c.attached(cl)
	if a == nil {
		c.must("finding the client's connections", errors.New("it was not made by this cluster, or is closed"))
	}
	return a
}

// ServerOf returns the index of the server that cl is connected to, or -1 while it is not. cl may be any client of the
// cluster, or a view of one. It cannot fail.
func (c *Cluster) ServerOf(cl *zk.Client) int {
	if !cl.State().Up() {
		return -1
	}
	if a := c.attached(cl); a != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.last != nil {
			return a.server
		}
		return -1
	}
	at, id := -1, cl.Session().ID
	for i := range c.Len() {
		_, paused := c.c.State(i)
		c.c.Do(i, func(m *ensemble.Member, _ time.Time, alive bool) {
			if alive && (at < 0 || !paused) && m.Connected(id) {
				at = i
			}
		})
	}
	return at
}

// LoseConnection cuts the connection of cl, and reports whether there was one. Its session lives on. The client may not have
// noticed yet when LoseConnection returns, or be connected again already. cl may be any client of the cluster. It cannot fail.
func (c *Cluster) LoseConnection(cl *zk.Client) (ok bool) {
	if a := c.attached(cl); a != nil {
		return a.lose(false)
	}
	id := cl.Session().ID
	for i := range c.Len() {
		c.c.Do(i, func(m *ensemble.Member, _ time.Time, alive bool) {
			ok = alive && m.DropSession(id) || ok
		})
	}
	return ok
}

// Isolate cuts the connection of cl, as LoseConnection, and refuses it new ones until [Cluster.Rejoin]. cl is a client made
// by [Cluster.Client], or a view of one.
func (c *Cluster) Isolate(cl *zk.Client) {
	c.t.Helper()
	c.own(cl).lose(true)
}

// Rejoin ends Isolate. The client connects with its next attempt, within a second or so.
func (c *Cluster) Rejoin(cl *zk.Client) {
	c.t.Helper()
	c.own(cl).rejoin()
}

// ExpireSession ends the session of cl now, as if its timeout had passed. Its ephemeral nodes are gone on the leader when
// ExpireSession returns; a server that lags may show them until it is told to Sync. cl's connection is cut, and when it has
// connected again it knows. It waits for a leader, for at most a minute, and fails the test if the servers know no such session.
func (c *Cluster) ExpireSession(cl *zk.Client) {
	c.t.Helper()
	id, ok := cl.Session().ID, false
	c.c.Do(c.Leader(), func(m *ensemble.Member, now time.Time, _ bool) { ok = m.ExpireSession(now, id) })
	if !ok {
		c.must("expiring the session", fmt.Errorf("%#x is not one of the cluster, or its leader has just changed", uint64(id)))
	}
}
