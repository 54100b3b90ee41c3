package zk_test

import (
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// A view that retries subscribes again when the answer was lost.
func TestSubscribeIsRetried(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		lost := 2
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpAddWatch && lost > 0 {
				lost--
				return core.Verdict{Cut: core.CutBefore}
			}
			return core.Pass
		})
		refused(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch), zk.ErrConnectionLoss, false)
		sub := ok(w, cl.WithRetry(zk.RetryPolicy{MaxTries: 5}).Subscribe(ctx, "/n", zk.PersistentWatch))
		ok(w, cl.Create(ctx, "/n", nil))
		tells(w, sub, "NodeCreated /n")
		ok(w, sub.Close(ctx))
		w.noWatches()
	})
}
