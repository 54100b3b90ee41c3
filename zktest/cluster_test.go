package zktest_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
)

// cluster makes a Cluster serve the tests of real servers. A cluster is cheap, so each test has one of its own, and no chroot.
type cluster struct{ *zktest.Cluster }

var (
	_ servers = cluster{}
	_ servers = (*zktest.Ensemble)(nil)
)

func (c cluster) Version() string { return core.V3_9.String() }

func (c cluster) Chroot(testing.TB) string { return "" }

func (c cluster) RootClient(t testing.TB, opts ...zk.Option) *zk.Client { return c.Client(t, opts...) }

// What holds on real servers holds on a cluster.
func TestCluster(t *testing.T) {
	options := zktest.ServerOption(func(c *core.Config) { c.EnforceQuota, c.LocalSessions, c.ReadOnlyMode = true, true, true })
	const tick = 20 * time.Millisecond
	start := func(t *testing.T, opts ...zktest.ClusterOption) servers {
		t.Parallel()
		return cluster{zktest.NewCluster(t, 3, append([]zktest.ClusterOption{zktest.WithTickTime(tick), options}, opts...)...)}
	}
	for _, tt := range slices.Concat(undisturbed, subscriptions) {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, start(t)) })
	}
	t.Run("KilledServers", func(t *testing.T) { testKilledServers(t, start(t)) })
	t.Run("PausedServer", func(t *testing.T) {
		for _, tt := range pauses {
			t.Run(tt.name, func(t *testing.T) {
				const tick = 50 * time.Millisecond
				testPausedServer(t, start(t, zktest.WithTickTime(tick), zktest.WithSyncLimit(pausedSyncLimit)), tt, tick)
			})
		}
	})
	t.Run("Silence", func(t *testing.T) {
		for _, tt := range returns {
			t.Run(tt.name, func(t *testing.T) { testSilence(t, start(t), tt.back, 400*time.Millisecond) })
		}
	})
	t.Run("Reconfig", func(t *testing.T) { testReconfig(t, start(t)) })
	t.Run("Joining", func(t *testing.T) {
		t.Parallel()
		testJoining(t, cluster{zktest.NewCluster(t, 4, zktest.WithTickTime(tick), zktest.WithSpares(3))})
	})
	t.Run("NoQuorum", func(t *testing.T) { testNoQuorum(t, start(t)) })
}

// Clients on TCP see the same cluster as those in memory, and what is asked about either is known.
func TestClusterOnTCP(t *testing.T) {
	c := zktest.NewCluster(t, 3)
	inMemory := c.Client(t)
	onTCP, err := zk.Connect(bg, c.ConnectString())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { got(t, onTCP.Close(bg)) }()
	got(t, onTCP.Create(bg, "/a", nil, zk.Ephemeral))
	got(t, inMemory.Sync(bg, "/"))
	if st := got(t, inMemory.Exists(bg, "/a")); st == nil || st.EphemeralOwner != onTCP.Session().ID {
		t.Errorf("in memory: %+v", st)
	}
	for _, cl := range []*zk.Client{inMemory, onTCP, onTCP.Chroot("/x")} {
		old, server, log, begun := cl.Session(), c.ServerOf(cl), statesOf(cl), time.Now()
		if cons := c.FourLetter(server, "cons"); !strings.Contains(cons, sid(cl)) {
			t.Errorf("server %d does not have session %s: %s", server, sid(cl), cons)
		}
		if !c.LoseConnection(cl) {
			t.Error("no connection to lose")
		}
		_, at := log.await(t, zk.Connected, begun)
		if now := cl.Session(); now.ID != old.ID {
			t.Errorf("%v, want %v", now, old)
		}
		c.ExpireSession(cl)
		if change, _ := log.await(t, zk.Connected, at); !change.SessionChanged {
			t.Errorf("%v after the session's end", change)
		}
		log.stop()
	}
	addr, i := c.Addr(0), c.ServerOf(onTCP)
	log, begun := statesOf(onTCP), time.Now()
	c.Kill(i)
	if up, _ := log.await(t, zk.Connected, begun); up.Server == c.Addr(i) {
		t.Errorf("connected to a dead server: %v", up)
	}
	c.Restart(i)
	if c.Addr(0) != addr {
		t.Error("a server has moved")
	}
}

