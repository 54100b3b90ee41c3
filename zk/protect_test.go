package zk_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

func isCreate(op wire.Op) bool {
	switch op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
		return true
	}
	return false
}

// protectedModes are the ways to create a protected node below /p.
var protectedModes = []struct {
	name string
	opts []zk.CreateOption
	want string
}{
	{"persistent", nil, `^/p/_c_[0-9a-f]{32}-n-$`},
	{"sequential", []zk.CreateOption{zk.Sequential}, `^/p/_c_[0-9a-f]{32}-n-\d{10}$`},
	{"ephemeral", []zk.CreateOption{zk.Ephemeral}, `^/p/_c_[0-9a-f]{32}-n-$`},
	{"ephemeral sequential", []zk.CreateOption{zk.Ephemeral | zk.Sequential}, `^/p/_c_[0-9a-f]{32}-n-\d{10}$`},
}

// kids returns the children of a node as the server has them.
func (w *world) kids(path string) (names []string) {
	w.srv.Do(func(s *core.Server) {
		for _, n := range s.State().Nodes(path) {
			if n.Path != path {
				names = append(names, strings.TrimPrefix(n.Path, path+"/"))
			}
		}
	})
	return names
}

// Whenever the connection is lost, exactly one node is made, and its path returned.
func TestProtected(t *testing.T) {
	for _, v := range []core.Version{core.V3_9, core.V3_4} {
		for _, mode := range protectedModes {
			t.Run(v.String()+" "+mode.name, func(t *testing.T) {
				everywhere(t, func(w *world) {
					protectedLosses(w, append([]zk.CreateOption{zk.Protected()}, mode.opts...), mode.want)
				}, version(v))
			})
		}
	}
}

func protectedLosses(w *world, opts []zk.CreateOption, want string) {
	cl := w.client()
	before, after := core.Verdict{Cut: core.CutBefore}, core.Verdict{Cut: core.CutAfter}
	held := core.Verdict{Hold: time.Hour} // applied, and the reply comes too late
	for _, c := range []struct {
		name    string
		creates []core.Verdict // what becomes of the first creates
		others  []core.Verdict // and of what is asked in between
	}{
		{"nothing", nil, nil},
		{"cut before", []core.Verdict{before}, nil},
		{"cut after", []core.Verdict{after}, nil},
		{"reply lost", []core.Verdict{held}, nil},
		{"cut before twice", []core.Verdict{before, before}, nil},
		{"cut before, then after", []core.Verdict{before, after}, nil},
		{"cut after, and in the sync", []core.Verdict{after}, []core.Verdict{before}},
		{"cut after, and in the search", []core.Verdict{after}, []core.Verdict{core.Pass, before}},
		{"cut after, and in the look", []core.Verdict{after}, []core.Verdict{core.Pass, core.Pass, before}},
		{"cut before, and in the search", []core.Verdict{before}, []core.Verdict{core.Pass, after}},
		{"cut always", []core.Verdict{before, before, after}, []core.Verdict{before, after, core.Pass, before, after, core.Pass, after}},
	} {
		ok(w, cl.DeleteAll(ctx, "/p"))
		ok(w, cl.Create(ctx, "/p", nil))
		foreign := ok(w, cl.Create(ctx, "/p/_c_00000000000000000000000000000000-n-", nil))
		creates, others := c.creates, c.others
		w.intercept(func(in *core.Incoming) core.Verdict {
			list := &others
			switch {
			case isCreate(in.Op):
				if in.Op == wire.OpCreate2 && w.old() {
					return core.Pass // will be refused
				}
				list = &creates
			case in.Op == wire.OpSync, in.Op == wire.OpExists, in.Op == wire.OpGetChildren2, in.Op == wire.OpGetEphemerals:
			default:
				return core.Pass
			}
			if len(*list) == 0 {
				return core.Pass
			}
			v := (*list)[0]
			*list = (*list)[1:]
			return v
		})
		made := ok(w, cl.Create(ctx, "/p/n-", []byte("data"), opts...))
		w.intercept(nil)
		if len(creates)+len(others) > 0 {
			w.Errorf("%s: the test has not come to its end: %d and %d left", c.name, len(creates), len(others))
		}
		if !regexp.MustCompile(want).MatchString(made.Path) {
			w.Errorf("%s: created %q, want %s", c.name, made.Path, want)
		}
		kids := w.kids("/p")
		if len(kids) != 2 {
			w.Errorf("%s: %d nodes were made: %v", c.name, len(kids)-1, kids)
		}
		st := ok(w, cl.Exists(ctx, made.Path))
		if st == nil || st.Czxid != made.Czxid || st.EphemeralOwner != made.EphemeralOwner || made.DataLength != 4 {
			w.Errorf("%s: returned %+v, and the node is %+v", c.name, made, st)
		}
		ok(w, cl.Delete(ctx, foreign.Path, 0))
	}
}

