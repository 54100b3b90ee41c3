package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// parties are both kinds.
var parties = []struct {
	name string
	make func(cl *zk.Client, path string, opts ...recipes.Option) *recipes.Party
	node *regexp.Regexp
}{
	{"deep", recipes.NewParty, regexp.MustCompile(`^[0-9a-f]{32}__party__$`)},
	{"shallow", recipes.NewShallowParty, regexp.MustCompile(`^[0-9a-f]{32}-m\d$`)},
}

// Members come and go, and everybody sees who is there. Nodes have Kazoo's names; others are no members.
func TestParty(t *testing.T) {
	for _, kind := range parties {
		t.Run(kind.name, func(t *testing.T) {
			scenes(t, func(t *testing.T, s scene) {
				cl, other := s.client(t), s.client(t)
				var all []*recipes.Party
				var want []string
				wantMembers := func() {
					t.Helper()
					get(t, cl, cl.Sync(ctx, "/"))
					p := kind.make(cl, "/party")
					if got, n := get(t, cl, p.Members(ctx)), get(t, cl, p.Len(ctx)); !slices.Equal(got, want) || n != len(want) {
						t.Fatalf("members: %v, %d of them, want %v", got, n, want)
					}
				}
				wantMembers()
				for i := range 5 {
					id := fmt.Sprint("m", i)
					p := kind.make(other, "/party", recipes.WithIdentifier(id))
					if p.Joined() {
						t.Fatal("joined before Join")
					}
					get(t, other, p.Join(ctx))
					get(t, other, p.Join(ctx))
					all, want = append(all, p), append(want, id)
					if !p.Joined() {
						t.Fatal("not joined")
					}
					wantMembers()
				}
				for _, name := range kids(t, cl, "/party") {
					if !kind.node.MatchString(name) {
						t.Errorf("a node's name is %s", name)
					}
				}
				for _, foreign := range []string{"x", "m1", "__party__", "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdeg-m9"} {
					change(t, cl, cl.Create(ctx, "/party/"+foreign, []byte("foreign")))
				}
				for _, p := range all {
					wantMembers()
					get(t, other, p.Leave(ctx))
					get(t, other, p.Leave(ctx))
					want = want[1:]
				}
				wantMembers()
				if err := all[0].Err(); err != nil || all[0].Joined() {
					t.Errorf("after Leave: %v", err)
				}
				get(t, other, all[0].Join(ctx))
				want = []string{"m0"}
				wantMembers()
				noWatches(t, cl, s)
			})
		})
	}
}

// A shallow party is listed with one request; a join that finds the path there is one, and one for a watch.
func TestCostOfAParty(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		p := recipes.NewShallowParty(cl, "/party", recipes.WithIdentifier("a"))
		change(t, cl, cl.Create(ctx, "/party", nil))
		wantRequests(t, "join", requests(s, func() {
			get(t, cl, p.Join(ctx))
			get(t, cl, cl.Sync(ctx, "/"))
		}), map[string]int{"create2": 1, "exists": 1, "sync": 1})
		get(t, cl, recipes.NewShallowParty(cl, "/party").Join(ctx))
		get(t, cl, cl.Sync(ctx, "/"))
		wantRequests(t, "members", requests(s, func() { get(t, cl, p.Members(ctx)) }), map[string]int{"getChildren2": 1})
		wantRequests(t, "length", requests(s, func() { get(t, cl, p.Len(ctx)) }), map[string]int{"getChildren2": 1})
		wantRequests(t, "leave", requests(s, func() { get(t, cl, p.Leave(ctx)) }), map[string]int{"delete": 1})
	})
}

// alive waits until a client is connected, in another session than old.
func alive(t *testing.T, cl *zk.Client, old int64) {
	t.Helper()
	for limit := soon(t, cl); limit.Err() == nil; {
		if err := cl.Sync(limit, "/").WaitErr(); err == nil && cl.Session().ID != old {
			return
		}
	}
	t.Fatal("no session")
}

