package zktest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
)

// smokeNewer does what servers know from 3.5, 3.6 and 3.7 on, and sees it refused by older ones.
func smokeNewer(t *testing.T, ens servers, cl, _ *zk.Client) {
	if v := got(t, cl.ServerVersion(bg)); v.String() != ens.Version() {
		t.Errorf("version %v, want %s", v, ens.Version())
	}
	got(t, cl.Create(bg, "/newer", []byte("x")))
	got(t, cl.Create(bg, "/newer/e", nil, zk.Ephemeral))
	got(t, cl.Create(bg, "/newer/sub", nil))
	got(t, cl.Create(bg, "/newer/sub/e", nil, zk.Ephemeral))
	sub := cl.Chroot("/newer/sub")

	all := got(t, cl.MultiGet(bg, "/newer", "/no", "/newer/sub")) // works everywhere
	if len(all) != 3 || all[0].Err != nil || string(all[0].Value.Data) != "x" || all[2].Value.Path != "/newer/sub" {
		t.Errorf("MultiGet: %+v", all)
	}
	if n := got(t, cl.Get(bg, "/newer")); all[0].Value.Stat != n.Stat {
		t.Errorf("MultiGet: %+v, want %+v", all[0].Value.Stat, n.Stat)
	}
	if !errors.Is(all[1].Err, zk.ErrNoNode) {
		t.Errorf("MultiGet: %v", all[1].Err)
	}
	kids := got(t, cl.MultiChildren(bg, "/newer", "/no"))
	if names := kids[0].Value; !slices.Equal(slices.Sorted(slices.Values(names)), []string{"e", "sub"}) || kids[1].Err == nil {
		t.Errorf("MultiChildren: %+v", kids)
	}

	if since(ens, "3.6") {
		if n := got(t, cl.ChildrenCount(bg, "/newer")); n != 3 {
			t.Errorf("%d descendants", n)
		}
		fails(t, cl.ChildrenCount(bg, "/no"), zk.ErrNoNode)
		if paths := got(t, sub.Ephemerals(bg, "/")); !slices.Equal(paths, []string{"/e"}) {
			t.Errorf("ephemerals of the view: %v", paths)
		}
		if paths := got(t, cl.Ephemerals(bg, "/newer/s")); !slices.Equal(paths, []string{"/newer/sub/e"}) {
			t.Errorf("ephemerals: %v", paths)
		}
	} else {
		fails(t, cl.ChildrenCount(bg, "/newer"), zk.ErrUnimplemented)
		fails(t, cl.Ephemerals(bg, "/"), zk.ErrUnimplemented)
	}
	if since(ens, "3.7") {
		got(t, cl.AddAuth(bg, "digest", []byte("anna:pw")))
		ids := got(t, cl.WhoAmI(bg))
		if !slices.Contains(ids, zk.ClientInfo{Scheme: "digest", User: "anna"}) || !slices.ContainsFunc(ids, func(i zk.ClientInfo) bool { return i.Scheme == "ip" }) {
			t.Errorf("I am %v", ids)
		}
	} else {
		fails(t, cl.WhoAmI(bg), zk.ErrUnimplemented)
	}
	if since(ens, "3.5") {
		got(t, cl.GetConfig(bg))
		newerTxn(t, cl)
	} else {
		fails(t, cl.GetConfig(bg), zk.ErrUnimplemented)
		tx := cl.Txn()
		tx.Create("/newer/box", nil, zk.Container)
		fails(t, tx.Commit(bg), zk.ErrUnimplemented)
	}
	words := map[string]string{"ruok": "imok", "srvr": "Mode: ", "mntr": "zk_version\t"}
	if !since(ens, "3.4") {
		delete(words, "mntr")
	}
	for word, want := range words {
		if answer := got(t, cl.FourLetter(bg, word)); !strings.Contains(answer, want) {
			t.Errorf("%s: %q", word, answer)
		}
	}
	fails(t, cl.FourLetter(bg, "zzzz"), zk.ErrConnectionLoss)
	got(t, cl.DeleteAll(bg, "/newer"))
}

// newerTxn makes what is newer in a transaction.
func newerTxn(t *testing.T, cl *zk.Client) {
	tx := cl.Txn()
	box := tx.Create("/newer/box", nil, zk.Container)
	brief := tx.Create("/newer/brief-", nil, zk.TTL(time.Hour), zk.Sequential)
	got(t, tx.Commit(bg))
	for _, made := range []zk.Created{got(t, box), got(t, brief)} {
		if st := got(t, cl.Exists(bg, made.Path)); st == nil || *st != made.Stat {
			t.Errorf("created %+v, there is %+v", made, st)
		}
	}
}
