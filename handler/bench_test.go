package handler_test

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

var nop future.Task = future.Func(func() {})

func BenchmarkDispatchBusy(b *testing.B) {
	p := handler.NewPool()
	l := p.Lane("a")
	b.ReportAllocs()
	for b.Loop() {
		l.Dispatch(nop)
	}
	p.Stop()
	<-p.Stopped()
}

func BenchmarkDispatchIdle(b *testing.B) {
	p := handler.NewPool()
	l := p.Lane("a")
	ran := make(chan struct{})
	t := future.Func(func() { ran <- struct{}{} })
	b.ReportAllocs()
	for b.Loop() {
		l.Dispatch(t)
		<-ran
	}
}

func BenchmarkDispatchAll100(b *testing.B) {
	p := handler.NewPool()
	l := p.Lane("a")
	ts := make([]future.Task, 100)
	for i := range ts {
		ts[i] = nop
	}
	b.ReportAllocs()
	for b.Loop() {
		l.DispatchAll(ts)
	}
	p.Stop()
	<-p.Stopped()
}

func BenchmarkConcurrency4(b *testing.B) {
	p := handler.NewPool(handler.Concurrency(4))
	l := p.CompletionLane("a")
	b.ReportAllocs()
	for b.Loop() {
		l.Dispatch(nop)
	}
	p.Stop()
	<-p.Stopped()
}

// An Await of a future that is complete.
func BenchmarkAwaitReady(b *testing.B) {
	each(b, func(b *testing.B, h handler.Handler) {
		l := h.Lane("a")
		f := future.Value(1)
		future.Async(context.Background(), l, func(co *future.Co) (int, error) {
			for b.Loop() {
				future.Await(co, f)
			}
			return 0, nil
		}).Wait()
	})
}

// An Await that suspends: a task of the same lane completes the future.
func BenchmarkAwaitPending(b *testing.B) {
	each(b, func(b *testing.B, h handler.Handler) {
		l := h.Lane("a")
		var p *future.Promise[int]
		complete := future.Func(func() { p.Complete(1, nil) })
		future.Async(context.Background(), l, func(co *future.Co) (int, error) {
			for b.Loop() {
				p = future.NewPromise[int](l)
				l.Dispatch(complete)
				future.Await(co, p.Future())
			}
			return 0, nil
		}).Wait()
	})
}

// An Await whose lane has nothing else to do: another lane completes the future.
func BenchmarkAwaitIdleLane(b *testing.B) {
	each(b, func(b *testing.B, h handler.Handler) {
		l, other := h.Lane("a"), h.Lane("b")
		var p *future.Promise[int]
		complete := future.Func(func() { p.Complete(1, nil) })
		future.Async(context.Background(), l, func(co *future.Co) (int, error) {
			for b.Loop() {
				p = future.NewPromise[int](l)
				other.Dispatch(complete)
				future.Await(co, p.Future())
			}
			return 0, nil
		}).Wait()
	})
}

// A Wait in a process or goroutine of its own, for a task.
func BenchmarkWaitInSpawn(b *testing.B) {
	each(b, func(b *testing.B, h handler.Handler) {
		l := h.Lane("a")
		over := future.NewPromise[int](l)
		var p *future.Promise[int]
		complete := future.Func(func() { p.Complete(1, nil) })
		h.Spawn(func() {
			for b.Loop() {
				p = future.NewPromise[int](l)
				l.Dispatch(complete)
				p.Future().Wait()
			}
			over.Complete(0, nil)
		})
		over.Future().Wait()
	})
}

// A Wait from outside, which drives a Loop or a Deterministic.
func BenchmarkWaitOutside(b *testing.B) {
	each(b, func(b *testing.B, h handler.Handler) {
		l := h.Lane("a")
		var p *future.Promise[int]
		complete := future.Func(func() { p.Complete(1, nil) })
		for b.Loop() {
			p = future.NewPromise[int](l)
			l.Dispatch(complete)
			p.Future().Wait()
		}
	})
}

func each(b *testing.B, run func(b *testing.B, h handler.Handler)) {
	for _, kind := range []struct {
		name string
		make func() handler.Handler
	}{
		{"Pool", func() handler.Handler { return handler.NewPool() }},
		{"Loop", func() handler.Handler { return handler.NewLoop() }},
		{"Deterministic", func() handler.Handler { return handler.NewDeterministic(1) }},
	} {
		b.Run(kind.name, func(b *testing.B) {
			h := kind.make()
			b.ReportAllocs()
			run(b, h)
			h.Stop()
			<-h.Stopped()
		})
	}
}

func BenchmarkDeterministicTask(b *testing.B) {
	d := handler.NewDeterministic(1)
	lanes := []handler.Lane{d.Lane("a"), d.Lane("b"), d.Lane("c")}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		lanes[i%3].Dispatch(nop)
		if i++; i%1000 == 0 {
			d.Run()
		}
	}
	d.Stop()
}

func BenchmarkDeterministicTimer(b *testing.B) {
	d := handler.NewDeterministic(1)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		d.AfterFunc(1000, nop)
		if i++; i%1000 == 0 {
			d.Run()
		}
	}
	d.Stop()
}

// A round trip over the loopback interface, with many callers or one.
func BenchmarkEcho(b *testing.B) {
	for name, callers := range map[string]int{"1": 1, "256": 256} {
		b.Run(name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			go func() {
				if nc, err := l.Accept(); err == nil {
					s := newSink()
					var mu sync.Mutex
					var out []byte
					var c handler.Conn
					s.opened = func(conn handler.Conn) { c = conn }
					s.received = func(b []byte) int {
						mu.Lock()
						out = append(out, b...)
						mu.Unlock()
						c.Wake()
						return len(b)
					}
					s.pull = func(buf []byte) []byte {
						mu.Lock()
						defer mu.Unlock()
						buf = append(buf, out...)
						out = out[:0]
						return buf
					}
					handler.NewConn(nc, s)
				}
			}()
			p := handler.NewPool()
			tokens := make(chan struct{}, callers)
			var mu sync.Mutex
			pending := 0
			s := newSink()
			s.pull = func(buf []byte) []byte {
				mu.Lock()
				defer mu.Unlock()
				for range pending {
					buf = append(buf, make([]byte, 64)...)
				}
				pending = 0
				return buf
			}
			s.received = func(b []byte) int {
				for range len(b) / 64 {
					tokens <- struct{}{}
				}
				return len(b) / 64 * 64
			}
			opened := make(chan handler.Conn, 1)
			s.opened = func(c handler.Conn) { opened <- c }
			p.Dial(context.Background(), handler.Target{Address: l.Addr().String()}, s)
			c := <-opened
			b.ReportAllocs()
			b.SetParallelism(max(1, callers/2))
			for range callers {
				tokens <- struct{}{}
			}
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					<-tokens
					mu.Lock()
					pending++
					mu.Unlock()
					c.Wake()
				}
			})
			b.StopTimer()
			p.Stop()
			<-p.Stopped()
		})
	}
}
