package zk_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// Callbacks run one at a time, in order, on a lane of their own; after Close none runs.
func TestOnEvent(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		sub := ok(w, cl.Subscribe(ctx, "/", zk.PersistentRecursiveWatch))
		ok(w, cl.Create(ctx, "/early", nil)) // is kept for whoever comes
		w.sleep(10 * time.Millisecond)
		var first, second record[string]
		sub.OnEvent(func(ev zk.Event) { first.add(ev.Path) })
		stop := sub.OnEvent(func(ev zk.Event) { second.add(ev.Path) })
		var want []string
		for i := range 100 {
			want = append(want, fmt.Sprintf("/%d", i))
			cl.Create(ctx, want[i], nil)
		}
		w.until("100 events", func() bool { return first.len() > 100 && second.len() >= 100 })
		if got := first.all(); got[0] != "/early" || !slices.Equal(got[1:], want) {
			w.Errorf("events %v", got)
		}
		if got := second.all(); !slices.Equal(got[len(got)-100:], want) {
			w.Errorf("events %v", got)
		}
		stop()
		ok(w, cl.Create(ctx, "/more", nil))
		w.until("one more", func() bool { return first.len() == 102 })
		if n := second.len(); n > 101 {
			w.Error("called after stop")
		}
		closed := sub.Close(ctx)
		ok(w, closed)
		ok(w, cl.Create(ctx, "/late", nil))
		w.sleep(time.Second)
		if first.len() != 102 {
			w.Errorf("called after Close: %v", first.all()[102:])
		}
		w.noWatches()
	})
}

// Close is complete when no callback runs any more.
func TestCloseWaitsForCallbacks(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		sub := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch))
		begun, end := make(chan bool), make(chan bool)
		sub.OnEvent(func(zk.Event) { close(begun); <-end })
		ok(w, cl.Create(ctx, "/n", nil))
		<-begun
		closed := sub.Close(ctx)
		w.sleep(time.Second)
		if _, _, done := closed.Poll(); done {
			w.Error("Close is complete, and a callback is running")
		}
		w.noWatches()
		close(end)
		ok(w, closed)
	})
}

// A loop over Events ends with its context, can be begun again, and ends with the subscription.
func TestEvents(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		sub := ok(w, cl.Subscribe(ctx, "/", zk.PersistentRecursiveWatch))
		for i := range 5 {
			ok(w, cl.Create(ctx, fmt.Sprintf("/%d", i), nil))
		}
		var got []string
		for ev := range sub.Events(ctx) {
			if got = append(got, ev.Path); len(got) == 3 {
				break
			}
		}
		short, cancel := w.h.WithTimeout(ctx, time.Second)
		defer cancel()
		for ev := range sub.Events(short) {
			got = append(got, ev.Path)
		}
		if want := []string{"/0", "/1", "/2", "/3", "/4"}; !slices.Equal(got, want) {
			w.Errorf("events %v", got)
		}
		if sub.Err() != nil {
			w.Errorf("it has ended: %v", sub.Err())
		}
		w.h.AfterFunc(time.Second, task(func() { cl.Set(ctx, "/0", nil, 0); sub.Close(ctx) }))
		for range sub.Events(ctx) {
		}
		isRefusal(w, sub.Err(), zk.ErrClosed, false)
	})
}

type task func()

func (t task) Run() { t() }

// No event of a slow receiver is lost without a word: one Resync stands for all for which there was no room.
func TestOverflow(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		for _, channel := range []bool{false, true} {
			sub := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.Buffered(4)))
			if channel {
				sub.C()
			}
			ok(w, cl.Create(ctx, "/n", nil))
			for range 7 {
				ok(w, cl.Set(ctx, "/n", nil, zk.AnyVersion))
			}
			w.sleep(time.Second)
			tells(w, sub, "Resync /n overflow", "NodeDataChanged /n", "NodeDataChanged /n", "NodeDataChanged /n")
			w.reconnect(cl)
			for range 5 {
				ok(w, cl.Set(ctx, "/n", nil, zk.AnyVersion))
			}
			ok(w, cl.Delete(ctx, "/n", zk.AnyVersion))
			tells(w, sub, "Resync /n overflow", "NodeDataChanged /n", "NodeDeleted /n")
			ok(w, sub.Close(ctx))
		}
		sub := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.Buffered(1)))
		old := cl.Session()
		w.srv.Expire(old.ID)
		w.until("a new session", func() bool { return cl.Session().Epoch > old.Epoch && cl.State() == zk.Connected })
		ok(w, cl.Create(ctx, "/n", nil))
		ok(w, cl.Delete(ctx, "/n", 0))
		tells(w, sub, "Resync /n session overflow")
		ok(w, sub.Close(ctx))
	})
}