// watchFor waits until a watch shows certain members.
func watchFor(t *testing.T, cl *zk.Client, watch *recipes.MembersWatch, want ...string) {
	t.Helper()
	var last []string
	for last = range watch.Updates(soon(t, cl)) {
		if slices.Equal(last, want) {
			return
		}
	}
	t.Fatalf("a watch shows %v, and never %v: %v", last, want, watch.Err())
}

// Who has joined is a member until he leaves: also when the session ends, when somebody deletes his node or the path, or
// puts a node of another session in its place. And a watch shows it.
func TestPartyStays(t *testing.T) {
	for _, kind := range parties {
		t.Run(kind.name, func(t *testing.T) {
			scenes(t, func(t *testing.T, s scene) {
				cl, other := s.client(t), s.client(t)
				watch := kind.make(other, "/party").Watch()
				watchFor(t, other, watch)
				p := kind.make(cl, "/party", recipes.WithIdentifier("m1"))
				get(t, cl, p.Join(ctx))
				watchFor(t, other, watch, "m1")
				// back waits until our node is there, once, and of our session.
				back := func(after string) {
					t.Helper()
					for limit := soon(t, cl); ; {
						get(t, cl, p.Join(ctx))
						n := 0
						s.do(func(c *core.Server) {
							for _, node := range c.State().Nodes("/party") {
								if node.Stat.EphemeralOwner == cl.Session().ID {
									n++
								}
							}
						})
						if n == 1 && p.Joined() {
							return
						}
						if err := cl.Sync(limit, "/").WaitErr(); err != nil {
							t.Fatalf("%d nodes after %s: %v", n, after, err)
						}
					}
				}
				back("joined")

				s.drop(cl.Session().ID)
				alive(t, cl, 0)
				back("a lost connection")

				old := cl.Session().ID
				s.expire(old)
				alive(t, cl, old)
				back("the end of the session")

				node := "/party/" + kids(t, other, "/party")[0]
				change(t, other, other.Delete(ctx, node, zk.AnyVersion))
				back("its node was deleted")

				change(t, other, other.DeleteAll(ctx, "/party"))
				back("the path was deleted")

				tx := other.Txn() // as if it were a node of an earlier session of ours
				tx.Delete(node, zk.AnyVersion)
				tx.Create(node, []byte("m1"), zk.Ephemeral)
				change(t, other, tx.Commit(ctx))
				back("its node was replaced")

				watchFor(t, other, watch, "m1")
				get(t, cl, p.Leave(ctx))
				watchFor(t, other, watch)
				get(t, other, watch.Stop())
				if err := watch.Err(); err != nil {
					t.Errorf("stopped: %v", err)
				}
				noWatches(t, cl, s)
				noWatches(t, other, s)
			})
		})
	}
}

// A member that is away just when a watch asks for its identifier, and back under the same name, is seen again.
func TestPartyWatchSeesWhoIsBack(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		change(t, cl, cl.Create(ctx, "/party", nil))
		watch := recipes.NewParty(other, "/party").Watch()
		watchFor(t, other, watch)
		asked, watcher := future.NewPromise[struct{}](cl.Handler().Lane("asked")), other.Session().ID
		s.do(func(c *core.Server) {
			c.SetIntercept(func(in *core.Incoming) core.Verdict {
				if op := in.Op.String(); in.Session == watcher && (op == "getData" || op == "getChildren2") {
					if op == "getData" {
						asked.Complete(struct{}{}, nil)
					}
					return core.Verdict{Delay: 300 * time.Millisecond}
				}
				return core.Verdict{}
			})
		})
		node := "/party/0123456789abcdef0123456789abcdef__party__"
		change(t, cl, cl.Create(ctx, node, []byte("m1"), zk.Ephemeral))
		get(t, cl, asked.Future())
		change(t, cl, cl.Delete(ctx, node, zk.AnyVersion))
		get(t, other, other.Sync(ctx, "/")) // is answered behind what was asked
		change(t, cl, cl.Create(ctx, node, []byte("m1"), zk.Ephemeral))
		watchFor(t, other, watch, "m1")
		get(t, other, watch.Stop())
	})
}

