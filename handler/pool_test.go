package handler_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

func TestPoolLanesAreParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := handler.NewPool()
		a, b := p.Lane("c/a"), p.Lane("c/b")
		met := make(chan struct{}) // unbuffered: both sides at once
		a.Dispatch(future.Func(func() { met <- struct{}{} }))
		b.Dispatch(future.Func(func() { <-met }))
		p.Stop()
		<-p.Stopped()
	})
}

func TestPoolIdleLaneHasNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := handler.NewPool()
		for range 100 {
			p.Lane("a").Dispatch(future.Func(func() {}))
		}
		synctest.Wait()
		if n := goroutinesIn("handler.(*lane)"); n != 0 {
			t.Errorf("%d goroutines are left", n)
		}
	})
}

// goroutinesIn counts the goroutines that have part somewhere on their stacks.
func goroutinesIn(part string) (n int) {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		if strings.Contains(stack, part) {
			n++
		}
	}
	return n
}

func TestConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const width = 4
		p := handler.NewPool(handler.Concurrency(width))
		l := handler.Completions(p, "completions")
		var running, most atomic.Int32
		var mu sync.Mutex // guards begun
		var begun []int
		gate := make(chan struct{})
		for i := range 100 {
			l.Dispatch(future.Func(func() {
				mu.Lock()
				begun = append(begun, i)
				mu.Unlock()
				for n := running.Add(1); n > most.Load(); {
					most.Store(n)
				}
				<-gate
				running.Add(-1)
			}))
		}
		synctest.Wait()
		if n := running.Load(); n != width {
			t.Errorf("%d tasks run at once, not %d", n, width)
		}
		close(gate)
		p.Stop()
		<-p.Stopped()
		if len(begun) != 100 || most.Load() > width {
			t.Errorf("%d tasks ran, up to %d at once", len(begun), most.Load())
		}
		if l := handler.Completions(handler.NewLoop(), "x"); l.Name() != "x" {
			t.Error("no ordinary lane where there is no special one")
		}
	})
}

// All callbacks but one may wait for what the lane has to produce.
func TestConcurrencyDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const width = 3
		p := handler.NewPool(handler.Concurrency(width))
		l := p.CompletionLane("completions")
		source := future.NewPromise[int](l)
		derived := future.Then(source.Future(), func(v int) (int, error) { return v, nil })
		errs := make(chan error, width)
		for range width {
			l.Dispatch(future.Func(func() { errs <- derived.WaitErr() }))
		}
		var de *future.DeadlockError
		if err := <-errs; !errors.As(err, &de) {
			t.Errorf("the last to wait got %v", err)
		}
		source.Complete(0, nil)
		for range width - 1 {
			if err := <-errs; err != nil {
				t.Errorf("another got %v", err)
			}
		}
		p.Stop()
		<-p.Stopped()
	})
}

// Everything that a lane can do, on a lane that runs several tasks at a time.
func TestConcurrencyLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := handler.NewPool(handler.Concurrency(3))
		l := p.CompletionLane("completions")
		var ran, stopped, fired, cancelled atomic.Int32
		count := func(n *atomic.Int32) future.Task { return future.Func(func() { n.Add(1) }) }
		const burst = 20_000
		batch := make([]future.Task, burst)
		for i := range batch {
			batch[i] = count(&ran)
			if i%5000 == 0 {
				batch[i] = future.Func(func() { ran.Add(1); runtime.Goexit() })
			}
		}
		if !l.DispatchAll(batch) || !l.DispatchAll(nil) || !l.Dispatch(count(&ran)) {
			t.Error("refused")
		}
		l.AfterFunc(time.Second, count(&fired))
		ctx, cancel := context.WithCancel(context.Background())
		l.OnCancel(ctx, count(&cancelled))
		cancel()
		f := future.Async(context.Background(), l, func(co *future.Co) (int, error) {
			q := future.NewPromise[int](l)
			l.AfterFunc(time.Minute, future.Func(func() { q.Complete(1, nil) }))
			return future.Await(co, q.Future())
		})
		if v, err := f.Wait(); v != 1 || err != nil {
			t.Errorf("the body returned %d, %v", v, err)
		}
		l.OnStop(count(&stopped))
		if !l.OnStop(count(&stopped))() {
			t.Error("could not drop")
		}
		p.Stop()
		<-p.Stopped()
		if ran.Load() != burst+1 || stopped.Load() != 1 || fired.Load() != 1 || cancelled.Load() != 1 {
			t.Errorf("%d, %d, %d and %d tasks ran", ran.Load(), stopped.Load(), fired.Load(), cancelled.Load())
		}
		if l.Dispatch(count(&ran)) || l.DispatchAll(nil) {
			t.Error("a stopped lane takes tasks")
		}
		if l.Name() != "completions" || l.Now().IsZero() {
			t.Error("the lane has no name or no clock")
		}
	})
}

