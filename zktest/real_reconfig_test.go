package zktest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

func TestRealReconfig(t *testing.T) {
	t.Parallel()
	needs(t, "3.6", "servers that keep their ports for clients, with Netty, when their leader is removed")
	ens := zktest.StartZooKeeper(t, 3, zktest.WithServerTLS())
	secure := ens.SecureClient(t)
	if answer := got(t, secure.FourLetter(bg, "ruok")); answer != "imok" {
		t.Errorf("over TLS: %q", answer)
	}
	testReconfig(t, ens)
}

// testReconfig lets members of an ensemble go and come. Who has gone serves on, as one that follows and does not count.
func testReconfig(t *testing.T, ens servers) {
	plain, admin := ens.Client(t), ens.Client(t, zk.WithAuth("digest", []byte("super:test")))

	watched := got(t, plain.GetConfigAndWatch(bg)) // in a chroot
	before := watched.Value
	if len(before.Members) != 3 || before.Members[0].ID == 0 || before.Members[0].Observer || before.Version == 0 {
		t.Fatalf("%+v\n%s", before.Members, before.Data)
	}
	leader := ens.Leader()
	member := func(server int) zk.Member {
		m := before.Members[server]
		for line := range strings.Lines(ens.FourLetter(server, "conf")) { // who joins must tell where clients connect
			if port, ok := strings.CutPrefix(line, "clientPort="); ok && m.Client == "" {
				m.Client = "127.0.0.1:" + strings.TrimSpace(port)
			}
		}
		return m
	}
	last := (leader + 2) % 3 // one that does not lead: that would end connections
	leave := zk.Reconfiguration{Leaving: []int64{int64(last + 1)}}
	back := zk.Reconfiguration{Joining: []zk.Member{member(last)}}
	fails(t, plain.Reconfig(bg, leave, zk.AnyConfig), zk.ErrNoAuth)
	fails(t, admin.Reconfig(bg, leave, before.Version+7), zk.ErrBadVersion)
	fails(t, admin.Reconfig(bg, zk.Reconfiguration{Joining: []zk.Member{{ID: 9, Addrs: before.Members[last].Addrs}}}, zk.AnyConfig), zk.ErrBadArguments)
	fails(t, admin.Reconfig(bg, zk.Reconfiguration{Leaving: []int64{1, 2, 3}}, zk.AnyConfig), zk.ErrBadArguments)
	stranger := zk.Member{ID: 9, Addrs: []zk.MemberAddr{{Host: "127.0.0.1", Quorum: 7, Election: 8}}, Client: "127.0.0.1:9"}
	fails(t, admin.Reconfig(bg, zk.Reconfiguration{Members: []zk.Member{stranger}}, zk.AnyConfig), zk.ErrNewConfigNoQuorum)

	after := got(t, admin.Reconfig(bg, leave, before.Version))
	if len(after.Members) != 2 || after.Version <= before.Version || after.Stat.Mzxid <= before.Stat.Mzxid || after.Stat.Version != -1 {
		t.Errorf("%+v\n%s", after, after.Data)
	}
	if ev := got(t, watched.Changed); ev.Path != "/zookeeper/config" || ev.Type != zk.NodeDataChanged {
		t.Errorf("%+v", ev)
	}
	outside := ens.Client(t)
	move(t, ens, outside, func(server int) bool { return server == last })
	got(t, outside.Create(bg, "/outside", nil))
	again := got(t, admin.Reconfig(bg, back, after.Version))
	if len(again.Members) != 3 || again.Version <= after.Version {
		t.Errorf("%+v\n%s", again, again.Data)
	}
	fails(t, admin.Reconfig(bg, zk.Reconfiguration{Members: after.Members}, before.Version), zk.ErrBadVersion)
	full := got(t, admin.Reconfig(bg, zk.Reconfiguration{Members: again.Members}, again.Version))
	if len(full.Members) != 3 || full.Version <= again.Version {
		t.Errorf("%+v\n%s", full, full.Data)
	}
	members := func(n int) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; {
			sync, cfg := plain.Sync(bg, "/"), plain.GetConfig(bg)
			if c, err := cfg.Wait(); err == nil && sync.WaitErr() == nil && len(c.Members) == n {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("no %d members", n)
			}
		}
	}
	members(3)

	// The leader goes, and another one leads. Connections end; sessions do not.
	session := plain.Session()
	if _, err := admin.Reconfig(bg, zk.Reconfiguration{Leaving: []int64{int64(leader + 1)}}, zk.AnyConfig).Wait(); err != nil && !zk.MaybeApplied(err) {
		t.Fatal(err)
	}
	members(2)
	ens.Ready()
	eventually(t, "a member leads", func() bool { return ens.Leader() != leader }) // the old one does until it is told
	if now := plain.Session(); now.ID != session.ID {
		t.Errorf("session %#x, and was %#x", now.ID, session.ID)
	}
	move(t, ens, outside, func(server int) bool { return server == leader })
	for outside.Create(bg, "/outside/2", nil).WaitErr() != nil { // it comes and goes while it finds the new leader
	}
}
