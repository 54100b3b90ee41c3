package zktest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
)

// testSmoke does everything that a client can do, once.
func testSmoke(t *testing.T, ens servers) {
	cl, other := ens.Client(t), ens.Client(t)
	for _, step := range []struct {
		name string
		run  func(t *testing.T, ens servers, cl, other *zk.Client)
	}{
		{"Data", smokeData},
		{"Modes", smokeModes},
		{"Tree", smokeTree},
		{"Txn", smokeTxn},
		{"ACL", smokeACL},
		{"Watches", smokeWatches},
		{"Views", smokeViews},
		{"Newer", smokeNewer},
		{"Hold", smokeHold},
	} {
		t.Run(step.name, func(t *testing.T) { step.run(t, ens, cl, other) })
	}
	if s := cl.Session(); s.ID == 0 || s.Timeout != 10*time.Second || s.Epoch != 1 {
		t.Errorf("%v", s)
	}
	resume(t, ens)
}

func smokeData(t *testing.T, ens servers, cl, other *zk.Client) {
	made := got(t, cl.Create(bg, "/data", []byte("one")))
	if made.Path != "/data" || made.DataLength != 3 || made.Czxid == 0 || since(ens, "3.5") && time.Since(made.Created()).Abs() > time.Hour {
		t.Errorf("created %+v", made)
	}
	st := got(t, cl.Set(bg, "/data", []byte("two!"), 0))
	if st.Version != 1 || st.Czxid != made.Czxid || st.Mzxid <= st.Czxid {
		t.Errorf("set %+v", st)
	}
	got(t, other.Sync(bg, "/data"))
	if n := got(t, other.Get(bg, "/data")); n.Path != "/data" || string(n.Data) != "two!" || n.Stat != st {
		t.Errorf("get %+v", n)
	}
	if x := got(t, cl.Exists(bg, "/data")); x == nil || *x != st {
		t.Errorf("exists %+v", x)
	}
	for _, data := range [][]byte{nil, {}} { // null and empty are different
		got(t, cl.Set(bg, "/data", data, zk.AnyVersion))
		if n := got(t, cl.Get(bg, "/data")); (n.Data == nil) != (data == nil) || len(n.Data) != 0 {
			t.Errorf("set %#v, got %#v", data, n.Data)
		}
	}
	big := make([]byte, 1<<19)
	got(t, cl.Set(bg, "/data", big, 3))
	if n := got(t, cl.Get(bg, "/data")); len(n.Data) != len(big) {
		t.Errorf("set %d bytes, got %d", len(big), len(n.Data))
	}
	got(t, cl.Delete(bg, "/data", 4))
	if x := got(t, cl.Exists(bg, "/data")); x != nil {
		t.Errorf("deleted, and there: %+v", x)
	}
	if cl.LastZxid() <= st.Mzxid {
		t.Errorf("last zxid %#x after %#x", cl.LastZxid(), st.Mzxid)
	}
}

func smokeModes(t *testing.T, ens servers, cl, _ *zk.Client) {
	got(t, cl.Create(bg, "/modes", nil))
	if c := got(t, cl.Create(bg, "/modes/e", nil, zk.Ephemeral)); c.EphemeralOwner != cl.Session().ID {
		t.Errorf("ephemeral: %+v", c)
	}
	sequential := [][]zk.CreateOption{{zk.Sequential}, {zk.Sequential, zk.Ephemeral}, {zk.Ephemeral | zk.Sequential}, {zk.Sequential, zk.TTL(time.Hour)}}
	if !since(ens, "3.5.3") {
		sequential[3] = []zk.CreateOption{zk.Sequential}
	}
	for i, opts := range sequential {
		if c := got(t, cl.Create(bg, "/modes/s-", nil, opts...)); c.Path != fmt.Sprintf("/modes/s-%010d", i+1) {
			t.Errorf("sequential: %s", c.Path)
		}
	}
	if c := got(t, cl.Create(bg, "/modes/", nil, zk.Sequential)); c.Path != "/modes/0000000005" {
		t.Errorf("a number for a name: %s", c.Path)
	}
	if c := got(t, cl.Create(bg, "/modes/p-", nil, zk.Sequential, zk.Protected())); !strings.HasPrefix(c.Path, "/modes/_c_") || !strings.HasSuffix(c.Path, "-p-0000000006") {
		t.Errorf("protected: %s", c.Path)
	}
	if !since(ens, "3.5.3") {
		fails(t, cl.Create(bg, "/modes/container", nil, zk.Container), zk.ErrUnimplemented)
		fails(t, cl.Create(bg, "/modes/ttl", nil, zk.TTL(time.Hour)), zk.ErrUnimplemented)
		return
	}
	// A container goes when its last child has gone, a node with a TTL when it was left alone.
	got(t, cl.Create(bg, "/modes/container", nil, zk.Container))
	got(t, cl.Create(bg, "/modes/container/x", nil))
	got(t, cl.Delete(bg, "/modes/container/x", 0))
	got(t, cl.Create(bg, "/modes/ttl", nil, zk.TTL(time.Millisecond)))
	for _, path := range []string{"/modes/container", "/modes/ttl"} {
		eventually(t, path+" is gone", func() bool { return got(t, cl.Exists(bg, path)) == nil })
	}
}

