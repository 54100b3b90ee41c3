package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gazoo-go/gazoo/zk"
)

func gazoo(j job) (outcome, error) {
	if o, known, err := gazooMany(j); known {
		return o, err
	}
	ctx := context.Background()
	cl, err := zk.Connect(ctx, j.addr, zk.WithSessionTimeout(30*time.Second))
	if err != nil {
		return outcome{}, err
	}
	defer func() { cl.Close(ctx).Wait() }()
	switch j.kind {
	case "blocking":
		return blocking(j, func() error { return whole(cl.Get(ctx, path).Wait()) })
	case "blocking-ctx": // a context of its own, which can be cancelled, for each goroutine
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		return blocking(j, func() error { return whole(cl.Get(ctx, path).Wait()) })
	case "callbacks":
		return callbacks(j, cl)
	}
	return outcome{Skip: "no such kind"}, nil
}

func whole(node zk.Node, err error) error {
	if err == nil && len(node.Data) != valueLen {
		err = fmt.Errorf("%d bytes", len(node.Data))
	}
	return err
}

// callbacks keeps a window of Gets outstanding: each callback asks for the next.
func callbacks(j job, cl *zk.Client) (outcome, error) {
	ctx := context.Background()
	var stop atomic.Bool
	var done tally
	var failure atomic.Pointer[error]
	var all sync.WaitGroup
	var next func(zk.Node, error)
	next = func(node zk.Node, err error) {
		if err := whole(node, err); err != nil {
			fail(&failure, err)
			all.Done()
			return
		}
		done.n.Add(1)
		if stop.Load() {
			all.Done()
			return
		}
		cl.Get(ctx, path).OnComplete(next)
	}
	all.Add(j.n)
	for range j.n {
		cl.Get(ctx, path).OnComplete(next)
	}
	o := steady(j.duration(), done.n.Load)
	stop.Store(true)
	all.Wait()
	if err := failure.Load(); err != nil {
		return o, *err
	}
	return o, nil
}