// old reports whether the server is older than create2.
func (w *world) old() (old bool) { return w.version == core.V3_4 }

// The session ends before it is known what has become of the node: then nothing is created in the next one.
func TestProtectedSessionExpires(t *testing.T) {
	for _, mode := range protectedModes {
		t.Run(mode.name, func(t *testing.T) {
			everywhere(t, func(w *world) {
				cl := w.client()
				ok(w, cl.Create(ctx, "/p", nil))
				creates := 0
				w.intercept(func(in *core.Incoming) core.Verdict {
					if isCreate(in.Op) {
						creates++
						return core.Verdict{Cut: core.CutAfter}
					}
					if in.Op == wire.OpCreateSession && in.Session != 0 {
						return core.Verdict{Code: wire.CodeSessionExpired}
					}
					return core.Pass
				})
				refused(w, cl.Create(ctx, "/p/n-", nil, append(mode.opts, zk.Protected())...), zk.ErrSessionExpired, true)
				w.intercept(nil)
				w.await(cl, zk.Connected)
				if creates != 1 || len(w.kids("/p")) != 1 {
					w.Errorf("%d creates were sent, %d nodes are there", creates, len(w.kids("/p")))
				}
			})
		})
	}
}

// Somebody who may create, but not look, cannot find out.
func TestProtectedWithoutREAD(t *testing.T) {
	onPool(t, func(w *world) {
		boss, cl := w.client(zk.WithAuth("digest", []byte("boss:pw"))), w.client()
		blind := zk.ACL{Perms: zk.PermCreate, Scheme: "world", ID: "anyone"}
		ok(w, boss.Create(ctx, "/p", nil, zk.ACLs{blind, zk.DigestACL("boss", "pw", zk.PermAll)}))
		creates := 0
		w.intercept(func(in *core.Incoming) core.Verdict {
			if isCreate(in.Op) {
				creates++
				return core.Verdict{Cut: core.CutAfter}
			}
			return core.Pass
		})
		oe := refused(w, cl.Create(ctx, "/p/n-", nil, zk.Protected(), zk.Sequential), zk.ErrNoAuth, true)
		if oe.Path != "/p/n-" || oe.Op != "create" {
			w.Errorf("the error is about %s %s", oe.Op, oe.Path)
		}
		if creates != 1 || len(w.kids("/p")) != 1 {
			w.Errorf("%d creates were sent, %d nodes are there", creates, len(w.kids("/p")))
		}
		// An ephemeral node is found all the same: nobody needs READ to know its own (3.6).
		creates = 0
		w.intercept(func(in *core.Incoming) core.Verdict {
			if isCreate(in.Op) {
				creates++
				if creates == 1 {
					return core.Verdict{Cut: core.CutAfter}
				}
			}
			return core.Pass
		})
		ok(w, cl.Create(ctx, "/p/e-", nil, zk.Protected(), zk.Ephemeral|zk.Sequential))
		if creates != 1 {
			w.Errorf("%d creates were sent", creates)
		}
	})
}

// ctx ends while it is unknown what has become of the node.
func TestProtectedCancelledInSearch(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		w.intercept(func(in *core.Incoming) core.Verdict {
			if isCreate(in.Op) {
				return core.Verdict{Cut: core.CutAfter}
			}
			if in.Op == wire.OpSync {
				return core.Verdict{Delay: time.Hour}
			}
			return core.Pass
		})
		short, cancel := w.h.WithTimeout(ctx, time.Second)
		defer cancel()
		refused(w, cl.Create(short, "/n", nil, zk.Protected()), context.DeadlineExceeded, true)
		w.intercept(nil)
	})
}

