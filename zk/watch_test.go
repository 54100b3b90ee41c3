package zk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// What each kind of watch tells, and what it does not.
func TestWatches(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		type watching = func() *future.Future[zk.Event]
		data := func(path string) watching {
			return func() *future.Future[zk.Event] { return ok(w, cl.GetAndWatch(ctx, path)).Changed }
		}
		exists := func(path string) watching {
			return func() *future.Future[zk.Event] { return ok(w, cl.ExistsAndWatch(ctx, path)).Changed }
		}
		children := func(path string) watching {
			return func() *future.Future[zk.Event] { return ok(w, cl.ChildrenAndWatch(ctx, path)).Changed }
		}
		for _, c := range []struct {
			name string
			do   func()
			fire map[string]zk.EventType // by name of the watch; the others stay
		}{
			{"create a child", func() { ok(w, cl.Create(ctx, "/n/kid", nil)) },
				map[string]zk.EventType{"children": zk.NodeChildrenChanged, "exists kid": zk.NodeCreated}},
			{"set the child", func() { ok(w, cl.Set(ctx, "/n/kid", nil, 0)) },
				map[string]zk.EventType{"exists kid": zk.NodeDataChanged}},
			{"set", func() { ok(w, cl.Set(ctx, "/n", nil, 0)) },
				map[string]zk.EventType{"data": zk.NodeDataChanged, "exists": zk.NodeDataChanged}},
			{"set the ACL", func() { ok(w, cl.SetACL(ctx, "/n", zk.OpenACL(), 0)) }, nil},
			{"delete the child", func() { ok(w, cl.Delete(ctx, "/n/kid", zk.AnyVersion)) },
				map[string]zk.EventType{"children": zk.NodeChildrenChanged, "exists kid": zk.NodeDeleted}},
			{"delete", func() { ok(w, cl.Delete(ctx, "/n", zk.AnyVersion)) },
				map[string]zk.EventType{"data": zk.NodeDeleted, "exists": zk.NodeDeleted, "children": zk.NodeDeleted}},
		} {
			if st := ok(w, cl.Exists(ctx, "/n")); st == nil {
				ok(w, cl.Create(ctx, "/n", nil))
			}
			watches := map[string]*future.Future[zk.Event]{}
			paths := map[string]string{"data": "/n", "exists": "/n", "children": "/n", "exists kid": "/n/kid"}
			for name, watch := range map[string]watching{"data": data("/n"), "exists": exists("/n"), "children": children("/n"), "exists kid": exists("/n/kid")} {
				watches[name] = watch()
			}
			c.do()
			ok(w, cl.Sync(ctx, "/"))
			for name, f := range watches {
				ev, err, fired := f.Poll()
				want, must := c.fire[name]
				if fired != must || err != nil || ev.Type != want {
					w.Errorf("%s: watch %q: fired %v: %+v, %v", c.name, name, fired, ev, err)
				}
				if fired && (ev.Path != paths[name] || ev.Zxid != cl.LastZxid()) {
					w.Errorf("%s: watch %q: %+v, want %s and zxid %d", c.name, name, ev, paths[name], cl.LastZxid())
				}
			}
		}
	})
}

// The value comes with the watch, also that there is none.
func TestWatchedValues(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/n", []byte("x")))
		ok(w, cl.Create(ctx, "/n/a", nil))
		if v := ok(w, cl.GetAndWatch(ctx, "/n")).Value; string(v.Data) != "x" || v.NumChildren != 1 || v.Path != "/n" {
			w.Errorf("%+v", v)
		}
		if v := ok(w, cl.ExistsAndWatch(ctx, "/n")).Value; v == nil || v.NumChildren != 1 {
			w.Errorf("%+v", v)
		}
		if v := ok(w, cl.ExistsAndWatch(ctx, "/no")).Value; v != nil {
			w.Errorf("%+v", v)
		}
		if v := ok(w, cl.ChildrenAndWatch(ctx, "/n")).Value; len(v.Names) != 1 || v.Names[0] != "a" {
			w.Errorf("%+v", v)
		}
		refused(w, cl.GetAndWatch(ctx, "/no"), zk.ErrNoNode, false)
		refused(w, cl.ChildrenAndWatch(ctx, "/no"), zk.ErrNoNode, false)
		w.srv.Do(func(s *core.Server) {
			if n := len(s.Watches()); n != 3 {
				w.Errorf("%d watches, want data of two nodes and children of one: %+v", n, s.Watches())
			}
		})
	})
}

