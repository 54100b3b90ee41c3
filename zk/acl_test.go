package zk_test

import (
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
)

func TestDigest(t *testing.T) {
	for _, c := range []struct{ user, password, want string }{
		{"bob", "pw", "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="},
		{"super", "pw", "super:0bX78nEegDzJM3ju0iLBEJdWzjg="},
	} {
		if got := zk.Digest(c.user, c.password); got != c.want {
			t.Errorf("Digest(%q, %q) = %q, want %q", c.user, c.password, got, c.want)
		}
		want := zk.ACL{Perms: zk.PermRead | zk.PermAdmin, Scheme: "digest", ID: c.want}
		if got := zk.DigestACL(c.user, c.password, zk.PermRead|zk.PermAdmin); got != want {
			t.Errorf("DigestACL(%q, %q) = %+v, want %+v", c.user, c.password, got, want)
		}
	}
}

func TestSetACL(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/a", []byte("x")))
		refused(w, cl.SetACL(ctx, "/a", nil, 0), zk.ErrInvalidACL, false)
		acl := []zk.ACL{zk.DigestACL("bob", "pw", zk.PermAll), {Perms: zk.PermRead, Scheme: "world", ID: "anyone"}}
		st := ok(w, cl.SetACL(ctx, "/a", acl, 0))
		if st.Aversion != 1 || st.Version != 0 {
			w.Errorf("after SetACL: %+v", st)
		}
		refused(w, cl.SetACL(ctx, "/a", acl, 0), zk.ErrNoAuth, false)
		refused(w, cl.Set(ctx, "/a", nil, 0), zk.ErrNoAuth, false)
		ok(w, cl.Get(ctx, "/a"))
		if got := ok(w, cl.GetACL(ctx, "/a")).ACL; got[0].ID != "bob:x" {
			w.Errorf("the digest is shown to everybody: %v", got)
		}
		ok(w, cl.AddAuth(ctx, "digest", []byte("bob:pw")))
		got := ok(w, cl.GetACL(ctx, "/a"))
		if !slices.Equal(got.ACL, acl) || got.Stat.Aversion != 1 {
			w.Errorf("ACL %+v, want %+v", got, acl)
		}
		ok(w, cl.SetACL(ctx, "/a", zk.OpenACL(), zk.AnyVersion))
	})
}
