package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// change does something to the tree, and wants it to succeed.
func change[T any](t *testing.T, cl *zk.Client, f *future.Future[T]) {
	t.Helper()
	get(t, cl, f)
}

// A data watch tells of a node that is not there, of its creation, its changes and its deletion, and so on.
func TestDataWatch(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		watch := recipes.NewDataWatch(cl, "/d")
		step := 0
		for u := range watch.Updates(soon(t, cl)) {
			want := []struct {
				data   string
				exists bool
				event  zk.EventType
			}{{"", false, 0}, {"a", true, zk.NodeCreated}, {"b", true, zk.NodeDataChanged}, {"", false, zk.NodeDeleted}, {"c", true, zk.NodeCreated}}[step]
			var event zk.EventType
			if u.Event != nil {
				event = u.Event.Type
			}
			if string(u.Data) != want.data || u.Exists != want.exists || event != want.event {
				t.Fatalf("step %d: %+v", step, u)
			}
			switch step++; step {
			case 1, 4:
				change(t, other, other.Create(ctx, "/d", []byte{"ac"[step/4]}))
			case 2:
				change(t, other, other.Set(ctx, "/d", []byte("b"), zk.AnyVersion))
			case 3:
				change(t, other, other.Delete(ctx, "/d", zk.AnyVersion))
			case 5:
				get(t, cl, watch.Stop())
			}
		}
		if step != 5 || watch.Err() != nil {
			t.Errorf("ended at step %d: %v", step, watch.Err())
		}
		noWatches(t, cl, s)
	})
}

// noWatches wants a client to have no watch on the server.
func noWatches(t *testing.T, cl *zk.Client, s scene) {
	t.Helper()
	for range 2 { // the first sees what was on its way, the second what that made necessary
		get(t, cl, cl.Sync(ctx, "/"))
	}
	id := cl.Session().ID
	s.do(func(c *core.Server) {
		for _, w := range c.Watches() {
			if w.Session == id {
				t.Errorf("left behind: %+v", w)
			}
		}
	})
}

// A watch goes on through lost connections, silently if nothing has changed, and through sessions, unless told otherwise.
func TestWatchesOutliveSessions(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		change(t, other, other.Create(ctx, "/d", []byte("1")))
		data, children := recipes.NewDataWatch(cl, "/d"), recipes.NewChildrenWatch(cl, "/d")
		mortal := recipes.NewDataWatch(cl, "/d", recipes.EndOnLost())
		until := func(what string, n int) {
			for u := range data.Updates(soon(t, cl)) {
				if string(u.Data) == what {
					break
				}
			}
			for u := range children.Updates(soon(t, cl)) {
				if len(u.Names) == n {
					break
				}
			}
		}
		until("1", 0)
		for range mortal.Updates(soon(t, cl)) {
			break
		}
		s.drop(cl.Session().ID)
		change(t, other, other.Set(ctx, "/d", []byte("2"), zk.AnyVersion))
		change(t, other, other.Create(ctx, "/d/x", nil))
		until("2", 1)
		if err := mortal.Err(); err != nil {
			t.Errorf("ended by a lost connection: %v", err)
		}
		s.expire(cl.Session().ID)
		change(t, other, other.Set(ctx, "/d", []byte("3"), zk.AnyVersion))
		change(t, other, other.Create(ctx, "/d/y", nil))
		until("3", 2)
		for range mortal.Updates(soon(t, cl)) {
		}
		if err := mortal.Err(); !errors.Is(err, zk.ErrSessionExpired) {
			t.Errorf("a watch that is to end with its session: %v", err)
		}
		get(t, cl, data.Stop())
		get(t, cl, children.Stop())
		noWatches(t, cl, s)
	})
}

func TestExistingDataWatch(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		var seen []bool
		change(t, cl, cl.Create(ctx, "/d", nil))
		watch := recipes.NewExistingDataWatch(cl, "/d")
		for u := range watch.Updates(soon(t, cl)) {
			if seen = append(seen, u.Exists); u.Exists {
				change(t, cl, cl.Delete(ctx, "/d", zk.AnyVersion))
			}
		}
		if !slices.Equal(seen, []bool{true, false}) || !errors.Is(watch.Err(), zk.ErrNoNode) {
			t.Errorf("%v, %v", seen, watch.Err())
		}
		noWatches(t, cl, s)
	})
}

func TestChildrenWatch(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		watch := recipes.NewChildrenWatch(cl, "/p")
		step := 0
		for u := range watch.Updates(soon(t, cl)) {
			want := [][]string{nil, {}, {"b"}, {"a", "b"}, {"a"}, nil, {}}[step]
			if !slices.Equal(u.Names, want) || u.Exists != (want != nil) {
				t.Fatalf("step %d: %+v", step, u)
			}
			switch step++; step {
			case 1, 6:
				change(t, other, other.Create(ctx, "/p", nil))
			case 2:
				change(t, other, other.Create(ctx, "/p/b", nil))
			case 3:
				change(t, other, other.Create(ctx, "/p/a", nil))
			case 4:
				change(t, other, other.Delete(ctx, "/p/b", zk.AnyVersion))
			case 5:
				change(t, other, other.DeleteAll(ctx, "/p"))
				if u := first(t, cl, watch, func(u recipes.ChildrenUpdate) bool { return !u.Exists }); u.Names != nil {
					t.Errorf("of no parent: %+v", u)
				}
				step = 5
			case 7:
				get(t, cl, watch.Stop())
			}
		}
		noWatches(t, cl, s)
	})
}