func smokeTree(t *testing.T, ens servers, cl, _ *zk.Client) {
	got(t, cl.EnsurePath(bg, "/tree/a/b"))
	got(t, cl.EnsurePath(bg, "/tree/a/b"))
	got(t, cl.Create(bg, "/tree/c/d/e", nil, zk.MakeParents(), zk.Ephemeral))
	if since(ens, "3.5.1") {
		got(t, cl.Create(bg, "/tree/f/g", nil, zk.ContainerParents()))
	} else {
		got(t, cl.Create(bg, "/tree/f/g", nil, zk.MakeParents()))
	}
	kids := got(t, cl.Children(bg, "/tree"))
	slices.Sort(kids.Names)
	if !slices.Equal(kids.Names, []string{"a", "c", "f"}) || kids.NumChildren != 3 {
		t.Errorf("children %+v", kids)
	}
	got(t, cl.DeleteAll(bg, "/tree"))
	got(t, cl.DeleteAll(bg, "/tree"))
	if got(t, cl.Exists(bg, "/tree")) != nil {
		t.Error("deleted, and there")
	}
}

func smokeTxn(t *testing.T, ens servers, cl, other *zk.Client) {
	got(t, cl.Create(bg, "/txn", nil))
	tx := cl.Txn()
	tx.Check("/txn", 0)
	if !since(ens, "3.4") {
		fails(t, tx.Commit(bg), zk.ErrUnimplemented)
		return
	}
	one := tx.Create("/txn/s-", []byte("x"), zk.Sequential|zk.Ephemeral)
	var container, ttl zk.CreateOption = zk.Container, zk.TTL(time.Hour)
	if !since(ens, "3.5.3") {
		container, ttl = zk.Persistent, zk.Persistent
	}
	two := tx.Create("/txn/c", nil, container)
	three := tx.Create("/txn/t", nil, ttl)
	tx.Delete("/txn/t", zk.AnyVersion)
	set := tx.Set("/txn", []byte("y"), 0)
	got(t, tx.Commit(bg))
	if c := got(t, one); c.Path != "/txn/s-0000000000" || c.EphemeralOwner != cl.Session().ID {
		t.Errorf("created %+v", c)
	}
	if c, d := got(t, two), got(t, three); c.Path != "/txn/c" || d.Path != "/txn/t" || c.Czxid != d.Czxid {
		t.Errorf("created %+v and %+v", c, d)
	}
	st := got(t, set)
	got(t, other.Sync(bg, "/"))
	if n := got(t, other.Get(bg, "/txn")); n.Version != st.Version || n.Mzxid != got(t, one).Czxid || n.NumChildren != 2 {
		t.Errorf("a transaction with zxid %#x: %+v", got(t, one).Czxid, n.Stat)
	}
}

func smokeACL(t *testing.T, _ servers, cl, other *zk.Client) {
	acl := []zk.ACL{zk.DigestACL("user", "password", zk.PermAll), {Perms: zk.PermRead, Scheme: "world", ID: "anyone"}}
	got(t, cl.Create(bg, "/acl", nil))
	if st := got(t, cl.SetACL(bg, "/acl", acl, 0)); st.Aversion != 1 {
		t.Errorf("set ACL: %+v", st)
	}
	// A leader that has not applied it yet, though a follower has, may still go by the ACL of before.
	eventually(t, "the ACL counts", func() bool {
		_, err := ended(t, cl.Set(bg, "/acl", nil, zk.AnyVersion))
		return errors.Is(err, zk.ErrNoAuth)
	})
	got(t, other.AddAuth(bg, "digest", []byte("user:password")))
	got(t, other.Sync(bg, "/acl"))
	if list := got(t, other.GetACL(bg, "/acl")); !slices.Equal(list.ACL, acl) || list.Aversion != 1 {
		t.Errorf("get ACL: %+v", list)
	}
	got(t, other.Set(bg, "/acl", nil, zk.AnyVersion))
	got(t, other.Create(bg, "/acl/mine", nil, zk.ACLs(zk.CreatorACL())))
	got(t, cl.Sync(bg, "/acl"))
	fails(t, cl.Get(bg, "/acl/mine"), zk.ErrNoAuth)
}

