package zktest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
	"github.com/gazoo-go/gazoo/zktest/internal/serve"
)

// A Cluster is a ZooKeeper ensemble in this process, in real time: servers that elect a leader, replicate, lag, die and come
// back. They are those of the ensembles of a [Sim]; clients reach them in memory and on TCP. Its servers are numbered from 0.
//
// It has the methods of an [Ensemble], and takes milliseconds where that takes seconds: an election is over after a tenth of
// a tick. A method whose comment names no error fails the test that the cluster was made for when it cannot do its work, and
// belongs on the test's goroutine, like Fatal; the others may be called from any.
//
// It lives in a bubble of testing/synctest as a [Server] does, as long as nobody asks for an address.
type Cluster struct {
	t testing.TB
	c *serve.Cluster

	mu        sync.Mutex // guards what follows
	addrs     []string   // on TCP, "" before somebody has asked
	clients   clusterClients
	intercept core.Intercept
}

// A ClusterOption configures a [Cluster]: a [ServerOption], which is for every server, or one of [WithTickTime],
// [WithSyncLimit], [WithObservers] and [WithSpares].
type ClusterOption interface{ applyCluster(*clusterConfig) }

type clusterConfig struct {
	core          core.Config
	syncLimit     int // ticks
	observersFrom int // id, 0 for none
	sparesFrom    int // index, 0 for none
	bad           string
}

func (o ServerOption) applyCluster(c *clusterConfig) { o(&c.core) }

// NewCluster returns an ensemble of n servers, 1 to 9, that ends with the test. A leader serves when it returns, and so do
// all others, which takes some 20 ms.
//
// The defaults are those of [Start], and besides: followers may lag 10 ticks; reconfiguration is on; containers and TTL nodes
// that have had their time go within a second; the password of the digest user "super" is "test". What a server has acknowledged
// it has after Kill and Restart. All is gone with the test.
func NewCluster(t testing.TB, n int, opts ...ClusterOption) *Cluster {
	t.Helper()
	if n < 1 || n > 9 {
		t.Fatalf("starting a cluster: %d servers; it has 1 to 9", n)
	}
	config := clusterConfig{core: configure(nil), syncLimit: 10}
	config.core.Reconfig, config.core.SweepInterval, config.core.SuperDigest = true, time.Second, core.Digest("super:test")
	for _, o := range opts {
		if o.applyCluster(&config); config.bad != "" {
			t.Fatalf("starting a cluster: %s", config.bad)
		}
	}
	c := &Cluster{t: t, addrs: make([]string, n), clients: newClusterClients(), intercept: config.core.Intercept}
	config.core.Intercept = c.intercepted
	spares := 0
	if config.sparesFrom > 0 {
		spares = max(0, n-config.sparesFrom)
	}
	peers, disks := make([]ensemble.Peer, n), make([]*ensemble.Disk, n)
	for i := range n {
		m := c.Member(i)
		a := m.Addrs[0]
		peers[i] = ensemble.Peer{
			ID: m.ID, Observer: config.observersFrom > 0 && i+1 >= config.observersFrom,
			Addrs: fmt.Sprintf("%s:%d:%d", a.Host, a.Quorum, a.Election), Client: m.Client,
		}
		disks[i] = new(ensemble.Disk)
	}
	c.c = serve.NewCluster(config.ensemble(), peers, disks, spares)
	t.Cleanup(func() { _ = c.c.Close() })
	c.Ready()
	return c
}

// ensemble is the configuration of every server. An election waits for a tenth of a tick where ZooKeeper waits for 200 ms.
func (c *clusterConfig) ensemble() ensemble.Config {
	return ensemble.Config{
		Config: c.core, SyncLimit: c.syncLimit,
		FinalizeWait:            min(c.core.TickTime/10, 200*time.Millisecond),
		MaxNotificationInterval: max(c.core.TickTime, time.Millisecond),
	}
}

// Len returns the number of servers. It cannot fail.
func (c *Cluster) Len() int { return c.c.Len() }

// Member is what a [zk.Reconfiguration] that lets server i join says of it. It cannot fail.
func (c *Cluster) Member(i int) zk.Member {
	id := int64(i + 1)
	addr := zk.MemberAddr{Host: "127.0.0.1", Quorum: uint16(20000 + id), Election: uint16(30000 + id)} // nothing connects there
	return zk.Member{ID: id, Addrs: []zk.MemberAddr{addr}, Client: fmt.Sprint("127.0.0.1:", id)}
}

// waiting is how long Leader, Ready and Restart wait before the test has failed.
const waiting = time.Minute

