package zk_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
)

// Hooks are told of requests to subscribe like of any other, and the subscription works.
func TestHooksOfSubscriptions(t *testing.T) {
	everyMode(t, func(w *world) {
		var e eavesdropper
		cl := w.client(zk.WithHooks(&e))
		sub := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch))
		ok(w, cl.Create(ctx, "/n", nil))
		tells(w, sub, "NodeCreated /n")
		w.until("two ends", func() bool { return e.ends.len() == 2 })
		if got := e.ends.all(); !slices.Equal(got, []string{"addWatch /n <nil>+1", "create /n <nil>+2"}) {
			w.Errorf("%q", got)
		}
		ok(w, sub.Close(ctx))
	})
}

// Hooks are told of watches that are taken away by the user, whether the server must be told or not, and of no others.
func TestHooksOfRemovals(t *testing.T) {
	everyMode(t, func(w *world) {
		var e eavesdropper
		cl := w.client()
		heard := w.client(zk.WithHooks(&e))
		ok(w, cl.Create(ctx, "/n", nil))
		view := heard.Chroot("/n")
		told := 0
		ends := func(want ...string) {
			w.Helper()
			told += len(want)
			w.until("the ends", func() bool { return e.ends.len() >= told })
			var got []string
			for i, r := range e.results.all()[told-len(want):] {
				line := e.starts.all()[told-len(want)+i]
				switch {
				case r.Err != nil:
					line += " fails"
				case r.BytesSent > 0 && r.BytesReceived > 0:
					line += " is answered"
				}
				got = append(got, line)
			}
			if !slices.Equal(got, want) {
				w.Errorf("told %q, want %q", got, want)
			}
		}
		one, two := ok(w, view.GetAndWatch(ctx, "/")), ok(w, view.GetAndWatch(ctx, "/"))
		ok(w, one.Unwatch(ctx)) // the server need not know
		ok(w, two.Unwatch(ctx))
		ok(w, two.Unwatch(ctx)) // once more, which is nothing
		ends("getData / is answered", "getData / is answered", "removeWatches /", "removeWatches / is answered")

		refused(w, view.RemoveWatches(ctx, "/", zk.AnyWatch), zk.ErrNoWatcher, false)
		ends("removeWatches / fails")
		if r := e.results.all(); !errors.Is(r[len(r)-1].Err, zk.ErrNoWatcher) {
			w.Errorf("%+v", r[len(r)-1])
		}
		ok(w, view.ChildrenAndWatch(ctx, "/"))
		ok(w, view.RemoveWatches(ctx, "/", zk.ChildrenWatch))
		ends("getChildren / is answered", "removeWatches / is answered")

		sub := ok(w, view.Subscribe(ctx, "/s", zk.PersistentWatch))
		ok(w, sub.Close(ctx))
		ok(w, sub.Close(ctx))
		ends("addWatch /s is answered", "removeWatches /s is answered")

		fired := ok(w, view.GetAndWatch(ctx, "/"))
		ok(w, cl.Set(ctx, "/n", nil, 0))
		ok(w, fired.Changed)
		ok(w, fired.Unwatch(ctx))
		ok(w, view.GetAndWatch(ctx, "/"))
		ok(w, view.Close(ctx))
		ok(w, heard.Sync(ctx, "/"))
		ends("getData / is answered", "getData / is answered", "sync / is answered")
		if n, m := e.starts.len(), e.ends.len(); n != told || m != told {
			w.Errorf("%d starts and %d ends, want %d", n, m, told)
		}
		w.noWatches()
	})
}

// On a server that does not know it the removal ends well, and hooks are told so.
func TestHooksOfRemovalOnOldServer(t *testing.T) {
	oldServers(t, func(w *world) {
		var e eavesdropper
		cl := w.client(zk.WithHooks(&e))
		ok(w, cl.Get(ctx, "/"))
		ok(w, ok(w, cl.GetAndWatch(ctx, "/")).Unwatch(ctx))
		w.until("three ends", func() bool { return e.ends.len() == 3 })
		if r := e.results.all()[2]; r.Err != nil {
			w.Errorf("%+v", r)
		}
		ok(w, cl.Get(ctx, "/"))
	})
}
