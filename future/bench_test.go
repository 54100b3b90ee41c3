package future_test

import (
	"runtime"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

func benchLane(b *testing.B) handler.Lane {
	h := handler.NewPool()
	b.Cleanup(func() {
		h.Stop()
		<-h.Stopped()
	})
	b.ReportAllocs()
	return h.Lane("bench")
}

// A promise that is complete before anybody waits.
func BenchmarkWaitReady(b *testing.B) {
	l := benchLane(b)
	for b.Loop() {
		p := future.NewPromise[int](l)
		p.Complete(1, nil)
		p.Future().Wait()
	}
}

// A promise that another goroutine completes while somebody waits.
func BenchmarkWaitPending(b *testing.B) {
	l := benchLane(b)
	work := make(chan *future.Promise[int], 1)
	go func() {
		for p := range work {
			p.Complete(1, nil)
		}
	}()
	for b.Loop() {
		p := future.NewPromise[int](l)
		work <- p
		p.Future().Wait()
	}
	close(work)
}

// Callbacks that are queued faster than they run, each of a promise of its own.
func BenchmarkCallbackBusyLane(b *testing.B) {
	l := benchLane(b)
	n := 0
	count := func(int, error) { n++ }
	for b.Loop() {
		p := future.NewPromise[int](l)
		p.Future().OnComplete(count)
		p.Complete(1, nil)
	}
	drain(b, l)
}

// The same a hundred at a time, as one read from a socket completes them.
func BenchmarkCallbackBatch100(b *testing.B) {
	l := benchLane(b)
	n := 0
	count := func(int, error) { n++ }
	var batch future.Batch
	for i := 0; b.Loop(); i++ {
		p := future.NewPromise[int](l)
		p.Future().OnComplete(count)
		p.CompleteIn(&batch, 1, nil)
		if i%100 == 99 {
			batch.Flush()
		}
	}
	batch.Flush()
	drain(b, l)
}

// drain waits until everything that is queued on the lane has run.
func drain(b *testing.B, l future.Executor) {
	p := future.NewPromise[int](l)
	later(l, p, 1, nil)
	if err := p.Future().WaitErr(); err != nil {
		b.Error(err)
	}
}

func BenchmarkThenChainOf3(b *testing.B) {
	l := benchLane(b)
	inc := func(v int) (int, error) { return v + 1, nil }
	for b.Loop() {
		p := future.NewPromise[int](l)
		f := future.Then(future.Then(future.Then(p.Future(), inc), inc), inc)
		p.Complete(0, nil)
		if v, _ := f.Wait(); v != 3 {
			b.Fatal(v)
		}
	}
}

func BenchmarkAll10(b *testing.B) {
	l := benchLane(b)
	for b.Loop() {
		ps, fs := promises(10, l)
		all := future.All(fs...)
		for i, p := range ps {
			p.Complete(i, nil)
		}
		if _, err := all.Wait(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAsync(b *testing.B) {
	l := benchLane(b)
	body := func(*future.Co) (int, error) { return 1, nil }
	for b.Loop() {
		future.Async(background, l, body)
	}
	drain(b, l)
}

// inBody runs the benchmark as a body on the lane.
func inBody(b *testing.B, l future.Executor, run func(co *future.Co)) {
	err := future.Async(background, l, func(co *future.Co) (int, error) {
		run(co)
		return 0, nil
	}).WaitErr()
	if err != nil {
		b.Error(err)
	}
}

func BenchmarkAwaitReady(b *testing.B) {
	f := future.Value(1)
	inBody(b, benchLane(b), func(co *future.Co) {
		for b.Loop() {
			future.Await(co, f)
		}
	})
}

// A body on a lane of the test, without goroutines: the bare switch there and back.
func BenchmarkAwaitPending(b *testing.B) {
	b.ReportAllocs()
	l := newSlowLane()
	ps := make([]future.Promise[int], b.N)
	for i := range ps {
		ps[i].Init(l, nil)
	}
	future.Async(background, l, func(co *future.Co) (int, error) {
		for i := range ps {
			future.Await(co, ps[i].Future())
		}
		return 1, nil
	})
	l.run()
	b.ResetTimer()
	for i := range ps {
		ps[i].Complete(1, nil)
		l.run()
	}
}

// Many bodies on a lane that is never idle: each is resumed by a task of the same lane.
func BenchmarkAwaitBusyLane(b *testing.B) {
	const bodies = 64
	l := benchLane(b)
	n := b.N/bodies + 1
	fs := make([]*future.Future[int], bodies)
	b.ResetTimer()
	for i := range fs {
		fs[i] = future.Async(background, l, func(co *future.Co) (int, error) {
			ps := make([]future.Promise[int], n)
			var complete future.Func
			at := 0
			complete = func() { ps[at].Complete(1, nil) }
			for at = range ps {
				ps[at].Init(l, nil)
				l.Dispatch(complete)
				future.Await(co, ps[at].Future())
			}
			return 1, nil
		})
	}
	if err := future.Settle(fs...).WaitErr(); err != nil {
		b.Error(err)
	}
}

// One body on a lane that sleeps until another goroutine completes what it awaits.
func BenchmarkAwaitIdleLane(b *testing.B) {
	l := benchLane(b)
	work := make(chan *future.Promise[int], 1)
	go func() {
		for p := range work {
			p.Complete(1, nil)
		}
	}()
	inBody(b, l, func(co *future.Co) {
		for b.Loop() {
			p := future.NewPromise[int](l)
			work <- p
			future.Await(co, p.Future())
		}
	})
	close(work)
}

// What 100,000 pending futures weigh, and with them those who wait.
func BenchmarkPendingMemory(b *testing.B) {
	const n = 100_000
	h := handler.NewPool()
	defer func() { h.Stop(); <-h.Stopped() }()
	l := h.Lane("bench")
	count := func(int, error) {}
	for name, consume := range map[string]func(f *future.Future[int]){
		"Nobody":   func(*future.Future[int]) {},
		"Callback": func(f *future.Future[int]) { f.OnComplete(count) },
		"Then": func(f *future.Future[int]) {
			future.Then(f, func(v int) (int, error) { return v, nil })
		},
		"Chan": func(f *future.Future[int]) { f.Chan() },
		"Body": func(f *future.Future[int]) {
			future.Async(background, l, func(co *future.Co) (int, error) { return future.Await(co, f) })
		},
		"Goroutine": func(f *future.Future[int]) { go f.Wait() },
	} {
		b.Run(name, func(b *testing.B) { // once: it is not time that is measured
			before := inUse()
			ps, fs := promises(n, l)
			for _, f := range fs {
				consume(f)
			}
			drain(b, l)
			b.ReportMetric(float64(inUse()-before)/n, "bytes/future")
			b.ReportMetric(0, "ns/op")
			for _, p := range ps {
				p.Complete(1, nil)
			}
			drain(b, l)
		})
	}
}

// inUse returns how much memory is in use, on the heap and for stacks.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
