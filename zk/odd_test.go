package zk_test

import (
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
)

// Names and credentials that are not ASCII, or look like something else, are what they are, under a chroot, too.
func TestOddCharacters(t *testing.T) {
	const user, password = "jürgen", `pä"ss:wö\rd 日本`
	everywhere(t, func(w *world) {
		cl := w.client().Chroot("/äpp")
		path := `/日本/a b\"é`
		ok(w, cl.EnsurePath(ctx, "/日本"))
		made := ok(w, cl.Create(ctx, path, nil, zk.ACLs{zk.DigestACL(user, password, zk.PermAll)}))
		if made.Path != path {
			w.Errorf("made %s", made.Path)
		}
		if l := ok(w, cl.Children(ctx, "/日本")); !slices.Equal(l.Names, []string{`a b\"é`}) {
			w.Errorf("nodes %q", l.Names)
		}
		refused(w, cl.Get(ctx, path), zk.ErrNoAuth, false)
		ok(w, cl.AddAuth(ctx, "digest", []byte(user+":"+password)))
		ok(w, cl.Get(ctx, path))
	})
}

// Whether a node is there may be asked, and Sync be called, where not even its parent is.
func TestNothingThere(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		if st := ok(w, cl.Exists(ctx, "/not/there")); st != nil {
			w.Errorf("there is %+v", st)
		}
		ok(w, cl.Sync(ctx, "/not/there"))
	})
}
