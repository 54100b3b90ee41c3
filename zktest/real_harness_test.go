package zktest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// Tests named TestReal have servers of their own and wait more than they work: they run in parallel.

// testHarness tests Ensemble itself, as far as the tests that use it do not.
func testHarness(t *testing.T, ens *zktest.Ensemble) {
	if n := len(strings.Split(ens.ConnectString(), ",")); n != ens.Len() || !strings.Contains(ens.ConnectString(), ens.Addr(0)) {
		t.Errorf("connect string %s", ens.ConnectString())
	}
	if answer := ens.FourLetter(ens.Leader(), "srvr"); !strings.Contains(answer, "Mode: leader") {
		t.Errorf("the leader says %q", answer)
	}
	if !strings.Contains(ens.Log(0, 1000), "ZooKeeper") {
		t.Errorf("server 0 logged %q", ens.Log(0, 1000))
	}

	// Clients of one test share a chroot, which goes with the test.
	root := ens.RootClient(t)
	var chroot string
	t.Run("Inner", func(t *testing.T) {
		one, two := ens.Client(t), ens.Client(t)
		got(t, one.Create(bg, "/a", nil))
		if got(t, two.Sync(bg, "/")); got(t, two.Exists(bg, "/a")) == nil {
			t.Error("two clients, two chroots")
		}
		chroot = ens.Chroot(t)
		if got(t, root.Sync(bg, "/")); got(t, root.Exists(bg, chroot+"/a")) == nil {
			t.Errorf("no node in %s", chroot)
		}
		got(t, one.Create(bg, "/locked", nil, zk.ACLs{zk.DigestACL("nobody", "knows", zk.PermAll)}))
	})
	if got(t, root.Sync(bg, "/")); got(t, root.Exists(bg, chroot)) != nil {
		t.Errorf("%s outlives its test", chroot)
	}

	// A client that was not made here, and a view of one that was.
	bystander := statesOf(ens.RootClient(t))
	stranger, err := zk.Connect(bg, ens.ConnectString())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { got(t, stranger.Close(bg)) }()
	for _, cl := range []*zk.Client{stranger, root, root.Chroot("/zookeeper")} {
		server := ens.ServerOf(cl)
		if answer := ens.FourLetter(server, "cons"); !strings.Contains(answer, sid(cl)) {
			t.Errorf("server %d does not know session %s: %s", server, sid(cl), answer)
		}
		before := cl.Session()
		log := statesOf(cl)
		if !ens.LoseConnection(cl) {
			t.Error("there was no connection to lose")
		}
		eventually(t, "suspended and connected again", func() bool {
			states := log.seen()
			return len(states) >= 2 && states[0] == zk.Suspended && cl.State() == zk.Connected
		})
		log.stop()
		if now := cl.Session(); now.ID != before.ID {
			t.Errorf("%v, want %v", now, before)
		}
	}
	if states := bystander.seen(); len(states) > 0 {
		t.Errorf("a client suffered with another: %v", states)
	}

	before := stranger.Session()
	ens.ExpireSession(stranger)
	eventually(t, "a new session", func() bool { return stranger.Session().ID != before.ID && stranger.State() == zk.Connected })
}

// sid is how a server names a client's session.
func sid(cl *zk.Client) string { return fmt.Sprintf("sid=%#x", uint64(cl.Session().ID)) }

// The options that no other test uses.
func TestRealOptions(t *testing.T) {
	t.Parallel()
	needs(t, "3.5.5", "TLS")
	ens := zktest.StartZooKeeper(t, 3, zktest.WithObservers(2), zktest.WithPartitions(), zktest.WithServerTLS(),
		zktest.WithSyncLimit(4), zktest.WithServerConfig("maxSessionTimeout=7000", "localSessionsEnabled=true"), zktest.WithJVM("-Dgazoo=here"))
	eventually(t, "the last server observes", func() bool { return strings.Contains(ens.FourLetter(2, "srvr"), "Mode: observer") })
	if answer := ens.FourLetter(0, "envi"); ens.Version() == "" || !strings.Contains(answer, ens.Version()) {
		t.Errorf("version %q, and the server says %q", ens.Version(), answer)
	}
	cl, secure := ens.Client(t), ens.SecureClient(t)
	if s := secure.Session(); s.Timeout != 7*time.Second {
		t.Errorf("%v, want 7 s", s)
	}
	got(t, secure.Create(bg, "/by-tls", nil))
	got(t, cl.Sync(bg, "/"))
	got(t, cl.Get(bg, "/by-tls"))
	fails(t, cl.Create(bg, "/mine", nil, zk.Ephemeral), zk.ErrEphemeralOnLocalSession)
	log, begun := statesOf(secure), time.Now()
	if server := serverOf(t, ens, secure); !ens.LoseConnection(secure) {
		t.Errorf("no connection to lose to server %d", server)
	}
	log.await(t, zk.Connected, begun)
	got(t, secure.Sync(bg, "/"))

	log, begun = statesOf(cl), time.Now()
	ens.Partition([]int{0}) // two voters, and neither has a majority
	log.await(t, zk.Suspended, begun)
	ens.Heal()
	ens.Ready()
	eventually(t, "a write", func() bool { // the servers may need a second election
		_, err := ended(t, cl.Set(bg, "/by-tls", nil, zk.AnyVersion))
		return err == nil
	})
}
