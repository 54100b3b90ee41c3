package recipes_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// runOut has sequence numbers begin with the last one that a server gives.
func runOut(c *core.Config) { c.FirstSequence = math.MaxInt32 - 1 }

// missing has f done while a client has no connection.
func missing(t *testing.T, cl *zk.Client, s scene, f func()) {
	t.Helper()
	session, away := cl.Session().ID, true
	s.do(func(c *core.Server) {
		c.SetIntercept(func(in *core.Incoming) core.Verdict {
			if away && in.Session == session && in.Op.String() == "createSession" {
				return core.Verdict{Cut: core.CutBefore}
			}
			return core.Pass
		})
	})
	down, up := future.NewPromise[struct{}](cl.Handler().Lane("states")), future.NewPromise[struct{}](cl.Handler().Lane("states"))
	defer cl.OnState(func(c zk.StateChange) {
		switch c.To {
		case zk.Suspended:
			down.Complete(struct{}{}, nil)
		case zk.Connected:
			up.Complete(struct{}{}, nil)
		}
	})()
	s.drop(session)
	get(t, cl, down.Future())
	f()
	s.do(func(*core.Server) { away = false })
	get(t, cl, up.Future())
}

// A parent whose numbers have run out has a pzxid that stands still, and servers do not tell what was created below it while
// there was no connection: it is seen all the same, by whoever follows children or waits for some.
func TestMissedCreations(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		for _, path := range []string{"/c", "/party", "/patient", "/e", "/q", "/lq/entries", "/double"} {
			get(t, other, other.EnsurePath(ctx, path))
			get(t, other, other.Create(ctx, path+"/foreign", nil))
		}
		c := soon(t, cl)
		children, members := recipes.NewChildrenWatch(cl, "/c"), recipes.NewParty(cl, "/party").Watch()
		settled := get(t, cl, recipes.NewPatientChildrenWatch(cl, "/patient", 0).Start(c))
		double := recipes.NewDoubleBarrier(cl, "/double", 2).Enter(c)
		item, lent := recipes.NewQueue(cl, "/q").Get(c), recipes.NewLockingQueue(cl, "/lq").Get(c)
		leader := future.NewPromise[*recipes.Contender](cl.Handler().Lane("leader"))
		sawNone := future.NewPromise[struct{}](cl.Handler().Lane("none"))
		observe := func() {
			for who := range recipes.NewElection(cl, "/e").Observe(c) {
				if who != nil {
					leader.Complete(who, nil)
					return
				}
				sawNone.Complete(struct{}{}, nil)
			}
		}
		cl.Handler().Spawn(observe)
		get(t, cl, sawNone.Future())
		for range children.Updates(c) {
			break
		}
		for range members.Updates(c) {
			break
		}
		until(t, other, "/double", 2)
		missing(t, cl, s, func() {
			get(t, other, other.Create(ctx, "/c/new", nil))
			get(t, other, recipes.NewParty(other, "/party", recipes.WithIdentifier("them")).Join(ctx))
			get(t, other, other.Create(ctx, "/patient/new", nil))
			get(t, other, recipes.NewElection(other, "/e", recipes.WithIdentifier("them")).Campaign(ctx))
			put(t, other, recipes.NewQueue(other, "/q"), "x")
			put(t, other, recipes.NewLockingQueue(other, "/lq"), "x")
			recipes.NewDoubleBarrier(other, "/double", 2).Enter(soon(t, other))
			until(t, other, "/double", 3)
		})
		for u := range children.Updates(c) {
			if slices.Contains(u.Names, "new") {
				break
			}
		}
		for u := range members.Updates(c) {
			if slices.Equal(u, []string{"them"}) {
				break
			}
		}
		if who := get(t, cl, leader.Future()); who.Identifier != "them" {
			t.Errorf("%+v leads", who)
		}
		get(t, cl, item)
		get(t, cl, lent)
		get(t, cl, double)
		get(t, cl, settled.Changed)
		if c.Err() != nil {
			t.Error("some of it has not come")
		}
		get(t, cl, children.Stop())
		get(t, cl, members.Stop())
	}, runOut)
}