// Whatever answer or request is lost, there is one node for a member, and none for one who has left.
func TestPartyLosesAnswers(t *testing.T) {
	for _, verdict := range []core.Cut{core.CutBefore, core.CutAfter} {
		for _, op := range []string{"create", "exists", "delete", "getChildren", "getData"} {
			t.Run(fmt.Sprint(verdict, op), func(t *testing.T) {
				scenes(t, func(t *testing.T, s scene) {
					cl, other := s.client(t), s.client(t)
					p := recipes.NewParty(cl, "/party", recipes.WithIdentifier("a"))
					cutOn(s, cl.Session().ID, verdict, 2, op)
					get(t, cl, p.Join(ctx))
					if got := get(t, cl, p.Members(ctx)); len(got) != 1 || got[0] != "a" {
						t.Errorf("members: %v", got)
					}
					until(t, other, "/party", 1)
					get(t, cl, p.Leave(ctx))
					get(t, other, other.Sync(ctx, "/"))
					if left := kids(t, other, "/party"); len(left) > 0 {
						t.Errorf("left behind: %v", left)
					}
				})
			})
		}
	}
}

// slow has requests whose names start with word take their time.
func slow(s scene, word string) {
	s.do(func(c *core.Server) {
		c.SetIntercept(func(in *core.Incoming) core.Verdict {
			if strings.HasPrefix(in.Op.String(), word) {
				return core.Verdict{Delay: 300 * time.Millisecond}
			}
			return core.Verdict{}
		})
	})
}

// A Join that is cancelled is undone, unless another one wants to be a member; and Leave ends those that wait.
func TestPartyCancelled(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		change(t, other, other.Create(ctx, "/party", nil))
		slow(s, "create")
		p := recipes.NewParty(cl, "/party")
		for _, wanted := range []bool{false, true} {
			c, cancel := context.WithCancel(ctx)
			first := p.Join(c)
			second := first
			if wanted {
				second = p.Join(ctx)
			}
			get(t, other, other.Sync(ctx, "/"))
			cancel()
			if err := first.WaitErr(); err == nil {
				t.Skip("the answer was faster than the end of the context, which is legal")
			} else if !errors.Is(err, context.Canceled) {
				t.Fatalf("cancelled: %v", err)
			}
			if wanted {
				get(t, cl, second)
				until(t, other, "/party", 1)
			}
			get(t, cl, p.Leave(ctx)) // which waits for what is undone in the background
			get(t, other, other.Sync(ctx, "/"))
			if left := kids(t, other, "/party"); len(left) > 0 || p.Joined() || p.Err() != nil {
				t.Errorf("left behind: %v, %v", left, p.Err())
			}
		}
		join := p.Join(ctx)
		left := p.Leave(ctx)
		if err := join.WaitErr(); !errors.Is(err, recipes.ErrReleased) {
			t.Errorf("left meanwhile: %v", err)
		}
		get(t, cl, left)
		until(t, other, "/party", 0)
		noWatches(t, cl, s)
	})
}

// What cannot be is said at once.
func TestPartyBadInput(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		for _, p := range []*recipes.Party{
			recipes.NewParty(cl, "party"), recipes.NewParty(cl, "/party/"),
			recipes.NewShallowParty(cl, "/party", recipes.WithIdentifier("a/b")),
			recipes.NewShallowParty(cl, "/party", recipes.WithIdentifier("a\x00")),
		} {
			for range 2 {
				if err := p.Join(ctx).WaitErr(); !errors.Is(err, zk.ErrBadArguments) || p.Joined() {
					t.Errorf("joined: %v", err)
				}
			}
		}
		if st := get(t, cl, cl.Exists(ctx, "/party")); st != nil {
			t.Error("a path was made for a member that cannot be")
		}
		change(t, cl, cl.Create(ctx, "/closed", nil, zk.ACLs(zk.ReadACL())))
		p := recipes.NewParty(cl, "/closed")
		if err := p.Join(ctx).WaitErr(); !errors.Is(err, zk.ErrNoAuth) || !errors.Is(p.Err(), zk.ErrNoAuth) {
			t.Errorf("where nobody may join: %v, %v", err, p.Err())
		}
	})
}