// A follower that lags answers with the past, until it is told to sync; and what is cut off does not take part.
func TestClusterLagAndPartition(t *testing.T) {
	c := zktest.NewCluster(t, 3)
	leader := c.Leader()
	behind := (leader + 1) % 3
	writer, reader := c.Client(t), c.Client(t)
	move(t, cluster{c}, writer, func(i int) bool { return i == leader })
	move(t, cluster{c}, reader, func(i int) bool { return i == behind })
	c.Lag(behind, 100*time.Millisecond)
	got(t, writer.Create(bg, "/a", nil))
	if got(t, reader.Exists(bg, "/a")) != nil {
		t.Error("no lag")
	}
	got(t, reader.Sync(bg, "/"))
	if got(t, reader.Exists(bg, "/a")) == nil {
		t.Error("after a sync the past")
	}
	c.Lag(behind, 0)

	log, begun := statesOf(writer), time.Now()
	c.Partition([]int{leader})
	log.await(t, zk.Connected, begun)
	now := c.Leader()
	if now == leader {
		t.Error("a leader without followers")
	}
	got(t, writer.Create(bg, "/b", nil))
	zxid := func(i int) (z int64) {
		c.Do(i, func(m *ensemble.Member) { z = m.Zxid() })
		return z
	}
	if zxid(leader) >= zxid(now) {
		t.Error("what is cut off has the write")
	}
	c.Heal()
	c.Ready()
	eventually(t, "the old leader has it, too", func() bool { return zxid(leader) == zxid(now) })
}

func TestClusterObservers(t *testing.T) {
	c := zktest.NewCluster(t, 4, zktest.WithObservers(3))
	if answer := c.FourLetter(3, "srvr"); !strings.Contains(answer, "Mode: observer") {
		t.Errorf("%s", answer)
	}
	c.Intercept(func(in *core.Incoming) core.Verdict {
		if in.Path == "/refused" {
			return core.Verdict{Code: zk.ErrThrottled}
		}
		return core.Pass
	})
	cl := c.Client(t)
	fails(t, cl.Create(bg, "/refused", nil), zk.ErrThrottled)
	c.Intercept(nil)
	got(t, cl.Create(bg, "/refused", nil))
}

func TestNewClusterRefuses(t *testing.T) {
	for says, start := range map[string]func(testing.TB){
		"1 to 9":              func(t testing.TB) { zktest.NewCluster(t, 0) },
		"must be a member":    func(t testing.TB) { zktest.NewCluster(t, 3, zktest.WithSpares(0)) },
		"only StartZooKeeper": func(t testing.TB) { zktest.NewCluster(t, 3, zktest.WithServerTLS()) },
	} {
		w := &witness{TB: t}
		w.run(func() { start(w) })
		if !w.failed || !strings.Contains(w.said.String(), says) {
			t.Errorf("it does not say %q: %s", says, w.said.String())
		}
	}
}

// In a bubble, an hour of an ensemble takes no time, and nothing of it is left.
func TestClusterInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := zktest.NewCluster(t, 3)
		one, two := c.Client(t), c.Client(t)
		held := got(t, recipes.NewLock(one, "/lock").Acquire(bg))
		next := recipes.NewLock(two, "/lock").Acquire(bg)
		time.Sleep(time.Hour)
		c.Kill(c.Leader())
		time.Sleep(time.Minute)
		if err := held.Err(); err != nil {
			t.Error(err)
		}
		c.ExpireSession(one)
		got(t, got(t, next).Release(bg))
	})
}