// What ends subscriptions, and with which error.
func TestSubscriptionsEnd(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		view := cl.Chroot("/app")
		pinned := cl.Pinned(cl.Session())
		ofView := ok(w, view.Subscribe(ctx, "/n", zk.PersistentRecursiveWatch))
		ofSession := ok(w, pinned.Subscribe(ctx, "/n", zk.PersistentWatch))
		ofClient := ok(w, cl.Subscribe(ctx, "/app/n", zk.PersistentRecursiveWatch))
		ok(w, cl.Create(ctx, "/app/n/x", nil, zk.MakeParents()))
		tells(w, ofView, "NodeCreated /n", "NodeCreated /n/x") // in the view's terms
		tells(w, ofClient, "NodeCreated /app/n", "NodeCreated /app/n/x")
		coming := view.Subscribe(ctx, "/coming", zk.PersistentWatch)
		ok(w, view.Close(ctx))
		isRefusal(w, ofView.Err(), zk.ErrClosed, false)
		isRefusal(w, ok(w, coming).Err(), zk.ErrClosed, false)
		if ofClient.Err() != nil || ofSession.Err() != nil {
			w.Error("closing a view has ended what is not the view's")
		}
		old := cl.Session()
		w.srv.Expire(old.ID)
		w.until("a new session", func() bool { return cl.Session().Epoch > old.Epoch && cl.State() == zk.Connected })
		isRefusal(w, ofSession.Err(), zk.ErrSessionExpired, false)
		tells(w, ofClient, "Resync /app/n session")
		refused(w, pinned.Subscribe(ctx, "/n", zk.PersistentWatch), zk.ErrSessionExpired, false)
		other := w.unstarted()
		ok(w, other.Start(ctx))
		ends := ok(w, other.Subscribe(ctx, "/", zk.PersistentWatch))
		ok(w, cl.Create(ctx, "/last", nil))
		ok(w, other.Sync(ctx, "/"))
		ok(w, other.Close(ctx))
		isRefusal(w, ends.Err(), zk.ErrClosed, false)
		tells(w, ends, "NodeChildrenChanged /") // what has come can still be received
		ok(w, ends.Close(ctx))
		ok(w, ofClient.Close(ctx))
		w.noWatches()
	})
}

func TestBadSubscriptions(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		refused(w, cl.Subscribe(ctx, "n", zk.PersistentWatch), zk.ErrBadArguments, false)
		refused(w, cl.Subscribe(ctx, "/n", zk.DataWatch), zk.ErrBadArguments, false)
		refused(w, cl.Subscribe(ctx, "/n", 99), zk.ErrBadArguments, false)
		refused(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, nil), zk.ErrBadArguments, false)
		refused(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.Buffered(0)), zk.ErrBadArguments, false)
		refused(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.Buffered(math.MaxInt)), zk.ErrBadArguments, false)
		refused(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.OnLane(nil)), zk.ErrBadArguments, false)
		refused(w, cl.RemoveWatches(ctx, "n", zk.AnyWatch), zk.ErrBadArguments, false)
		refused(w, cl.RemoveWatches(ctx, "/n", 0), zk.ErrBadArguments, false)
		if n := w.count(wire.OpAddWatch) + w.count(wire.OpRemoveWatches); n != 0 {
			w.Errorf("%d requests were sent", n)
		}
	})
}

// An older server costs one connection to find out, and no other operation.
func TestSubscribeOnOldServer(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		before := cl.Create(ctx, "/n", nil)
		sub := cl.Subscribe(ctx, "/n", zk.PersistentWatch)
		after := cl.Get(ctx, "/n")
		ok(w, before)
		refused(w, sub, zk.ErrUnimplemented, false)
		ok(w, after)
		refused(w, cl.Subscribe(ctx, "/n", zk.PersistentRecursiveWatch), zk.ErrUnimplemented, false)
		if n := w.count(wire.OpAddWatch); n != 1 {
			w.Errorf("%d requests were sent", n)
		}
	}, version(core.V3_5))
}

