package recipes_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

func TestElection(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		first, second := recipes.NewElection(cl, "/e", recipes.WithIdentifier("first")), recipes.NewElection(other, "/e", recipes.WithIdentifier("second"))
		if leader := get(t, cl, first.Leader(ctx)); leader != nil {
			t.Errorf("of nobody: %+v", leader)
		}
		term := get(t, cl, first.Campaign(ctx))
		next := second.Campaign(ctx)
		until(t, cl, "/e", 2)
		if leader := get(t, cl, second.Leader(ctx)); leader == nil || leader.Identifier != "first" || leader.Token != term.Token() {
			t.Errorf("leader: %+v", leader)
		}
		if list := get(t, cl, first.Contenders(ctx)); len(list) != 2 || list[1].Identifier != "second" {
			t.Errorf("contenders: %+v", list)
		}
		if _, err := second.TryCampaign(ctx).Wait(); !errors.Is(err, recipes.ErrNotAcquired) {
			t.Errorf("TryCampaign behind a leader: %v", err)
		}
		during := term.Context(ctx)
		s.expire(cl.Session().ID)
		if successor := get(t, other, next); successor.Token() <= term.Token() {
			t.Errorf("token %d after %d", successor.Token(), term.Token())
		}
		get(t, cl, term.Lost())
		<-during.Done()
	})
}

// Whoever observes an election sees the last leader, though not every one.
func TestObserve(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, observer := s.client(t), s.client(t)
		e := recipes.NewElection(observer, "/e")
		terms := 0
		var term *recipes.Held
		for leader := range e.Observe(soon(t, observer)) {
			switch {
			case leader == nil && term != nil: // or the one before
				return
			case leader == nil:
				term = get(t, cl, recipes.NewElection(cl, "/e", recipes.WithIdentifier("me")).Campaign(ctx))
			case leader.Token != term.Token() || leader.Identifier != "me":
				t.Errorf("leader %+v in the term %d", leader, term.Token())
			case terms == 3:
				get(t, cl, term.Release(ctx))
			default:
				terms++
				next := recipes.NewElection(cl, "/e", recipes.WithIdentifier("me")).Campaign(ctx)
				until(t, cl, "/e", 2)
				if terms == 2 { // observers go on through the end of their session, too
					s.expire(observer.Session().ID)
				}
				get(t, cl, term.Release(ctx))
				term = get(t, cl, next)
			}
		}
		t.Error("the loop has ended before nobody leads")
	})
}

func TestObserveEnds(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		c, cancel := context.WithCancel(ctx)
		defer cancel()
		for range recipes.NewElection(cl, "/e").Observe(c) {
			cancel()
		}
		for range recipes.NewElection(cl, "/e").Observe(ctx) {
			break
		}
		for range recipes.NewElection(cl, "/e").Observe(ctx) {
			if err := cl.Close(ctx).WaitErr(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestRunEndsWithLeadership(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 3)
		cl, other := w.client(t), w.client(t)
		lose := func(c context.Context, term *recipes.Held) error {
			if err := other.Delete(ctx, term.Path(), zk.AnyVersion).WaitErr(); err != nil {
				t.Error(err)
			}
			_ = term.Lost().WaitErr()
			return c.Err()
		}
		if err := recipes.NewElection(cl, "/e").Run(ctx, lose); !errors.Is(err, context.Canceled) {
			t.Errorf("a term that was lost: %v", err)
		}
		terms := 0
		boom := errors.New("boom")
		err := recipes.NewElection(cl, "/e", recipes.Requeue()).Run(ctx, func(c context.Context, term *recipes.Held) error {
			if terms++; terms < 3 {
				return lose(c, term)
			}
			return boom
		})
		if err != boom || terms != 3 {
			t.Errorf("with Requeue: %v after %d terms", err, terms)
		}
		until(t, other, "/e", 0)
	})
}
