package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
)

// A Cluster is a running ensemble, whose servers talk in memory. Its methods may be called from any goroutine.
//
//	alive --Pause--> paused --Resume--> alive
//	  |                |
//	  +-----Kill-------+--> dead --Restart--> alive, with what is on its disk
//
// A message takes no time. It waits while its receiver is paused or cut off from its sender, and comes in order later; it
// is lost with its receiver's life.
type Cluster struct {
	g         *group
	listeners listeners

	// What follows is guarded by g.mu.
	members  []*clusterMember
	carrying bool
	closed   bool
}

// clusterMember is one server, over all its lives.
type clusterMember struct {
	peer    ensemble.Peer
	cfg     ensemble.Config
	disk    *ensemble.Disk
	machine *ensemble.Member
	server  *host // of the last life
	alive   bool
	spare   bool // no member when the ensemble began
	group   int  // servers of different ones do not reach each other
	lag     time.Duration
	in      []parcel // on their way here
}

// A parcel is a message, or word that its sender's connections broke.
type parcel struct {
	from    int // index
	broken  bool
	message ensemble.Message
}

// NewCluster starts the servers of an ensemble, which nobody can reach yet. Each gets its own ServerID and Seed, by its
// place in peers, and begins with what is on its disk. The last ones, so many as spares says, are no members at first.
func NewCluster(cfg ensemble.Config, peers []ensemble.Peer, disks []*ensemble.Disk, spares int) *Cluster {
	c := &Cluster{g: newGroup()}
	c.g.carry = c.carry
	for i, p := range peers {
		v := &clusterMember{peer: p, cfg: cfg, disk: disks[i], spare: i >= len(peers)-spares}
		v.cfg.ServerID = p.ID
		v.cfg.Seed += uint64(i)
		v.cfg.ApplyDelay = func() time.Duration { return v.lag }
		c.members = append(c.members, v)
	}
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	for _, v := range c.members {
		c.start(v)
	}
	return c
}

func (c *Cluster) start(v *clusterMember) {
	var peers []ensemble.Peer
	for _, other := range c.members {
		if !other.spare {
			peers = append(peers, other.peer)
		}
	}
	v.machine = ensemble.NewMember(v.cfg, v.disk, peers, c.g.now())
	v.server = newHost(c.g, v.machine)
	v.alive = true
	v.server.settle()
}

// carry takes messages where they can go.
func (c *Cluster) carry() {
	if c.carrying {
		return // the call further out goes on
	}
	c.carrying = true
	defer func() { c.carrying = false }()
	var out []ensemble.Envelope
	for moved := true; moved; {
		moved = false
		for from, v := range c.members {
			if !v.alive {
				continue
			}
			out = v.machine.Outbox(out[:0])
			for _, e := range out {
				if to := c.byID(e.To); to != nil && to.alive {
					to.in = append(to.in, parcel{from: from, message: e.Message})
				}
			}
		}
		for _, v := range c.members {
			moved = c.deliver(v) || moved
		}
	}
}

// deliver hands a server what has come for it.
func (c *Cluster) deliver(v *clusterMember) (some bool) {
	if !v.alive || v.server.paused || len(v.in) == 0 {
		return false
	}
	in := v.in
	v.in = nil
	var held []parcel
	for i := range in {
		p := &in[i]
		from := c.members[p.from]
		if from.group != v.group {
			held = append(held, *p)
			continue
		}
		some = true
		if p.broken {
			v.machine.Disconnected(c.g.told, from.cfg.ServerID)
		} else {
			v.machine.Deliver(c.g.told, from.cfg.ServerID, p.message)
		}
	}
	v.in = append(held, v.in...)
	c.g.wake(v.server)
	return some
}

func (c *Cluster) byID(id int64) *clusterMember {
	for _, v := range c.members {
		if v.cfg.ServerID == id {
			return v
		}
	}
	return nil
}

// Len is the number of servers.
func (c *Cluster) Len() int { return len(c.members) }

// Do runs f with the whole cluster locked, to look at a server or to interfere with it; alive says whether it is. f must
// not wait, and calls the machine of a dead one only to look at it.
func (c *Cluster) Do(i int, f func(m *ensemble.Member, now time.Time, alive bool)) {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	v := c.members[i]
	f(v.machine, c.g.now(), v.alive)
	v.server.settle()
}

// Kill ends a server as SIGKILL does. What it has acknowledged is on its disk. It reports whether the server was alive.
func (c *Cluster) Kill(i int) bool {
	c.g.mu.Lock()
	v := c.members[i]
	was := v.alive
	if was {
		c.g.now()
		v.alive, v.in = false, nil
		v.server.close()
		for j, other := range c.members {
			if j != i && other.alive {
				other.in = append(other.in, parcel{from: i, broken: true})
			}
		}
		c.stir()
	}
	server := v.server
	c.g.mu.Unlock()
	server.running.Wait()
	return was
}

