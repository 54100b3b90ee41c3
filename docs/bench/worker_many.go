package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
)

// What many of something cost: clients, requests that are not answered, watches.

// memory is what the process holds on to.
func memory() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}

// gazooMany does the kinds that connect in a way of their own; known is false if j is not one of them.
func gazooMany(j job) (o outcome, known bool, err error) {
	do, known := map[string]func(job) (outcome, error){
		"connect": storm, "idle": idleClients, "outstanding": outstanding, "rewatch": rewatch, "fanout": fanout, "one-node": oneNode,
		"locks": locks, "treecache": treeCache,
		"await-ready": awaitReady, "await-busy": awaitBusy, "await-idle": awaitIdle, "wait-ready": waitReady,
	}[j.kind]
	if !known {
		return outcome{}, false, nil
	}
	o, err = do(j)
	return o, true, err
}

func connectAll(j job) ([]*zk.Client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	clients := make([]*zk.Client, j.n)
	starts := make([]*future.Future[zk.Session], j.n)
	for i := range clients {
		cl, err := zk.New(j.addr, zk.WithSessionTimeout(30*time.Second))
		if err != nil {
			return nil, err
		}
		clients[i], starts[i] = cl, cl.Start(ctx)
	}
	_, err := future.All(starts...).Wait()
	return clients, err
}

func closeAll(clients []*zk.Client) {
	closes := make([]*future.Future[struct{}], len(clients))
	for i, cl := range clients {
		closes[i] = cl.Close(context.Background())
	}
	for _, f := range closes {
		f.Wait()
	}
}

// storm connects n clients at once.
func storm(j job) (outcome, error) {
	runtime.GC()
	from := used()
	clients, err := connectAll(j)
	o := from.until(used(), int64(j.n))
	closeAll(clients)
	return o, err
}

// idleClients says what a client costs that has done something and rests.
func idleClients(j job) (outcome, error) {
	one := j
	one.n = 1
	first, err := connectAll(one) // what the first needs once is not counted
	if err != nil {
		return outcome{}, err
	}
	defer closeAll(first)
	goroutines, bytes := runtime.NumGoroutine(), memory()
	clients, err := connectAll(j)
	if err != nil {
		return outcome{}, err
	}
	defer closeAll(clients)
	for _, cl := range clients {
		if err := cl.Get(context.Background(), path).WaitErr(); err != nil {
			return outcome{}, err
		}
	}
	for begin := time.Now(); runtime.NumGoroutine()-goroutines > 2*j.n && time.Since(begin) < time.Second; {
		time.Sleep(10 * time.Millisecond)
	}
	return outcome{Figures: map[string]float64{
		"goroutines": float64(runtime.NumGoroutine()-goroutines) / float64(j.n),
		"bytes":      (memory() - bytes) / float64(j.n),
	}}, nil
}

// outstanding has n Gets with a callback each, which are written and not answered.
func outstanding(j job) (outcome, error) {
	ctx := context.Background()
	cl, err := zk.Connect(ctx, j.addr, zk.WithSessionTimeout(30*time.Second))
	if err != nil {
		return outcome{}, err
	}
	var left sync.WaitGroup
	left.Add(j.n)
	done := func(zk.Node, error) { left.Done() }
	before, from := memory(), used()
	for range j.n {
		cl.Get(ctx, silentPath).OnComplete(done)
	}
	for cl.Stats().Unanswered < j.n {
		time.Sleep(time.Millisecond)
	}
	o := from.until(used(), int64(j.n))
	o.Figures = map[string]float64{"bytes": (memory() - before) / float64(j.n)}
	cl.Close(ctx).Wait()
	left.Wait()
	return o, nil
}

// watched connects and has n watches, each on a node of its own. fired is called for each.
func watched(j job, at func(i int) string, fired func(zk.Event, error)) (cl *zk.Client, bytes float64, err error) {
	ctx := context.Background()
	cl, err = zk.Connect(ctx, j.addr, zk.WithSessionTimeout(30*time.Second))
	if err != nil {
		return nil, 0, err
	}
	before := memory()
	asked := make([]*future.Future[zk.Watched[*zk.Stat]], j.n)
	for i := range asked {
		asked[i] = cl.ExistsAndWatch(ctx, at(i))
	}
	for i, f := range asked {
		w, err := f.Wait()
		if err != nil {
			return cl, 0, err
		}
		w.Changed.OnComplete(fired)
		asked[i] = nil
	}
	asked = nil
	return cl, (memory() - before) / float64(j.n), nil
}