// What changes while there is no connection is told when there is one again; what does not, goes on being watched.
func TestWatchesSurviveConnections(t *testing.T) {
	for _, v := range []core.Version{core.V3_9, core.V3_4} {
		t.Run(v.String(), func(t *testing.T) {
			everywhere(t, func(w *world) {
				cl, other := w.client(), w.client()
				for _, path := range []string{"/set", "/gone", "/same", "/kids", "/kidsgone", "/samekids"} {
					ok(w, cl.Create(ctx, path, nil))
				}
				watches := map[string]*future.Future[zk.Event]{
					"/set":      ok(w, cl.GetAndWatch(ctx, "/set")).Changed,
					"/gone":     ok(w, cl.ExistsAndWatch(ctx, "/gone")).Changed,
					"/same":     ok(w, cl.GetAndWatch(ctx, "/same")).Changed,
					"/new":      ok(w, cl.ExistsAndWatch(ctx, "/new")).Changed,
					"/never":    ok(w, cl.ExistsAndWatch(ctx, "/never")).Changed,
					"/kids":     ok(w, cl.ChildrenAndWatch(ctx, "/kids")).Changed,
					"/kidsgone": ok(w, cl.ChildrenAndWatch(ctx, "/kidsgone")).Changed,
					"/samekids": ok(w, cl.ChildrenAndWatch(ctx, "/samekids")).Changed,
				}
				fired := func(want map[string]zk.EventType) {
					w.Helper()
					for path, f := range watches {
						ev, err, done := f.Poll()
						if typ, must := want[path]; done != must || err != nil || done && (ev.Type != typ || ev.Path != path) {
							w.Errorf("%s: fired %v: %+v, %v", path, done, ev, err)
						}
					}
				}
				// The client's connection is cut, and held off until all has changed.
				cut := cl.Session().ID
				hold := true
				w.intercept(func(in *core.Incoming) core.Verdict {
					if hold && in.Op == wire.OpCreateSession && in.Session == cut {
						return core.Verdict{Cut: core.CutBefore}
					}
					return core.Pass
				})
				w.srv.Drop(cut)
				w.await(cl, zk.Suspended)
				ok(w, other.Set(ctx, "/set", nil, 0))
				ok(w, other.Delete(ctx, "/gone", 0))
				ok(w, other.Create(ctx, "/new", nil))
				ok(w, other.Create(ctx, "/kids/kid", nil))
				ok(w, other.Delete(ctx, "/kidsgone", 0))
				ok(w, other.Create(ctx, "/same/kid", nil)) // is no change of data
				ok(w, other.Set(ctx, "/samekids", nil, 0)) // is no change of children
				w.sleep(time.Second)
				fired(nil)
				w.srv.Do(func(*core.Server) { hold = false })
				ok(w, cl.Get(ctx, "/"))
				outage := map[string]zk.EventType{
					"/set": zk.NodeDataChanged, "/gone": zk.NodeDeleted, "/new": zk.NodeCreated,
					"/kids": zk.NodeChildrenChanged, "/kidsgone": zk.NodeDeleted,
				}
				fired(outage)
				w.reconnect(cl)
				fired(outage)
				ok(w, other.Set(ctx, "/same", nil, 0))
				ok(w, other.Create(ctx, "/samekids/kid", nil))
				ok(w, other.Create(ctx, "/never", nil))
				ok(w, cl.Sync(ctx, "/"))
				outage["/same"], outage["/samekids"], outage["/never"] = zk.NodeDataChanged, zk.NodeChildrenChanged, zk.NodeCreated
				fired(outage)
				w.noWatches()
			}, version(v))
		})
	}
}

func TestWatchesEndWithTheSession(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		a := ok(w, cl.ExistsAndWatch(ctx, "/a"))
		b := ok(w, cl.ChildrenAndWatch(ctx, "/"))
		w.srv.Expire(cl.Session().ID)
		if oe := refused(w, a.Changed, zk.ErrSessionExpired, false); oe.Op != "watch" || oe.Path != "/a" {
			w.Errorf("the error is about %s %s", oe.Op, oe.Path)
		}
		refused(w, b.Changed, zk.ErrSessionExpired, false)
		w.await(cl, zk.Connected)
		w.noWatches()
	})
}

func TestWatchesEndWithTheClient(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		a := ok(w, cl.ExistsAndWatch(ctx, "/a"))
		ok(w, cl.Close(ctx))
		if _, err, ready := a.Changed.Poll(); !ready || err == nil {
			w.Error("a watch has survived Close")
		}
		refused(w, a.Changed, zk.ErrClosed, false)
		ok(w, a.Unwatch(ctx))
	})
}

