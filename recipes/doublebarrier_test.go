package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// A circle has members of one double barrier, each with a client of its own.
type circle struct {
	t       *testing.T
	clients []*zk.Client
	members []*recipes.DoubleBarrier
}

func newCircle(t *testing.T, s scene, n int) *circle {
	p := &circle{t: t}
	for i := range n {
		cl := s.client(t)
		p.clients = append(p.clients, cl)
		get(t, cl, cl.EnsurePath(ctx, "/a/db")) // to be looked at
		p.members = append(p.members, recipes.NewDoubleBarrier(cl, "/a/db", n, recipes.WithIdentifier(fmt.Sprint("member ", i))))
	}
	return p
}

// all waits for what all members do.
func (p *circle) all(do func(*recipes.DoubleBarrier, context.Context) *future.Future[struct{}]) {
	p.t.Helper()
	var fs []*future.Future[struct{}]
	for _, m := range p.members {
		fs = append(fs, do(m, ctx))
	}
	for i, f := range fs {
		get(p.t, p.clients[i], f)
	}
}

// empty waits until nothing is left behind.
func (p *circle) empty() {
	p.t.Helper()
	until(p.t, p.clients[0], "/a/db", 0)
}

// deserted is empty when members have died or given up: who left before them, as all but the lowest do, leaves ready behind.
func (p *circle) deserted() {
	p.t.Helper()
	if err := p.clients[0].Delete(ctx, "/a/db/ready", zk.AnyVersion).WaitErr(); err != nil && !errors.Is(err, zk.ErrNoNode) {
		p.t.Fatal(err)
	}
	p.empty()
}

func TestDoubleBarrier(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		p := newCircle(t, s, 3)
		for range 2 { // it can be used again
			var entering []*future.Future[struct{}]
			for i, m := range p.members[:2] {
				entering = append(entering, m.Enter(ctx))
				until(t, p.clients[2], "/a/db", i+1)
			}
			for _, name := range kids(t, p.clients[2], "/a/db") {
				if n := get(t, p.clients[2], p.clients[2].Get(ctx, "/a/db/"+name)); n.EphemeralOwner == 0 || len(n.Data) != len("member 0") {
					t.Errorf("a member: %+v", n)
				}
			}
			for _, f := range entering {
				pending(t, "Enter of two", f)
			}
			get(t, p.clients[2], p.members[2].Enter(ctx))
			for i, f := range entering {
				get(t, p.clients[i], f)
			}
			until(t, p.clients[2], "/a/db", 4) // and ready
			var leaving []*future.Future[struct{}]
			for i, m := range p.members[:2] {
				leaving = append(leaving, m.Leave(ctx))
				get(t, p.clients[i], p.clients[i].Sync(ctx, "/"))
			}
			for _, f := range leaving {
				pending(t, "Leave of two", f)
			}
			get(t, p.clients[2], p.members[2].Leave(ctx))
			for i, f := range leaving {
				get(t, p.clients[i], f)
			}
			p.empty()
		}
	})
}

// A ready that somebody left behind lets nobody pass, and is not a member; nor is anything else.
func TestDoubleBarrierIgnoresWhatIsThere(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		p := newCircle(t, s, 2)
		cl := p.clients[0]
		get(t, cl, cl.EnsurePath(ctx, "/a/db/ready"))
		get(t, cl, cl.Create(ctx, "/a/db/foreign", nil))
		first := p.members[0].Enter(ctx)
		watched(t, cl, s, cl.Session().ID, 1)
		pending(t, "Enter of one", first)
		get(t, p.clients[1], p.members[1].Enter(ctx))
		get(t, cl, first)
		p.all((*recipes.DoubleBarrier).Leave)
		if left := kids(t, cl, "/a/db"); len(left) != 1 || left[0] != "foreign" {
			t.Errorf("left behind: %v", left)
		}
		watched(t, cl, s, cl.Session().ID, 0)
	})
}

// Sessions end: whoever waits to enter comes again, and whoever is inside is not waited for.
func TestDoubleBarrierExpires(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		p := newCircle(t, s, 2)
		first := p.members[0].Enter(ctx)
		until(t, p.clients[1], "/a/db", 1)
		s.expire(p.clients[0].Session().ID)
		until(t, p.clients[1], "/a/db", 1)
		pending(t, "Enter in the next session", first)
		get(t, p.clients[1], p.members[1].Enter(ctx))
		get(t, p.clients[0], first)

		leaving := p.members[1].Leave(ctx)
		get(t, p.clients[1], p.clients[1].Sync(ctx, "/"))
		pending(t, "Leave of one", leaving)
		s.expire(p.clients[0].Session().ID)
		get(t, p.clients[1], leaving)
		get(t, p.clients[0], p.members[0].Leave(ctx))
		p.deserted()
	})
}