// The parent was never there: that is found out in the search, too, and the parents are made then.
func TestProtectedWithParents(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		cuts := 4
		w.intercept(func(in *core.Incoming) core.Verdict {
			if isCreate(in.Op) && cuts > 0 {
				cuts--
				return core.Verdict{Cut: core.CutBefore + core.Cut(cuts%2)} // before the first, after the next …
			}
			return core.Pass
		})
		made := ok(w, cl.Create(ctx, "/p/q/n", nil, zk.Protected(), zk.MakeParents()))
		if kids := w.kids("/p"); len(kids) != 2 || cuts != 0 {
			w.Errorf("created %s, and there are %v; %d cuts left", made.Path, kids, cuts)
		}
		refused(w, cl.Create(ctx, "/no/n", nil, zk.Protected()), zk.ErrNoNode, false)
	})
}

// A name that is unguessable already is kept. An ephemeral node with that name that an earlier session has left
// behind is removed.
func TestProtectedName(t *testing.T) {
	for _, v := range []core.Version{core.V3_9, core.V3_4} {
		t.Run(v.String(), func(t *testing.T) {
			everywhere(t, func(w *world) {
				cl, earlier := w.client(), w.client()
				guid := cl.GUID()
				if other := cl.GUID(); len(guid) != 32 || other == guid {
					w.Errorf("GUIDs %s and %s", guid, other)
				}
				ok(w, cl.Create(ctx, "/p", nil))
				opts := []zk.CreateOption{zk.ProtectedName(), zk.Ephemeral | zk.Sequential}
				left := ok(w, earlier.Create(ctx, "/p/"+guid+"-n-", nil, opts...))
				ok(w, cl.Create(ctx, "/p/"+guid+"-n-x", nil)) // not ours: no number behind it
				cuts := 1
				w.intercept(func(in *core.Incoming) core.Verdict {
					if isCreate(in.Op) && cuts > 0 && !(w.old() && in.Op == wire.OpCreate2) {
						cuts--
						return core.Verdict{Cut: core.CutBefore}
					}
					return core.Pass
				})
				made := ok(w, cl.Create(ctx, "/p/"+guid+"-n-", nil, opts...))
				if made.Path != "/p/"+guid+"-n-0000000002" || made.EphemeralOwner != cl.Session().ID {
					w.Errorf("created %+v", made)
				}
				st := ok(w, cl.Exists(ctx, left.Path))
				if w.old() && st != nil { // where only children can be listed, it is seen
					w.Errorf("%s is still there: %+v", left.Path, st)
				}
				if st := ok(w, cl.Exists(ctx, "/p/"+guid+"-n-x")); st == nil {
					w.Error("a node that only looks like ours was removed")
				}
			}, version(v))
		})
	}
}

// Under a chroot the prefix goes before the name, on the right side of the boundary.
func TestProtectedInChroot(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/app", nil))
		view := cl.Chroot("/app")
		cuts := 2
		w.intercept(func(in *core.Incoming) core.Verdict {
			if isCreate(in.Op) && cuts > 0 {
				cuts--
				return core.Verdict{Cut: core.CutAfter}
			}
			return core.Pass
		})
		made := ok(w, view.Create(ctx, "/", nil, zk.Protected(), zk.Sequential))
		if !regexp.MustCompile(`^/_c_[0-9a-f]{32}-\d{10}$`).MatchString(made.Path) {
			w.Errorf("created %s", made.Path)
		}
		other := ok(w, view.Create(ctx, "/x", nil, zk.Protected(), zk.Ephemeral))
		if got := fmt.Sprint(w.kids("/app")); len(w.kids("/app")) != 2 || !strings.Contains(got, made.Path[1:]) || !strings.Contains(got, other.Path[1:]) {
			w.Errorf("created %s and %s, and there are %s", made.Path, other.Path, got)
		}
		refused(w, view.Create(ctx, "/", nil, zk.Protected()), zk.ErrBadArguments, false)
		if st := ok(w, cl.Children(ctx, "/")); len(st.Names) != 2 {
			w.Errorf("beside the chroot there are %v", st.Names)
		}
	})
}

// Without protection a lost answer is the caller's to deal with.
func TestUnprotected(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
			w.intercept(func(in *core.Incoming) core.Verdict {
				if isCreate(in.Op) {
					return core.Verdict{Cut: cut}
				}
				return core.Pass
			})
			refused(w, cl.Create(ctx, "/n", nil), zk.ErrConnectionLoss, true)
			refused(w, cl.Create(ctx, "/n", nil, zk.MakeParents()), zk.ErrConnectionLoss, true)
		}
		if !errors.Is(cl.Create(ctx, "/n", nil).WaitErr(), zk.ErrConnectionLoss) {
			w.Error("not lost")
		}
	})
}