// Under a subscription a one-shot watch asks the server for nothing, and tells of every change after the value; when
// the subscription goes, the watch stays.
func TestOneShotsUnderSubscription(t *testing.T) {
	everyMode(t, func(w *world) {
		cl := w.client()
		for _, mode := range []zk.WatchType{zk.PersistentWatch, zk.PersistentRecursiveWatch} {
			ok(w, cl.Create(ctx, "/n", nil))
			kids := ok(w, cl.ChildrenAndWatch(ctx, "/n")) // from before
			sub := ok(w, cl.Subscribe(ctx, "/n", mode))
			data, exists := ok(w, cl.GetAndWatch(ctx, "/n")), ok(w, cl.ExistsAndWatch(ctx, "/n"))
			ok(w, cl.Set(ctx, "/n", nil, 0))
			ok(w, data.Changed)
			ok(w, exists.Changed)
			ok(w, cl.Create(ctx, "/n/a", nil))
			ok(w, kids.Changed)
			ok(w, cl.Delete(ctx, "/n/a", 0))
			w.sleep(time.Second)
			if mode == zk.PersistentWatch {
				tells(w, sub, "NodeDataChanged /n", "NodeChildrenChanged /n", "NodeChildrenChanged /n")
			} else {
				tells(w, sub, "NodeDataChanged /n", "NodeCreated /n/a", "NodeDeleted /n/a")
			}
			data, kids = ok(w, cl.GetAndWatch(ctx, "/n")), ok(w, cl.ChildrenAndWatch(ctx, "/n"))
			given := ok(w, cl.GetAndWatch(ctx, "/n"))
			ok(w, given.Unwatch(ctx))
			reading := cl.ExistsAndWatch(ctx, "/n") // on its way when the subscription goes
			ok(w, sub.Close(ctx))
			exists = ok(w, reading)
			w.reconnect(cl)
			ok(w, cl.Set(ctx, "/n", nil, 1))
			ok(w, data.Changed)
			ok(w, exists.Changed)
			ok(w, cl.Delete(ctx, "/n", 2))
			ok(w, kids.Changed)
			w.noWatches()
		}
	})
}

func TestLastOneShotEndsTheServersWatch(t *testing.T) {
	everyMode(t, func(w *world) {
		cl := w.client()
		for _, mode := range []zk.WatchType{zk.PersistentWatch, zk.PersistentRecursiveWatch} {
			ok(w, cl.Create(ctx, "/n", nil))
			sub := ok(w, cl.Subscribe(ctx, "/n", mode))
			data, kids := ok(w, cl.GetAndWatch(ctx, "/n")), ok(w, cl.ChildrenAndWatch(ctx, "/n"))
			ok(w, sub.Close(ctx))
			ok(w, cl.Create(ctx, "/n/a", nil))
			ok(w, kids.Changed)
			kids = ok(w, cl.ChildrenAndWatch(ctx, "/n"))
			ok(w, data.Unwatch(ctx))
			ok(w, cl.Delete(ctx, "/n/a", 0))
			ok(w, kids.Changed)
			w.noWatches()
			ok(w, cl.Delete(ctx, "/n", 0))
		}
	})
}

