package zk_test

import (
	"runtime"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
)

// Subscriptions that are closed leave nothing behind, on no handler: no lane, no goroutine, no memory that grows.
func TestClosedSubscriptionsAreForgotten(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		cycles := func(n int) {
			for range n {
				sub := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch))
				sub.OnEvent(func(zk.Event) {})
				ok(w, sub.Close(ctx))
			}
		}
		used := func() (bytes uint64, goroutines int) {
			runtime.GC()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc, runtime.NumGoroutine()
		}
		cycles(1000)
		bytes, goroutines := used()
		cycles(10_000)
		after, more := used()
		if after > bytes+1<<20 || more > goroutines+10 { // a lane that stays costs more than 100 bytes
			w.Errorf("%d bytes and %d goroutines, from %d and %d", after, more, bytes, goroutines)
		}
		w.noWatches()
	})
}
