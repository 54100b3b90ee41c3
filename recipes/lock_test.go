package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

func acquire(t *testing.T, cl *zk.Client, path string) *recipes.Held {
	t.Helper()
	held, err := recipes.NewLock(cl, path).Acquire(ctx).WaitContext(soon(t, cl))
	if err != nil {
		t.Fatal(err)
	}
	return held
}

func TestLayoutIsKazoos(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		held, err := recipes.NewLock(cl, "/a/lock", recipes.WithIdentifier("me")).Acquire(ctx).Wait()
		if err != nil {
			t.Fatal(err)
		}
		names := kids(t, cl, "/a/lock")
		if len(names) != 1 || !kazooName.MatchString(names[0]) || held.Path() != "/a/lock/"+names[0] {
			t.Fatalf("contenders %v, held %s", names, held.Path())
		}
		node, err := cl.Get(ctx, held.Path()).Wait()
		if err != nil {
			t.Fatal(err)
		}
		if string(node.Data) != "me" || node.EphemeralOwner != cl.Session().ID || node.Czxid != held.Token() {
			t.Errorf("node %+v with data %q, token %d", node.Stat, node.Data, held.Token())
		}
	})
}

func TestFirstComeFirstServed(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		first := s.client(t)
		held := acquire(t, first, "/lock")
		var clients []*zk.Client
		var waiting []*future.Future[*recipes.Held]
		for i := range 5 {
			cl := s.client(t)
			clients = append(clients, cl)
			waiting = append(waiting, recipes.NewLock(cl, "/lock").Acquire(ctx))
			until(t, first, "/lock", i+2) // it is in the queue
		}
		for i, f := range waiting {
			for j, later := range waiting[i:] {
				if _, _, ready := later.Poll(); ready {
					t.Fatalf("contender %d does not wait for its turn", i+j)
				}
			}
			if err := held.Release(ctx).WaitErr(); err != nil {
				t.Fatal(err)
			}
			next, err := f.WaitContext(soon(t, clients[i]))
			if err != nil {
				t.Fatal(err)
			}
			if next.Token() <= held.Token() {
				t.Errorf("token %d after %d", next.Token(), held.Token())
			}
			held = next
		}
	})
}

func TestCancelledAttemptLeavesNothing(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		held := acquire(t, cl, "/lock")
		c, cancel := context.WithCancel(ctx)
		waiting := recipes.NewLock(other, "/lock").Acquire(c)
		until(t, cl, "/lock", 2)
		cancel()
		if err := waiting.WaitErr(); !errors.Is(err, context.Canceled) {
			t.Fatalf("a cancelled acquire: %v", err)
		}
		until(t, cl, "/lock", 1)
		if err := held.Err(); err != nil {
			t.Errorf("the holder has noticed: %v", err)
		}
		noWatches(t, other, s)
	})
}

func TestTimedOutBeforeThereIsAnAnswer(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		if err := cl.EnsurePath(ctx, "/lock").WaitErr(); err != nil {
			t.Fatal(err)
		}
		c, cancel := context.WithCancel(ctx)
		s.do(func(srv *core.Server) {
			srv.SetIntercept(func(in *core.Incoming) core.Verdict {
				if in.Op.String() == "create2" {
					cancel()
				}
				return core.Verdict{}
			})
		})
		err := recipes.NewLock(other, "/lock").Acquire(c).WaitErr()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err == nil {
			t.Skip("the answer was faster than the end of the context, which is legal")
		}
		if err := other.Sync(ctx, "/").WaitErr(); err != nil { // behind the create
			t.Fatal(err)
		}
		until(t, cl, "/lock", 0)
	})
}

func TestLostAnswersMakeNoSecondNode(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		for _, op := range []string{"create", "getChildren", "getData", "exists", "getEphemerals", "sync"} {
			t.Run(fmt.Sprint(op, cut), func(t *testing.T) {
				scenes(t, func(t *testing.T, s scene) {
					cl, other := s.client(t), s.client(t)
					held := acquire(t, cl, "/lock")
					words := []string{op}
					if op == "getEphemerals" || op == "sync" { // needed only after a lost create
						words = append(words, "create")
					}
					cutOn(s, other.Session().ID, cut, 2, words...)
					waiting := recipes.NewLock(other, "/lock").Acquire(ctx)
					until(t, cl, "/lock", 2)
					if err := held.Release(ctx).WaitErr(); err != nil {
						t.Fatal(err)
					}
					next, err := waiting.WaitContext(soon(t, other))
					if err != nil {
						t.Fatal(err)
					}
					if names := kids(t, cl, "/lock"); len(names) != 1 || next.Path() != "/lock/"+names[0] {
						t.Fatalf("contenders %v, held %s", names, next.Path())
					}
				})
			})
		}
	}
}

