package zk_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
)

func TestCreateGetSetDelete(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		made := ok(w, cl.Create(ctx, "/a", []byte("x")))
		if made.Path != "/a" || made.Czxid == 0 || made.Czxid != made.Mzxid || made.Version != 0 || made.DataLength != 1 {
			w.Errorf("created %+v", made)
		}
		n := ok(w, cl.Get(ctx, "/a"))
		if n.Path != "/a" || string(n.Data) != "x" || n.Stat != made.Stat {
			w.Errorf("node %+v, created as %+v", n, made)
		}
		st := ok(w, cl.Set(ctx, "/a", []byte("yy"), 0))
		if st.Version != 1 || st.Mzxid <= made.Mzxid || st.Czxid != made.Czxid || st.DataLength != 2 {
			w.Errorf("after Set: %+v", st)
		}
		if n := ok(w, cl.Get(ctx, "/a")); string(n.Data) != "yy" || n.Stat != st {
			w.Errorf("node %+v, want Stat %+v", n, st)
		}
		ok(w, cl.Create(ctx, "/a/b", nil))
		ok(w, cl.Create(ctx, "/a/c", nil))
		kids := ok(w, cl.Children(ctx, "/a"))
		slices.Sort(kids.Names)
		if !slices.Equal(kids.Names, []string{"b", "c"}) || kids.NumChildren != 2 || kids.Cversion != 2 {
			w.Errorf("children %+v", kids)
		}
		ok(w, cl.Delete(ctx, "/a/b", 0))
		ok(w, cl.Delete(ctx, "/a/c", zk.AnyVersion))
		ok(w, cl.Delete(ctx, "/a", 1))
		if st := ok(w, cl.Exists(ctx, "/a")); st != nil {
			w.Errorf("a deleted node exists: %+v", st)
		}
		ok(w, cl.Sync(ctx, "/a"))
		if got := cl.InFlight(); got != 0 {
			w.Errorf("%d operations in flight", got)
		}
		if cl.LastZxid() < st.Mzxid {
			w.Errorf("last zxid %d, and %d was seen", cl.LastZxid(), st.Mzxid)
		}
	})
}

// Every operation, and every refusal that a server has for it.
func TestRefusals(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		ok(w, cl.Create(ctx, "/full", nil))
		ok(w, cl.Create(ctx, "/full/kid", nil))
		ok(w, cl.Create(ctx, "/eph", nil, zk.Ephemeral))
		secret := zk.ACLs{zk.DigestACL("boss", "pw", zk.PermAll)}
		ok(w, cl.Create(ctx, "/secret", nil, secret))
		acl := zk.OpenACL()
		for _, c := range []struct {
			op, path string
			want     error
			err      error
		}{
			{"create", "/no/x", zk.ErrNoNode, cl.Create(ctx, "/no/x", nil).WaitErr()},
			{"create", "/n", zk.ErrNodeExists, cl.Create(ctx, "/n", nil).WaitErr()},
			{"create", "/eph/x", zk.ErrNoChildrenForEphemerals, cl.Create(ctx, "/eph/x", nil).WaitErr()},
			{"create", "/secret/x", zk.ErrNoAuth, cl.Create(ctx, "/secret/x", nil).WaitErr()},
			{"create", "/x", zk.ErrInvalidACL, cl.Create(ctx, "/x", nil, zk.ACLs(zk.CreatorACL())).WaitErr()},
			{"create", "/x", zk.ErrInvalidACL, cl.Create(ctx, "/x", nil, zk.ACLs{{Perms: zk.PermAll, Scheme: "nonsense", ID: "x"}}).WaitErr()},
			{"getData", "/no", zk.ErrNoNode, cl.Get(ctx, "/no").WaitErr()},
			{"getData", "/secret", zk.ErrNoAuth, cl.Get(ctx, "/secret").WaitErr()},
			{"getData", "/no", zk.ErrNoNode, cl.GetAndWatch(ctx, "/no").WaitErr()},
			{"exists", "/secret", zk.ErrNoAuth, cl.Exists(ctx, "/secret").WaitErr()},
			{"exists", "/secret", zk.ErrNoAuth, cl.ExistsAndWatch(ctx, "/secret").WaitErr()},
			{"getChildren", "/no", zk.ErrNoNode, cl.Children(ctx, "/no").WaitErr()},
			{"getChildren", "/secret", zk.ErrNoAuth, cl.Children(ctx, "/secret").WaitErr()},
			{"getChildren", "/no", zk.ErrNoNode, cl.ChildrenAndWatch(ctx, "/no").WaitErr()},
			{"setData", "/no", zk.ErrNoNode, cl.Set(ctx, "/no", nil, 0).WaitErr()},
			{"setData", "/n", zk.ErrBadVersion, cl.Set(ctx, "/n", nil, 7).WaitErr()},
			{"setData", "/secret", zk.ErrNoAuth, cl.Set(ctx, "/secret", nil, 0).WaitErr()},
			{"delete", "/no", zk.ErrNoNode, cl.Delete(ctx, "/no", 0).WaitErr()},
			{"delete", "/n", zk.ErrBadVersion, cl.Delete(ctx, "/n", 7).WaitErr()},
			{"delete", "/full", zk.ErrNotEmpty, cl.Delete(ctx, "/full", 0).WaitErr()},
			{"delete", "/zookeeper", zk.ErrBadArguments, cl.Delete(ctx, "/zookeeper", zk.AnyVersion).WaitErr()},
			{"delete", "/", zk.ErrBadArguments, cl.Delete(ctx, "/", zk.AnyVersion).WaitErr()},
			{"getACL", "/no", zk.ErrNoNode, cl.GetACL(ctx, "/no").WaitErr()},
			{"getACL", "/secret", zk.ErrNoAuth, cl.GetACL(ctx, "/secret").WaitErr()},
			{"setACL", "/no", zk.ErrNoNode, cl.SetACL(ctx, "/no", acl, 0).WaitErr()},
			{"setACL", "/n", zk.ErrBadVersion, cl.SetACL(ctx, "/n", acl, 7).WaitErr()},
			{"setACL", "/secret", zk.ErrNoAuth, cl.SetACL(ctx, "/secret", acl, 0).WaitErr()},
			{"setACL", "/n", zk.ErrInvalidACL, cl.SetACL(ctx, "/n", []zk.ACL{{Perms: 1, Scheme: "x", ID: "y"}}, 0).WaitErr()},
		} {
			oe := isRefusal(w, c.err, c.want, false)
			if oe.Op != c.op || oe.Path != c.path {
				w.Errorf("%v: is about %s %s, want %s %s", c.err, oe.Op, oe.Path, c.op, c.path)
			}
			var code zk.Code
			if !errors.As(c.err, &code) && !errors.Is(c.err, zk.ErrBadArguments) {
				w.Errorf("%v: no Code in it", c.err)
			}
		}
	})
}

