package zk_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/internal/story"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// subscribing are the servers that know subscriptions: with modes that live side by side, and with modes
// that do not.
var subscribing = []core.Version{core.V3_6, core.V3_8, core.V3_9}

func everyMode(t *testing.T, test func(w *world)) {
	for _, v := range subscribing {
		t.Run(v.String(), func(t *testing.T) { everywhere(t, test, version(v)) })
	}
}

// told is what a subscription has told so far, as "type path", and forgets it.
func told(w *world, s *zk.Subscription) (out []string) {
	w.Helper()
	w.sleep(100e6)
	for {
		select {
		case ev, open := <-s.C():
			if !open {
				return out
			}
			line := fmt.Sprintf("%v %s", ev.Type, ev.Path)
			if ev.SessionChanged {
				line += " session"
			}
			if ev.Overflow {
				line += " overflow"
			}
			out = append(out, line)
		default:
			return out
		}
	}
}

func tells(w *world, s *zk.Subscription, want ...string) {
	w.Helper()
	if got := told(w, s); !slices.Equal(got, want) {
		w.Errorf("the subscription to %s tells %q, want %q", s.Path(), got, want)
	}
}

// change plays the story.
func change(w *world, cl *zk.Client) {
	w.Helper()
	if err := story.Play(ctx, cl); err != nil {
		w.Fatal(err)
	}
}

func TestSubscribe(t *testing.T) {
	everyMode(t, func(w *world) {
		cl := w.client()
		one := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch))
		change(w, cl)
		tells(w, one, story.Persistent...)
		change(w, cl)
		tells(w, one, story.Persistent...)
		ok(w, one.Close(ctx))
		isRefusal(w, one.Err(), zk.ErrClosed, false)
		w.noWatches()
		deep := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentRecursiveWatch))
		change(w, cl)
		tells(w, deep, story.Recursive...)
		ok(w, deep.Close(ctx))
		ok(w, deep.Close(ctx))
		w.noWatches()
		root := ok(w, cl.Subscribe(ctx, "/", zk.PersistentRecursiveWatch))
		ok(w, cl.Create(ctx, "/x", nil))
		tells(w, root, "NodeCreated /x")
		ok(w, root.Close(ctx))
		w.noWatches()
	})
}

// Both kinds of subscriptions on one path, which servers up to 3.8 cannot have, coming and going in every order.
func TestTwoModesOnOnePath(t *testing.T) {
	everyMode(t, func(w *world) {
		cl := w.client()
		modes := []zk.WatchType{zk.PersistentWatch, zk.PersistentRecursiveWatch}
		stories := [][]string{story.Persistent, story.Recursive}
		for i := range 4 {
			first, leaves := i%2, i/2
			var subs [2]*zk.Subscription
			subs[first] = ok(w, cl.Subscribe(ctx, "/n", modes[first]))
			subs[1-first] = ok(w, cl.Subscribe(ctx, "/n", modes[1-first]))
			change(w, cl)
			tells(w, subs[0], stories[0]...)
			tells(w, subs[1], stories[1]...)
			w.reconnect(cl)
			change(w, cl)
			tells(w, subs[0], append([]string{"Resync /n"}, stories[0]...)...)
			tells(w, subs[1], append([]string{"Resync /n"}, stories[1]...)...)
			ok(w, subs[leaves].Close(ctx))
			change(w, cl)
			tells(w, subs[leaves])
			tells(w, subs[1-leaves], stories[1-leaves]...)
			ok(w, subs[1-leaves].Close(ctx))
			w.noWatches()
		}
	})
}

// A subscription is told of every lost connection and session, once, and goes on.
func TestResync(t *testing.T) {
	everyMode(t, func(w *world) {
		cl, other := w.client(), w.client()
		one := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch))
		deep := ok(w, cl.Subscribe(ctx, "/", zk.PersistentRecursiveWatch))
		w.reconnect(cl)
		tells(w, one, "Resync /n")
		tells(w, deep, "Resync /")
		w.srv.Do(func(s *core.Server) { s.SetServing(false) })
		w.await(cl, zk.Suspended)
		w.srv.Do(func(s *core.Server) { s.SetServing(true) })
		w.await(cl, zk.Connected)
		tells(w, one, "Resync /n")
		tells(w, deep, "Resync /")
		w.await(other, zk.Connected)
		old := cl.Session()
		w.srv.Expire(old.ID)
		w.until("a new session", func() bool { return cl.Session().Epoch > old.Epoch && cl.State() == zk.Connected })
		tells(w, one, "Resync /n session")
		tells(w, deep, "Resync / session")
		change(w, other)
		tells(w, one, story.Persistent...)
		w.reconnect(cl)
		tells(w, one, "Resync /n")
		ok(w, one.Close(ctx))
		ok(w, deep.Close(ctx))
		w.noWatches()
	})
}