// A callback that waits for what never comes is released when nothing else runs any more, and not before.
func TestConcurrencyStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := handler.NewPool(handler.Concurrency(2))
		l := p.CompletionLane("completions")
		gate, released := make(chan struct{}), make(chan error, 1)
		l.Dispatch(future.Func(func() { released <- future.NewPromise[int](l).Future().WaitErr() }))
		l.Dispatch(future.Func(func() { <-gate }))
		synctest.Wait()
		p.Stop()
		synctest.Wait()
		if len(released) != 0 {
			t.Errorf("released while another callback runs: %v", <-released)
		}
		close(gate)
		<-p.Stopped()
		if err := <-released; err != future.ErrStopped {
			t.Errorf("Wait returned %v", err)
		}
	})
}

// A lane's timer can be stopped as long as its task has not started, also when it is queued already.
func TestStopQueuedTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := handler.NewPool()
		l := p.Lane("a")
		gate := make(chan struct{})
		l.Dispatch(future.Func(func() { <-gate }))
		tm := l.AfterFunc(time.Millisecond, future.Func(func() { t.Error("a stopped timer fired") }))
		time.Sleep(time.Second)
		synctest.Wait()
		if !tm.Stop() {
			t.Error("could not stop in time")
		}
		close(gate)
		p.Stop()
		<-p.Stopped()
	})
}

// Nothing fires after the end.
func TestStopDropsTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := handler.NewPool(), handler.NewLoop()
		for _, h := range []handler.Handler{p, l} {
			h.AfterFunc(time.Second, future.Func(func() { t.Error("a timer fired") }))
			h.Lane("a").AfterFunc(time.Second, future.Func(func() { t.Error("a lane's timer fired") }))
			h.Stop()
			<-h.Stopped()
		}
		time.Sleep(time.Minute)
	})
}

// A user's handler embeds a Pool and changes one thing.
type quiet struct {
	*handler.Pool
	dialed atomic.Int32
}

func (q *quiet) Dial(ctx context.Context, to handler.Target, s handler.Sink) handler.Conn {
	q.dialed.Add(1)
	return q.Pool.Dial(ctx, to, s)
}

// Another embeds System and has lanes of its own.
type mine struct{ handler.System }

func (m *mine) Lane(name string) handler.Lane { return nil }

var (
	_ handler.Handler = (*quiet)(nil)
	_ handler.Handler = (*mine)(nil)
	_ handler.Handler = (*handler.Pool)(nil)
	_ handler.Handler = (*handler.Loop)(nil)
	_ handler.Handler = (*handler.Deterministic)(nil)
	_ handler.Handler = (*handler.Node)(nil)

	_ handler.CompletionLaner = (*quiet)(nil)
	_ future.Roster           = handler.NewPool().Lane("").(future.Roster)
)

func TestResolve(t *testing.T) {
	p := handler.NewPool()
	addrs, err := p.Resolve(context.Background(), "localhost").Wait() // from the hosts file
	if err != nil || !slices.ContainsFunc(addrs, netip.Addr.IsLoopback) || slices.ContainsFunc(addrs, netip.Addr.Is4In6) {
		t.Errorf("localhost resolves to %v, %v", addrs, err)
	}
	broken := errors.New("no name server")
	p.Resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, broken }}
	var de *net.DNSError
	if _, err := p.Resolve(context.Background(), "host.invalid").Wait(); !errors.As(err, &de) {
		t.Errorf("a broken resolver returned %v", err)
	}
	asked := make(chan struct{}, 10)
	p.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		asked <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	f := p.Resolve(context.Background(), "host.invalid")
	<-asked
	p.Stop()
	<-p.Stopped()
	if _, err := f.Wait(); err != future.ErrStopped {
		t.Errorf("a lookup that Stop ended returned %v", err)
	}
}

func TestSystemAlone(t *testing.T) {
	m := new(mine)
	if addrs, err := m.Resolve(context.Background(), "127.0.0.1").Wait(); err != nil || len(addrs) != 1 {
		t.Errorf("resolved to %v, %v", addrs, err)
	}
	ran := make(chan struct{})
	m.Spawn(func() { close(ran) })
	<-ran
	m.Stop()
	<-m.Stopped()
}