// first waits for an update that is wanted.
func first[U any](t *testing.T, cl *zk.Client, w *recipes.Watch[U], want func(U) bool) (u U) {
	t.Helper()
	for u = range w.Updates(soon(t, cl)) {
		if want(u) {
			return u
		}
	}
	t.Fatal("the watch has ended before")
	return u
}

// A callback that takes its time delays nobody, misses values, and gets the last. Stop waits for it, in no callback.
func TestOnUpdateConflates(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		change(t, other, other.Create(ctx, "/d", []byte("0")))
		watch := recipes.NewDataWatch(cl, "/d")
		var calls, running atomic.Int32
		last := future.NewPromise[struct{}](cl.Handler().Lane("test"))
		watch.OnUpdate(func(u recipes.Update) {
			if running.Add(1) > 1 {
				t.Error("two calls at a time")
			}
			calls.Add(1)
			if string(u.Data) == "50" {
				last.Complete(struct{}{}, nil)
			}
			running.Add(-1)
		})
		for i := range 50 {
			change(t, other, other.Set(ctx, "/d", fmt.Append(nil, i+1), zk.AnyVersion))
		}
		get(t, cl, last.Future())
		if n := calls.Load(); n > 51 {
			t.Errorf("%d calls for 51 values", n)
		}
		stop := watch.OnUpdate(func(recipes.Update) {})
		get(t, cl, stop())
		get(t, cl, watch.Stop())
		n := calls.Load()
		change(t, other, other.Set(ctx, "/d", nil, zk.AnyVersion))
		get(t, cl, cl.Sync(ctx, "/"))
		if calls.Load() != n {
			t.Error("a call behind Stop")
		}
		get(t, cl, watch.Stop())
	})
}

// A change costs one request of each watch.
func TestCostOfAChange(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		change(t, other, other.Create(ctx, "/d", []byte("1")))
		watch := recipes.NewDataWatch(cl, "/d")
		first(t, cl, watch, func(u recipes.Update) bool { return true })
		wantRequests(t, "a change", requests(s, func() {
			change(t, other, other.Set(ctx, "/d", []byte("2"), zk.AnyVersion))
			first(t, cl, watch, func(u recipes.Update) bool { return string(u.Data) == "2" })
		}), map[string]int{"setData": 1, "getData": 1})
	})
}

// Connections are cut at every request, and the last value is seen all the same.
func TestWatchesLoseAnswers(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		scenes(t, func(t *testing.T, s scene) {
			cl, other := s.client(t), s.client(t)
			cutOn(s, cl.Session().ID, cut, 5, "getData", "exists", "getChildren", "setWatches")
			data, children := recipes.NewDataWatch(cl, "/p"), recipes.NewChildrenWatch(cl, "/p")
			for i := range 5 {
				change(t, other, other.Create(ctx, fmt.Sprint("/p/", i), nil, zk.MakeParents()))
				change(t, other, other.Set(ctx, "/p", fmt.Append(nil, i), zk.AnyVersion))
			}
			first(t, cl, data, func(u recipes.Update) bool { return string(u.Data) == "4" })
			first(t, cl, children, func(u recipes.ChildrenUpdate) bool { return len(u.Names) == 5 })
			get(t, cl, data.Stop())
			get(t, cl, children.Stop())
		})
	}
}

func TestWatchErrors(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		bad, closed := recipes.NewDataWatch(cl, "bad"), recipes.NewDataWatch(cl, "/d")
		for range bad.Updates(soon(t, cl)) {
			t.Error("of an invalid path")
		}
		if !errors.Is(bad.Err(), zk.ErrBadArguments) {
			t.Errorf("an invalid path: %v", bad.Err())
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		for range closed.Updates(ended) {
			t.Error("with a context that has ended")
		}
		first(t, cl, closed, func(recipes.Update) bool { return true })
		after := soon(t, cl)
		get(t, cl, cl.Close(ctx))
		for range closed.Updates(after) {
		}
		if !errors.Is(closed.Err(), zk.ErrClosed) {
			t.Errorf("a closed client: %v", closed.Err())
		}
	})
}

// A patient watch settles when nothing has changed for long enough, and tells of the next change.
func TestPatientChildrenWatch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 5)
		cl, other := w.client(t), w.client(t)
		patient := recipes.NewPatientChildrenWatch(cl, "/p", time.Second)
		if err := patient.Start(ctx).WaitErr(); !errors.Is(err, zk.ErrNoNode) {
			t.Errorf("of no node: %v", err)
		}
		change(t, other, other.Create(ctx, "/p", nil))
		started := w.Now()
		settled := patient.Start(ctx)
		for i := range 5 {
			w.Advance(900 * time.Millisecond)
			pending(t, "before it is quiet", settled)
			if i == 2 {
				w.drop(cl.Session().ID) // no change
			}
			change(t, other, other.Create(ctx, fmt.Sprint("/p/", i), nil))
		}
		kids := get(t, cl, settled)
		if len(kids.Value.Names) != 5 {
			t.Errorf("settled with %v", kids.Value.Names)
		}
		if took := w.Now().Sub(started); took < 5500*time.Millisecond {
			t.Errorf("settled after %v", took)
		}
		pending(t, "a change", kids.Changed)
		change(t, other, other.Delete(ctx, "/p/0", zk.AnyVersion))
		get(t, cl, kids.Changed)

		c, cancel := cl.Handler().WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		if err := patient.Start(c).WaitErr(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without enough time: %v", err)
		}
		noWatches(t, cl, w)
	})
}