func TestReleaseOutlivesLostAnswers(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		scenes(t, func(t *testing.T, s scene) {
			cl := s.client(t)
			held := acquire(t, cl, "/lock")
			cutOn(s, cl.Session().ID, cut, 3, "delete")
			if err := held.Release(ctx).WaitErr(); err != nil {
				t.Fatal(err)
			}
			if names := kids(t, cl, "/lock"); len(names) != 0 {
				t.Fatalf("left behind: %v", names)
			}
		})
	}
}

func TestWaitersOutliveTheirSession(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		held := acquire(t, cl, "/lock")
		waiting := recipes.NewLock(other, "/lock").Acquire(ctx)
		until(t, cl, "/lock", 2)
		s.expire(other.Session().ID)
		if err := held.Release(ctx).WaitErr(); err != nil {
			t.Fatal(err)
		}
		next, err := waiting.WaitContext(soon(t, other))
		if err != nil {
			t.Fatal(err)
		}
		if st, err := cl.Exists(ctx, next.Path()).Wait(); err != nil || st == nil || st.EphemeralOwner != other.Session().ID {
			t.Fatalf("held, but its node is %+v, %v", st, err)
		}
	})
}

func TestDeletedContenderStartsAnew(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		held := acquire(t, cl, "/lock")
		waiting := recipes.NewLock(other, "/lock").Acquire(ctx)
		until(t, cl, "/lock", 2)
		if err := cl.DeleteAll(ctx, "/lock").WaitErr(); err != nil {
			t.Fatal(err)
		}
		if err := held.Lost().WaitErr(); err != nil {
			t.Fatal(err)
		}
		if _, err := waiting.WaitContext(soon(t, other)); err != nil {
			t.Fatal(err)
		}
	})
}

func TestForeignChildrenAreIgnored(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		for _, name := range []string{"", "/0000000000", "/x__lock__", "/x__lock__12", "/x__lock__notanumber", "/x-0000000000"} {
			if err := cl.Create(ctx, "/lock"+name, nil).WaitErr(); err != nil {
				t.Fatal(err)
			}
		}
		acquire(t, cl, "/lock")
	})
}

func TestUnreadableContenderIsAnError(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		foreign := "/lock/" + strings.Repeat("a", 32) + "__lock__"
		if err := cl.Create(ctx, foreign, nil, zk.Sequential, zk.MakeParents()).WaitErr(); err != nil {
			t.Fatal(err)
		}
		name := kids(t, cl, "/lock")[0]
		hidden := zk.ACLs{zk.DigestACL("someone", "else", zk.PermAll)}
		if err := cl.SetACL(ctx, "/lock/"+name, hidden, zk.AnyVersion).WaitErr(); err != nil {
			t.Fatal(err)
		}
		if err := recipes.NewLock(other, "/lock").Acquire(ctx).WaitErr(); !errors.Is(err, zk.ErrNoAuth) {
			t.Fatalf("waiting for a node that may not be read: %v", err)
		}
		until(t, cl, "/lock", 1)
	})
}

func TestBadPath(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		if err := recipes.NewLock(cl, "lock").Acquire(ctx).WaitErr(); !errors.Is(err, zk.ErrBadArguments) {
			t.Errorf("a relative path: %v", err)
		}
	})
}

func TestClosedClient(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		held := acquire(t, cl, "/lock")
		waiting := recipes.NewLock(other, "/lock").Acquire(ctx)
		until(t, cl, "/lock", 2)
		if err := other.Close(ctx).WaitErr(); err != nil {
			t.Fatal(err)
		}
		if err := waiting.WaitErr(); !errors.Is(err, zk.ErrClosed) {
			t.Errorf("waiting with a closed client: %v", err)
		}
		if err := recipes.NewLock(other, "/lock").Acquire(ctx).WaitErr(); !errors.Is(err, zk.ErrClosed) {
			t.Errorf("acquiring with a closed client: %v", err)
		}
		if err := held.Err(); err != nil {
			t.Errorf("somebody else's lock: %v", err)
		}
	})
}

func TestDo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		srv := newWorld(t, 3)
		cl := srv.client(t)
		boom := errors.New("boom")
		err := recipes.NewLock(cl, "/lock").Do(ctx, func(c context.Context, held *recipes.Held) error {
			if c.Err() != nil || held.Err() != nil {
				t.Errorf("inside: %v, %v", c.Err(), held.Err())
			}
			return boom
		})
		if err != boom {
			t.Errorf("Do: %v", err)
		}
		until(t, cl, "/lock", 0)
		err = recipes.NewLock(cl, "/lock").Do(ctx, func(context.Context, *recipes.Held) error {
			srv.expire(cl.Session().ID)
			srv.Advance(2 * timeout)
			return nil
		})
		if !errors.Is(err, recipes.ErrLost) {
			t.Errorf("Do while the session ends: %v", err)
		}
	})
}