func nodeNumber(i int) string { return fmt.Sprintf("/bench/watched/node-%06d", i) }

// rewatch loses the connection and measures until the client is connected again, with all its watches.
func rewatch(j job) (outcome, error) {
	ctx := context.Background()
	var fired atomic.Int64
	cl, bytes, err := watched(j, nodeNumber, func(zk.Event, error) { fired.Add(1) })
	if err != nil {
		return outcome{}, err
	}
	defer func() { cl.Close(ctx).Wait() }()
	connects := cl.Stats().Connects
	runtime.GC()
	from := used()
	cl.Get(ctx, cutPath).Wait() // its error is that of the connection
	if err := cl.Get(ctx, path).WaitErr(); err != nil {
		return outcome{}, err
	}
	o := from.until(used(), int64(j.n))
	if n := cl.Stats(); n.Connects != connects+1 || n.Watches != j.n || fired.Load() > 0 {
		return o, fmt.Errorf("%d connections and %d watches, %d fired", n.Connects, n.Watches, fired.Load())
	}
	o.Figures = map[string]float64{"bytes": bytes, "seconds": o.Seconds}
	return o, nil
}

// fanout has the server send an event for each of n watches, and measures until the last callback.
func fanout(j job) (outcome, error) { return fire(j, nodeNumber) }

// oneNode is fanout for n watches on one node, of which the server sends one event.
func oneNode(j job) (outcome, error) { return fire(j, func(int) string { return nodeNumber(0) }) }

func fire(j job, at func(int) string) (outcome, error) {
	var left sync.WaitGroup
	left.Add(j.n)
	var failed atomic.Bool
	cl, bytes, err := watched(j, at, func(ev zk.Event, err error) {
		if err != nil {
			failed.Store(true)
		}
		left.Done()
	})
	if err != nil {
		return outcome{}, err
	}
	defer func() { cl.Close(context.Background()).Wait() }()
	runtime.GC()
	from := used()
	if err := cl.Get(context.Background(), firePath).WaitErr(); err != nil {
		return outcome{}, err
	}
	left.Wait()
	o := from.until(used(), int64(j.n))
	o.Figures = map[string]float64{"bytes": bytes}
	if failed.Load() {
		return o, errors.New("a watch has failed")
	}
	return o, nil
}

// The costs of futures themselves, on a Pool. n awaits each.

// coroutine measures body in a coroutine on a lane of its own; step is called n times.
func coroutine(j job, body func(co *future.Co, h *handler.Pool, l handler.Lane) (step func())) (outcome, error) {
	h := handler.NewPool()
	defer h.Stop()
	l := h.Lane("bench")
	return future.Async(context.Background(), l, func(co *future.Co) (outcome, error) {
		step := body(co, h, l)
		for range j.n / 10 {
			step()
		}
		from := used()
		for range j.n {
			step()
		}
		return from.until(used(), int64(j.n)), nil
	}).Wait()
}

// awaitReady awaits a future that is ready.
func awaitReady(j job) (outcome, error) {
	return coroutine(j, func(co *future.Co, _ *handler.Pool, _ handler.Lane) func() {
		f := future.Value(1)
		return func() { future.Await(co, f) }
	})
}

// awaitBusy awaits what a task of the same lane will complete. The promises are there before: it is awaits that are measured.
func awaitBusy(j job) (outcome, error) {
	return awaiting(j, func(_ *handler.Pool, l handler.Lane) handler.Lane { return l })
}

// awaitIdle awaits what another lane will complete; its own has nothing to do meanwhile.
func awaitIdle(j job) (outcome, error) {
	return awaiting(j, func(h *handler.Pool, _ handler.Lane) handler.Lane { return h.Lane("other") })
}

func awaiting(j job, on func(*handler.Pool, handler.Lane) handler.Lane) (outcome, error) {
	return coroutine(j, func(co *future.Co, h *handler.Pool, l handler.Lane) func() {
		at := on(h, l)
		ps := make([]future.Promise[int], j.n/10+j.n)
		for i := range ps {
			ps[i].Init(l, nil)
		}
		next := 0
		complete := future.Func(func() { ps[next].Complete(1, nil) })
		return func() {
			at.Dispatch(complete)
			future.Await(co, ps[next].Future())
			next++
		}
	})
}

// waitReady waits for a future that is ready.
func waitReady(j job) (outcome, error) {
	f := future.Value(1)
	from := used()
	for range j.n {
		if _, err := f.Wait(); err != nil {
			return outcome{}, err
		}
	}
	return from.until(used(), int64(j.n)), nil
}
