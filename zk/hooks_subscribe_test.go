package zk_test

import (
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