// stir lets the servers talk after a change that no server made.
func (c *Cluster) stir() {
	if len(c.g.hosts) > 0 {
		c.g.settle(c.g.hosts[0])
	}
}

// Restart starts a server that is dead, and reports whether it was.
func (c *Cluster) Restart(i int) bool {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	v := c.members[i]
	if v.alive || c.closed {
		return false
	}
	c.start(v)
	return true
}

// Pause stops a server as SIGSTOP does; a dead one stays as it is.
func (c *Cluster) Pause(i int) { c.server(i).Pause() }

// Resume ends Pause. The server finds that time has passed.
func (c *Cluster) Resume(i int) { c.server(i).Resume() }

func (c *Cluster) server(i int) *host {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	return c.members[i].server
}

// State says whether a server runs, and whether it is paused.
func (c *Cluster) State(i int) (alive, paused bool) {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	v := c.members[i]
	return v.alive, v.alive && v.server.paused
}

// Partition parts the servers into groups of indices; those in none form one more. Clients still reach all.
func (c *Cluster) Partition(groups ...[]int) {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	c.g.now()
	for _, v := range c.members {
		v.group = 0
	}
	for g, indices := range groups {
		for _, i := range indices {
			c.members[i].group = g + 1
		}
	}
	c.stir()
}

// Lag makes a server apply what is committed so much later. It answers reads from what it has applied.
func (c *Cluster) Lag(i int, d time.Duration) {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	c.members[i].lag = d
}

// ServeListener accepts connections for server i until the listener fails or the cluster is closed, and closes the
// listener. While the server is dead they are reset at once.
func (c *Cluster) ServeListener(i int, l net.Listener) error {
	return c.listeners.serve(l, func(nc net.Conn) {
		c.g.mu.Lock()
		defer c.g.mu.Unlock()
		c.members[i].server.serveConn(nc)
	})
}

// DialMemory connects a client to server i without a socket; see [Server.DialMemory]. The error says that the server is
// dead, as the kernel does.
func (c *Cluster) DialMemory(i int) (net.Conn, error) {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	v := c.members[i]
	if !v.alive {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	return v.server.dialMemory(), nil
}

// Close ends everything and returns when all goroutines have ended.
func (c *Cluster) Close() error {
	c.g.mu.Lock()
	c.closed = true
	c.g.mu.Unlock()
	for i := range c.members {
		c.Kill(i)
	}
	c.listeners.close()
	return nil
}

// ErrNoLeader is what waiting for a leader may come to.
var ErrNoLeader = errors.New("no server leads")

// pollEvery is how often waiting looks.
const pollEvery = time.Millisecond

// Leader waits until one server that is not paused leads and serves, and returns its index. Of two who think so it is the
// one with the later epoch.
func (c *Cluster) Leader(ctx context.Context) (int, error) {
	for {
		if i := c.leader(); i >= 0 {
			return i, nil
		}
		if err := wait(ctx); err != nil {
			return -1, fmt.Errorf("%w: %w", ErrNoLeader, err)
		}
	}
}

func (c *Cluster) leader() int {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	c.g.now()
	leader, epoch := -1, int32(0)
	for i, v := range c.members {
		if v.alive && !v.server.paused && v.machine.Role() == ensemble.Leading && v.machine.Serving() && (leader < 0 || v.machine.Epoch() > epoch) {
			leader, epoch = i, v.machine.Epoch()
		}
	}
	return leader
}

// Ready waits until every server that is alive and not paused serves, and at most one of them leads.
func (c *Cluster) Ready(ctx context.Context) error {
	for {
		i := c.idle()
		if i < 0 {
			return nil
		}
		if err := wait(ctx); err != nil {
			return fmt.Errorf("server %d does not serve: %w", i, err)
		}
	}
}

// idle is a server that does not serve and could, or -1.
func (c *Cluster) idle() int {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	c.g.now()
	leader := -1
	for i, v := range c.members {
		if !v.alive || v.server.paused {
			continue
		}
		leads := v.machine.Role() == ensemble.Leading
		if !v.machine.Serving() || v.machine.ReadOnly() || leads && leader >= 0 { // one of two that lead has only not noticed yet
			return i
		}
		if leads {
			leader = i
		}
	}
	return -1
}

func wait(ctx context.Context) error {
	t := time.NewTimer(pollEvery)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