// Leader waits until a server that is not paused leads and serves, for at most a minute, and returns its index. Of two that
// think so, which happens for a while after a partition, it is the one with the later epoch.
func (c *Cluster) Leader() int {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), waiting)
	defer cancel()
	i, err := c.c.Leader(ctx)
	c.must("finding the leader", err)
	return i
}

// Ready waits until every server that is alive and not paused serves, for at most a minute.
func (c *Cluster) Ready() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), waiting)
	defer cancel()
	c.must("waiting for the servers", c.c.Ready(ctx))
}

// Kill ends a server at once, as kill -9. What it has acknowledged stays. It cannot fail.
func (c *Cluster) Kill(i int) { c.c.Kill(i) }

// Restart starts a server anew, killing it first if it is alive: the same data, the same addresses. If a majority is alive
// now it waits until the server serves, for at most a minute; otherwise nothing serves yet, and it returns at once.
func (c *Cluster) Restart(i int) {
	c.t.Helper()
	c.c.Kill(i)
	c.c.Restart(i)
	voters, awake := 0, 0
	for j := range c.Len() {
		c.c.Do(j, func(m *ensemble.Member, _ time.Time, alive bool) {
			if !m.Votes() {
				return
			}
			voters++
			if alive {
				awake++
			}
		})
		if alive, paused := c.c.State(j); alive && paused {
			awake--
		}
	}
	if awake > voters/2 {
		c.Ready()
	}
}

// Pause stops a server in its tracks, as SIGSTOP: its connections stay open and nothing moves, while time goes on. A dead
// one stays dead. It cannot fail.
func (c *Cluster) Pause(i int) { c.c.Pause(i) }

// Resume ends Pause. It does not wait until the server serves; see [Cluster.Ready]. It cannot fail.
func (c *Cluster) Resume(i int) { c.c.Resume(i) }

// Partition parts the servers into groups of indices. Within a group servers reach each other; between groups nothing gets
// through until [Cluster.Heal] or the next Partition. Servers in no group form one more group. Clients still reach every
// server. It cannot fail.
func (c *Cluster) Partition(groups ...[]int) { c.c.Partition(groups...) }

// Heal ends every partition. What was held back arrives, as on a real network. It cannot fail.
func (c *Cluster) Heal() { c.c.Partition() }

// Lag makes a server apply what is committed so much later from now on: clients that read from it read of the past. It
// cannot fail.
func (c *Cluster) Lag(i int, d time.Duration) { c.c.Lag(i, d) }

// Intercept asks f about every request to any of the servers; see [core.Intercept]. Nil ends that. It cannot fail.
func (c *Cluster) Intercept(f core.Intercept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.intercept = f
}

// intercepted is called with the servers locked.
func (c *Cluster) intercepted(in *core.Incoming) core.Verdict {
	c.mu.Lock()
	f := c.intercept
	c.mu.Unlock()
	if f == nil {
		return core.Pass
	}
	return f(in)
}

// Do runs f with all servers locked, to look at the machine of server i or to interfere with it; f must not wait. That of a
// dead server may only be looked at. It cannot fail.
func (c *Cluster) Do(i int, f func(*ensemble.Member)) {
	c.c.Do(i, func(m *ensemble.Member, _ time.Time, _ bool) { f(m) })
}

// Addr returns an address on the loopback interface where any client can reach server i. It stays the same when the server
// is restarted. The first call starts to listen there.
func (c *Cluster) Addr(i int) string {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.addrs[i] == "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		c.must("listening", err)
		c.addrs[i] = l.Addr().String()
		go func() { _ = c.c.ServeListener(i, l) }() // ends with Close
	}
	return c.addrs[i]
}

// ConnectString lists the addresses of all servers, for clients of any kind.
func (c *Cluster) ConnectString() string {
	c.t.Helper()
	addrs := make([]string, c.Len())
	for i := range addrs {
		addrs[i] = c.Addr(i)
	}
	return strings.Join(addrs, ",")
}

// FourLetter sends one of ZooKeeper's four-letter words to server i and returns the answer. It takes at most 3 s.
func (c *Cluster) FourLetter(i int, word string) string {
	c.t.Helper()
	nc, err := c.c.DialMemory(i)
	c.must(fmt.Sprintf("asking server %d for %s", i, word), err)
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(3 * time.Second))
	_, err = io.WriteString(nc, word)
	answer, readErr := io.ReadAll(nc)
	c.must(fmt.Sprintf("asking server %d for %s", i, word), errors.Join(err, readErr))
	return string(answer)
}

// must fails the test if err is not nil.
func (c *Cluster) must(what string, err error) {
	if err != nil {
		c.t.Helper()
		c.t.Fatalf("%s: %v", what, err)
	}
}