func TestRemoveWatches(t *testing.T) {
	everyMode(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		refused(w, cl.RemoveWatches(ctx, "/n", zk.AnyWatch), zk.ErrNoWatcher, false)
		view := cl.Chroot("/n")
		for _, typ := range []zk.WatchType{zk.DataWatch, zk.ChildrenWatch, zk.PersistentWatch, zk.PersistentRecursiveWatch, zk.AnyWatch} {
			data, kids := ok(w, cl.GetAndWatch(ctx, "/n")), ok(w, view.ChildrenAndWatch(ctx, "/"))
			one, deep := ok(w, view.Subscribe(ctx, "/", zk.PersistentWatch)), ok(w, cl.Subscribe(ctx, "/n", zk.PersistentRecursiveWatch))
			ok(w, cl.RemoveWatches(ctx, "/n", typ))
			for kind, err := range map[zk.WatchType]error{zk.DataWatch: failure(data.Changed), zk.ChildrenWatch: failure(kids.Changed),
				zk.PersistentWatch: one.Err(), zk.PersistentRecursiveWatch: deep.Err()} {
				if gone := errors.Is(err, zk.ErrUnwatched); gone != (typ == kind || typ == zk.AnyWatch) {
					w.Errorf("removing %v: %v ended with %v", typ, kind, err)
				}
			}
			if typ != zk.AnyWatch {
				refused(w, cl.RemoveWatches(ctx, "/n", typ), zk.ErrNoWatcher, false)
				ok(w, cl.Create(ctx, "/n/a", nil))
				ok(w, cl.Delete(ctx, "/n/a", 0))
				if kids.Changed.WaitErr(); typ != zk.PersistentWatch {
					tells(w, one, "NodeChildrenChanged /", "NodeChildrenChanged /")
				}
				if typ != zk.PersistentRecursiveWatch {
					tells(w, deep, "NodeCreated /n/a", "NodeDeleted /n/a")
				}
				ok(w, cl.RemoveWatches(ctx, "/n", zk.AnyWatch))
			}
			w.noWatches()
		}
	})
}

func failure[T any](f interface{ Poll() (T, error, bool) }) error {
	_, err, _ := f.Poll()
	return err
}

func TestRemoveWatchesOnOldServer(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		data := ok(w, cl.ExistsAndWatch(ctx, "/n"))
		ok(w, cl.RemoveWatches(ctx, "/n", zk.DataWatch))
		refused(w, data.Changed, zk.ErrUnwatched, false)
		ok(w, cl.Create(ctx, "/n", nil)) // the event of a watch that nobody has
		ok(w, cl.Get(ctx, "/n"))
	}, version(core.V3_4))
}

// A call that is given up leaves no watch behind.
func TestCancelledSubscriptions(t *testing.T) {
	everyMode(t, func(w *world) {
		cl := w.client()
		for i := range 1000 {
			short, cancel := context.WithCancel(ctx)
			f := cl.Subscribe(short, fmt.Sprintf("/%d", i%7), []zk.WatchType{zk.PersistentWatch, zk.PersistentRecursiveWatch}[i%2])
			g := cl.ExistsAndWatch(short, fmt.Sprintf("/%d", i%7))
			if i%3 == 0 {
				w.sleep(time.Millisecond)
			}
			cancel()
			if sub, err := f.Wait(); err == nil {
				ok(w, sub.Close(ctx))
			}
			if watched, err := g.Wait(); err == nil {
				ok(w, watched.Unwatch(ctx))
			}
		}
		w.noWatches()
	})
}

// OnLane puts the callbacks of several subscriptions in one order.
func TestSubscriptionsOnALane(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		lane := w.h.Lane("mine")
		a := ok(w, cl.Subscribe(ctx, "/", zk.PersistentWatch, zk.OnLane(lane)))
		b := ok(w, cl.Subscribe(ctx, "/", zk.PersistentRecursiveWatch, zk.OnLane(lane)))
		var log record[string] // one lane, so one order
		a.OnEvent(func(ev zk.Event) { log.add("a " + ev.Type.String()) })
		b.OnEvent(func(ev zk.Event) { log.add("b " + ev.Type.String()) })
		ok(w, cl.Create(ctx, "/n", nil))
		w.until("two events", func() bool { return log.len() == 2 })
		if got := log.all(); !slices.Equal(got, []string{"a NodeChildrenChanged", "b NodeCreated"}) {
			w.Errorf("%v", got)
		}
	})
}

// The Resync of an overflow is about all that the subscription is about, not about what happened last.
func TestOverflowOfATree(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		view := cl.Chroot("/app")
		ok(w, view.EnsurePath(ctx, "/n"))
		sub := ok(w, view.Subscribe(ctx, "/n", zk.PersistentRecursiveWatch, zk.Buffered(2)))
		for _, path := range []string{"/n/a", "/n/a/b", "/n/c"} {
			ok(w, view.Create(ctx, path, nil))
		}
		tells(w, sub, "Resync /n overflow")
	})
}