func smokeWatches(t *testing.T, _ servers, cl, other *zk.Client) {
	got(t, cl.Create(bg, "/watched", nil))
	got(t, other.Sync(bg, "/"))
	data, kids := got(t, other.GetAndWatch(bg, "/watched")), got(t, other.ChildrenAndWatch(bg, "/watched"))
	coming, there := got(t, other.ExistsAndWatch(bg, "/watched/x")), got(t, other.ExistsAndWatch(bg, "/watched"))
	if coming.Value != nil || there.Value == nil || data.Value.Version != 0 || len(kids.Value.Names) != 0 {
		t.Errorf("watched %+v, %+v, %+v, %+v", data.Value, kids.Value, coming.Value, there.Value)
	}
	got(t, cl.Set(bg, "/watched", nil, 0))
	got(t, cl.Create(bg, "/watched/x", nil))
	for _, x := range []struct {
		changed *future.Future[zk.Event]
		typ     zk.EventType
		path    string
	}{
		{data.Changed, zk.NodeDataChanged, "/watched"},
		{there.Changed, zk.NodeDataChanged, "/watched"},
		{kids.Changed, zk.NodeChildrenChanged, "/watched"},
		{coming.Changed, zk.NodeCreated, "/watched/x"},
	} {
		if ev := got(t, x.changed); ev.Type != x.typ || ev.Path != x.path {
			t.Errorf("event %+v, want %v of %s", ev, x.typ, x.path)
		}
	}
	gone, unwanted := got(t, other.GetAndWatch(bg, "/watched/x")), got(t, other.ChildrenAndWatch(bg, "/watched"))
	got(t, unwanted.Unwatch(bg))
	fails(t, unwanted.Changed, zk.ErrUnwatched)
	got(t, cl.Delete(bg, "/watched/x", 0))
	if ev := got(t, gone.Changed); ev.Type != zk.NodeDeleted {
		t.Errorf("event %+v", ev)
	}
}

func smokeViews(t *testing.T, _ servers, cl, _ *zk.Client) {
	view := cl.Chroot("/view")
	got(t, view.EnsurePath(bg, "/"))
	if c := got(t, view.Create(bg, "/x", nil)); c.Path != "/x" {
		t.Errorf("created %s", c.Path)
	}
	if got(t, cl.Exists(bg, "/view/x")) == nil {
		t.Error("a view's node is not below its chroot")
	}
	w := got(t, view.GetAndWatch(bg, "/x"))
	got(t, cl.Pinned(cl.Session()).Delete(bg, "/view/x", 0))
	if ev := got(t, w.Changed); ev.Path != "/x" {
		t.Errorf("event %+v", ev)
	}
	fails(t, cl.Pinned(zk.Session{}).Delete(bg, "/view", 0), zk.ErrSessionExpired)
}

func smokeHold(t *testing.T, _ servers, cl, _ *zk.Client) {
	var hold *zk.Hold
	eventually(t, "the session is proved to live", func() bool {
		var err error
		got(t, cl.Sync(bg, "/"))
		hold, err = cl.Hold(cl.Session())
		return err == nil
	})
	if err := hold.Err(); err != nil {
		t.Error(err)
	}
	hold.Release()
	if d := time.Until(cl.Session().Deadline); d <= 0 || d > cl.Session().Timeout {
		t.Errorf("the session is certain to live for %v", d)
	}
}

// resume takes a session over, as a program does that was restarted.
func resume(t *testing.T, ens servers) {
	pool := handler.NewPool()
	if c, ok := ens.(cluster); ok {
		pool.Dialer = c.Dial
	}
	cl := ens.Client(t, zk.WithHandler(pool))
	got(t, cl.Create(bg, "/resumed", nil, zk.Ephemeral))
	s := cl.Session()
	pool.Stop() // the end of the program: no word to the server
	<-pool.Stopped()
	heir := ens.Client(t, zk.WithSession(s))
	if now := heir.Session(); now.ID != s.ID || !now.Resumed {
		t.Errorf("%v (resumed %v), want %v", now, now.Resumed, s)
	}
	got(t, heir.Delete(bg, "/resumed", 0))
}