// Of several watches on a path each is told, and each may be given up without the others.
func TestTwoWatchesOnOnePath(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		one, two, three := ok(w, cl.GetAndWatch(ctx, "/n")), ok(w, cl.GetAndWatch(ctx, "/n")), ok(w, cl.ExistsAndWatch(ctx, "/n"))
		kids := ok(w, cl.ChildrenAndWatch(ctx, "/n"))
		ok(w, two.Unwatch(ctx))
		if oe := refused(w, two.Changed, zk.ErrUnwatched, false); oe.Path != "/n" {
			w.Errorf("the error is about %s", oe.Path)
		}
		if n := w.count(wire.OpRemoveWatches); n != 0 {
			w.Errorf("%d removals were sent, and others watch the same", n)
		}
		ok(w, cl.Set(ctx, "/n", nil, 0))
		ok(w, one.Changed)
		ok(w, three.Changed)
		if _, _, fired := kids.Changed.Poll(); fired {
			w.Error("the watch for children has fired")
		}
		again := ok(w, cl.GetAndWatch(ctx, "/n"))
		ok(w, again.Unwatch(ctx))
		ok(w, again.Unwatch(ctx)) // twice is once
		ok(w, one.Unwatch(ctx))   // has fired
		if ev := ok(w, one.Changed); ev.Type != zk.NodeDataChanged {
			w.Errorf("Unwatch has changed what was told: %+v", ev)
		}
		ok(w, kids.Unwatch(ctx))
		w.noWatches()
		if n := w.count(wire.OpRemoveWatches); n != 2 {
			w.Errorf("%d removals were sent, want 2", n)
		}
		ok(w, cl.Set(ctx, "/n", nil, 1))
		refused(w, again.Changed, zk.ErrUnwatched, false)
	})
}

func TestUnwatchNothing(t *testing.T) {
	everywhere(t, func(w *world) {
		var none zk.Watched[zk.Node]
		ok(w, none.Unwatch(ctx))
	})
}

// While there is no connection a watch is given up here, and the next connection does not know of it.
func TestUnwatchWhileSuspended(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		watched := ok(w, cl.ExistsAndWatch(ctx, "/n"))
		w.srv.Do(func(s *core.Server) { s.SetServing(false) })
		w.await(cl, zk.Suspended)
		ok(w, watched.Unwatch(ctx))
		refused(w, watched.Changed, zk.ErrUnwatched, false)
		w.srv.Do(func(s *core.Server) { s.SetServing(true) })
		w.await(cl, zk.Connected)
		w.noWatches()
	})
}

// A server before 3.5 cannot forget a watch: it costs one connection to find out, and no operation.
func TestUnwatchOnOldServer(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		watched := ok(w, cl.GetAndWatch(ctx, "/n"))
		removal := watched.Unwatch(ctx)
		behind := cl.Get(ctx, "/n")
		ok(w, removal)
		ok(w, behind)
		refused(w, watched.Changed, zk.ErrUnwatched, false)
		ok(w, ok(w, cl.GetAndWatch(ctx, "/n")).Unwatch(ctx))
		if n := w.count(wire.OpRemoveWatches); n != 1 {
			w.Errorf("%d removals were sent", n)
		}
		ok(w, cl.Set(ctx, "/n", nil, 0)) // the event of a watch that nobody has
		ok(w, cl.Get(ctx, "/n"))
	}, version(core.V3_4))
}

// Unwatch's context bounds the waiting, not the removal.
func TestUnwatchContext(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		watched := ok(w, cl.ExistsAndWatch(ctx, "/n"))
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpRemoveWatches {
				return core.Verdict{Delay: time.Second}
			}
			return core.Pass
		})
		short, cancel := w.h.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		begin := w.h.Now()
		f := watched.Unwatch(short)
		if _, _, ended := watched.Changed.Poll(); !ended {
			w.Error("Changed has not ended at once")
		}
		var log record[error]
		f.OnComplete(func(_ struct{}, err error) { log.add(err) })
		refused(w, f, context.DeadlineExceeded, false)
		if took := w.h.Now().Sub(begin); took > 50*time.Millisecond {
			w.Errorf("took %v", took)
		}
		w.noWatches()
		if log.len() != 1 {
			w.Errorf("%d callbacks", log.len())
		}
	})
}

// A watch that could not be set again when the connection is lost is refused: no server would take the client any more.
func TestWatchesOfPathsThatAreTooLong(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithMaxRequest(1 << 10))
		long := func(n int) string { return "/" + strings.Repeat("x", n-1) }
		set := 0
		for n := 900; n <= 1024; n++ {
			watched, err := cl.ExistsAndWatch(ctx, long(n)).Wait()
			if err != nil {
				isRefusal(w, err, zk.ErrTooLong, false)
				continue
			}
			w.reconnect(cl)
			ok(w, watched.Unwatch(ctx))
			set++
		}
		for n := 900; n <= 1024; n++ {
			sub, err := cl.Subscribe(ctx, long(n), zk.PersistentWatch).Wait()
			if err != nil {
				isRefusal(w, err, zk.ErrTooLong, false)
				continue
			}
			w.reconnect(cl)
			ok(w, sub.Close(ctx))
			set++
		}
		if set < 100 {
			w.Errorf("%d watches could be set", set)
		}
	}, func(c *core.Config) { c.MaxFrame = 1 << 10 })
}
