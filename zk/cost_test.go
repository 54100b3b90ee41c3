package zk_test

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// descriptors returns how many files this process has open, or -1 where that cannot be told.
func descriptors() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(list)
}

// settled waits for what has ended to be gone.
func settled(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for begin := time.Now(); !ok(); runtime.Gosched() {
		if time.Since(begin) > 10*time.Second {
			t.Error(what)
			return
		}
	}
}

// A client that is closed leaves nothing behind: no goroutine, no descriptor.
func TestConnectAndCloseOverTCP(t *testing.T) {
	addr := serverProcess(t)
	goroutines, files := runtime.NumGoroutine(), descriptors()
	for range 1000 {
		cl, err := zk.Connect(ctx, addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := cl.Close(ctx).WaitErr(); err != nil {
			t.Fatal(err)
		}
	}
	settled(t, "descriptors are left", func() bool { return descriptors() <= files })
	settled(t, "goroutines are left", func() bool { return runtime.NumGoroutine() <= goroutines })
}

type usage struct {
	goroutines int
	bytes      int64
}

func measure() usage {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{runtime.NumGoroutine(), int64(m.HeapInuse + m.StackInuse)}
}

// An idle client needs two goroutines and no more than 64 KiB.
func TestIdleClients(t *testing.T) {
	const n, maxGoroutines, maxBytes = 100, 2, 64 << 10
	addr := serverProcess(t)
	connect := func() *zk.Client {
		cl, err := zk.Connect(ctx, addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := cl.Get(ctx, "/").WaitErr(); err != nil {
			t.Fatal(err)
		}
		return cl
	}
	first := connect() // what the first one needs once is not counted
	defer func() { first.Close(ctx).Wait() }()
	before := measure()
	clients := make([]*zk.Client, n)
	for i := range clients {
		clients[i] = connect()
	}
	settled(t, "the clients are not idle", func() bool { return runtime.NumGoroutine()-before.goroutines <= maxGoroutines*n })
	after := measure()
	goroutines := float64(after.goroutines-before.goroutines) / n
	bytes := float64(after.bytes-before.bytes) / n
	t.Logf("an idle client: %.2f goroutines, %.0f bytes", goroutines, bytes)
	if goroutines > maxGoroutines {
		t.Errorf("%.2f goroutines, want %d at most", goroutines, maxGoroutines)
	}
	if bytes > maxBytes && !raceEnabled {
		t.Errorf("%.0f bytes, want %d at most", bytes, maxBytes)
	}
	for _, cl := range clients {
		if err := cl.Close(ctx).WaitErr(); err != nil {
			t.Error(err)
		}
	}
}

// Clients that come and go on one handler, started under one context, leave nothing there.
func TestClosedClientsAreForgotten(t *testing.T) {
	for _, kind := range worlds {
		t.Run(kind.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := kind.make(t, nil)
				long, cancel := context.WithCancel(ctx)
				defer cancel()
				cycle := func() {
					cl := w.unstarted()
					ok(w, cl.Start(long))
					cl.States(ended())
					ok(w, cl.ExistsAndWatch(long, "/x"))
					cl.Get(long, "/").OnComplete(func(zk.Node, error) {})
					ok(w, cl.Close(long))
				}
				live := func() int64 {
					w.sleep(time.Minute)
					runtime.GC()
					runtime.GC()
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					return int64(m.HeapAlloc)
				}
				for range 50 {
					cycle()
				}
				before := live()
				const n = 500
				for range n {
					cycle()
				}
				if per := (live() - before) / n; per > 1024 {
					t.Errorf("a client that is closed leaves %d bytes", per)
				}
			})
		})
	}
}

// A blocking read costs two allocations.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	addr := serverProcess(t)
	cl, err := zk.Connect(ctx, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()
	if err := cl.Create(ctx, "/n", []byte("some data")).WaitErr(); err != nil {
		t.Fatal(err)
	}
	other := []byte("other data")
	for name, c := range map[string]struct {
		most float64
		do   func() error
	}{
		"Get":    {2, func() error { return cl.Get(ctx, "/n").WaitErr() }},
		"Exists": {2, func() error { return cl.Exists(ctx, "/n").WaitErr() }},
		"Set":    {1, func() error { return cl.Set(ctx, "/n", other, zk.AnyVersion).WaitErr() }},
	} {
		got := testing.AllocsPerRun(1000, func() {
			if err := c.do(); err != nil {
				t.Fatal(err)
			}
		})
		if got > c.most {
			t.Errorf("%s: %.1f allocations, want %.0f", name, got, c.most)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	srv := zktest.NewServer(b)
	cl, err := zk.Connect(ctx, srv.Addr(), zk.WithHandler(handler.NewPool()))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()
	b.ReportAllocs()
	b.Run("blocking", func(b *testing.B) {
		for b.Loop() {
			if _, err := cl.Get(ctx, "/").Wait(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("pipelined", func(b *testing.B) {
		for b.Loop() {
			for range 99 {
				cl.Get(ctx, "/")
			}
			if _, err := cl.Get(ctx, "/").Wait(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// What hooks cost, against BenchmarkGet/blocking, which has none.
func BenchmarkGetHooked(b *testing.B) {
	srv := zktest.NewServer(b)
	cl, err := zk.Connect(ctx, srv.Addr(), zk.WithHooks(&counter{}))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cl.Get(ctx, "/").Wait(); err != nil {
			b.Fatal(err)
		}
	}
}

// A counter is the least hook.
type counter struct{ ends int }

func (c *counter) OnOpEnd(context.Context, zk.OpInfo, zk.OpEnd) { c.ends++ }