func TestNullAndEmptyDataAreTwoThings(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		for _, data := range [][]byte{nil, {}, []byte("x")} {
			same := func(how string, got []byte) {
				if (got == nil) != (data == nil) || !bytes.Equal(got, data) {
					w.Errorf("%s: put %#v, got %#v", how, data, got)
				}
			}
			ok(w, cl.Create(ctx, "/n", data))
			same("Create", ok(w, cl.Get(ctx, "/n")).Data)
			ok(w, cl.Set(ctx, "/n", data, zk.AnyVersion))
			same("Set", ok(w, cl.Get(ctx, "/n")).Data)
			tx := cl.Txn()
			tx.Set("/n", data, zk.AnyVersion)
			tx.Create("/n/tx", data)
			ok(w, tx.Commit(ctx))
			same("Txn.Set", ok(w, cl.Get(ctx, "/n")).Data)
			same("Txn.Create", ok(w, cl.Get(ctx, "/n/tx")).Data)
			p := ok(w, cl.Create(ctx, "/n/p/q", data, zk.Protected(), zk.MakeParents()))
			same("protected Create", ok(w, cl.Get(ctx, p.Path)).Data)
			if parent := ok(w, cl.Get(ctx, "/n/p")); parent.Data != nil {
				w.Errorf("a made parent has data %q", parent.Data)
			}
			ok(w, cl.DeleteAll(ctx, "/n"))
		}
	})
}

// Data belongs to the caller again as soon as the call has returned.
func TestDataIsCopied(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		data := []byte("before")
		acl := zk.OpenACL()
		tx := cl.Txn()
		tx.Create("/tx", data)
		set := tx.Set("/tx", data, zk.AnyVersion)
		fs := []interface{ WaitErr() error }{
			cl.Create(ctx, "/plain", data, zk.ACLs(acl)),
			cl.Create(ctx, "/made/parents", data, zk.MakeParents(), zk.ACLs(acl)),
			cl.Create(ctx, "/set", nil), cl.Set(ctx, "/set", data, zk.AnyVersion), cl.SetACL(ctx, "/set", acl, zk.AnyVersion),
			cl.EnsurePath(ctx, "/ensured/path", acl...),
		}
		copy(data, "behind")
		acl[0] = zk.ACL{Scheme: "nonsense"}
		fs = append(fs, tx.Commit(ctx), set)
		for i, f := range fs {
			if err := f.WaitErr(); err != nil {
				w.Errorf("operation %d: %v", i, err)
			}
		}
		for _, path := range []string{"/plain", "/made/parents", "/set", "/tx"} {
			if n := ok(w, cl.Get(ctx, path)); string(n.Data) != "before" {
				w.Errorf("%s holds %q", path, n.Data)
			}
		}
		if l := ok(w, cl.GetACL(ctx, "/ensured/path")); l.ACL[0] != zk.OpenACL()[0] {
			w.Errorf("ACL %v", l.ACL)
		}
	})
}
