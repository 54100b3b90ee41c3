package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// What recipes cost.

// lockClients is how many clients the contenders for a lock are spread over, at most.
const lockClients = 8

// locks has n contenders for one lock, who do nothing but acquire and release it.
func locks(j job) (outcome, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	few := j
	few.n = min(j.n, lockClients)
	clients, err := connectAll(few)
	defer closeAll(clients)
	if err != nil {
		return outcome{}, err
	}
	pool := handler.NewPool()
	defer pool.Stop()
	at := fmt.Sprintf("/bench/lock-%d", time.Now().UnixNano())
	var handovers tally
	var stop atomic.Bool
	contenders := make([]*future.Future[struct{}], j.n)
	for i := range contenders {
		l := recipes.NewLock(clients[i%len(clients)], at)
		contenders[i] = future.Async(ctx, pool.Lane("contender"), func(co *future.Co) (struct{}, error) {
			for !stop.Load() {
				held, err := future.Await(co, l.Acquire(ctx))
				if err != nil {
					return struct{}{}, err
				}
				handovers.n.Add(1)
				if _, err := future.Await(co, held.Release(ctx)); err != nil {
					return struct{}{}, err
				}
			}
			return struct{}{}, nil
		})
	}
	for handovers.n.Load() < int64(j.n) { // each has had it once, and waits in the queue
		time.Sleep(time.Millisecond)
	}
	o := steady(j.duration(), handovers.n.Load)
	stop.Store(true)
	_, err = future.All(contenders...).Wait()
	return o, err
}

// treeWidth is how many nodes there are in each directory of a tree.
const treeWidth = 100

// treeCache loads a tree of n nodes with 100 bytes each, which it makes at first if need be.
func treeCache(j job) (outcome, error) {
	ctx := context.Background()
	cl, err := zk.Connect(ctx, j.addr, zk.WithSessionTimeout(30*time.Second))
	if err != nil {
		return outcome{}, err
	}
	defer func() { cl.Close(ctx).Wait() }()
	root := fmt.Sprintf("/bench/tree-%d", j.n)
	if err := makeTree(ctx, cl, root, j.n); err != nil {
		return outcome{}, err
	}
	before := memory()
	runtime.GC()
	from := used()
	cache := recipes.NewTreeCache(cl, root)
	if err := cache.Start(ctx).WaitErr(); err != nil {
		return outcome{}, err
	}
	o := from.until(used(), int64(j.n))
	o.Figures = map[string]float64{"bytes": (memory() - before) / float64(j.n)}
	if _, err := cache.Get(fmt.Sprintf("%s/d%03d/n%03d", root, 0, 0)); err != nil {
		return o, err
	}
	return o, cache.Close(ctx).WaitErr()
}

func makeTree(ctx context.Context, cl *zk.Client, root string, n int) error {
	if st, err := cl.Exists(ctx, root).Wait(); err != nil || st != nil {
		return err
	}
	value := []byte(strings.Repeat("abcdefghij", valueLen/10))
	made := []*future.Future[zk.Created]{cl.Create(ctx, root, nil, zk.MakeParents())}
	if err := made[0].WaitErr(); err != nil {
		return err
	}
	for i := range n {
		if i%treeWidth == 0 {
			made = append(made, cl.Create(ctx, fmt.Sprintf("%s/d%03d", root, i/treeWidth), value))
		}
		made = append(made, cl.Create(ctx, fmt.Sprintf("%s/d%03d/n%03d", root, i/treeWidth, i%treeWidth), value))
		if len(made) >= 1000 {
			if _, err := future.All(made...).Wait(); err != nil {
				return err
			}
			made = made[:0]
		}
	}
	_, err := future.All(made...).Wait()
	return err
}