func TestDoubleBarrierCancelled(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		p := newCircle(t, s, 2)
		c, cancel := context.WithCancel(ctx)
		first := p.members[0].Enter(c)
		until(t, p.clients[1], "/a/db", 1)
		cancel()
		if err := first.WaitErr(); !errors.Is(err, context.Canceled) {
			t.Errorf("Enter, cancelled: %v", err)
		}
		p.empty()
		p.all((*recipes.DoubleBarrier).Enter)
		c, cancel = context.WithCancel(ctx)
		leaving := p.members[0].Leave(c)
		get(t, p.clients[0], p.clients[0].Sync(ctx, "/"))
		cancel()
		if err := leaving.WaitErr(); !errors.Is(err, context.Canceled) {
			t.Errorf("Leave, cancelled: %v", err)
		}
		get(t, p.clients[1], p.members[1].Leave(ctx))
		p.deserted()
		for _, cl := range p.clients {
			watched(t, cl, s, cl.Session().ID, 0)
		}
		p.all((*recipes.DoubleBarrier).Enter) // it is of use all the same
	})
}

// The node and its parent are deleted by somebody else: it comes again.
func TestDoubleBarrierDeleted(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		p := newCircle(t, s, 2)
		first := p.members[0].Enter(ctx)
		until(t, p.clients[1], "/a/db", 1)
		get(t, p.clients[1], p.clients[1].DeleteAll(ctx, "/a"))
		get(t, p.clients[1], p.members[1].Enter(ctx))
		get(t, p.clients[0], first)
		p.all((*recipes.DoubleBarrier).Leave)
		p.empty()
	})
}

func TestDoubleBarrierMisuse(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		p := newCircle(t, s, 1)
		cl, m := p.clients[0], p.members[0]
		refused := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, zk.ErrBadArguments) {
				t.Errorf("%s: %v", what, err)
			}
		}
		refused("no members", recipes.NewDoubleBarrier(cl, "/none", 0).Enter(ctx).WaitErr())
		refused("bad path", recipes.NewDoubleBarrier(cl, "none", 1).Enter(ctx).WaitErr())
		refused("Leave before Enter", m.Leave(ctx).WaitErr())
		get(t, cl, m.Enter(ctx))
		refused("Enter twice", m.Enter(ctx).WaitErr())
		get(t, cl, m.Leave(ctx))
		refused("Leave twice", m.Leave(ctx).WaitErr())
		get(t, cl, cl.Create(ctx, "/eph", nil, zk.Ephemeral))
		if err := recipes.NewDoubleBarrier(cl, "/eph/db", 1).Enter(ctx).WaitErr(); !errors.Is(err, zk.ErrNoChildrenForEphemerals) {
			t.Errorf("below an ephemeral node: %v", err)
		}
	})
}

// Connections are cut at every request: everybody passes, twice, and nothing stays behind.
func TestDoubleBarrierLosesAnswers(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		for _, op := range []string{"create", "multi", "getChildren", "getData", "exists", "delete"} {
			t.Run(fmt.Sprint(op, cut), func(t *testing.T) {
				scenes(t, func(t *testing.T, s scene) {
					p := newCircle(t, s, 2)
					for _, cl := range p.clients {
						cutOn(s, cl.Session().ID, cut, 2, op)
						p.all((*recipes.DoubleBarrier).Enter)
						p.all((*recipes.DoubleBarrier).Leave)
						p.empty()
					}
				})
			})
		}
	}
}

// One who is alone needs three round trips to enter and two to leave.
func TestCostOfADoubleBarrier(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		p := newCircle(t, s, 1)
		p.all((*recipes.DoubleBarrier).Enter)
		p.all((*recipes.DoubleBarrier).Leave)
		wantRequests(t, "enter", requests(s, func() { p.all((*recipes.DoubleBarrier).Enter) }),
			map[string]int{"create2": 1, "getChildren2": 2, "exists": 2, "multi": 1}) // the second look comes with the multi
		wantRequests(t, "leave", requests(s, func() { p.all((*recipes.DoubleBarrier).Leave) }),
			map[string]int{"getChildren2": 1, "multi": 1})
	})
}
