package zk

import (
	"container/list"
	"context"
	"sync"

	"github.com/gazoo-go/gazoo/future"
)

// bodies are the coroutines of operations that consist of several requests, as long as they run.
type bodies struct {
	mu   sync.Mutex // guards list
	list list.List  // of future.Outcome
}

// detached runs a body whose operations have ctx themselves. If the body were bound to ctx as well, it
// might be interrupted before the operation has said whether it was sent.
func detached[T any](ctx context.Context, c *Client, body func(co *future.Co) (T, error)) *future.Future[T] {
	mustContext(ctx)
	f := future.Async(context.WithoutCancel(ctx), c.lane, body)
	c.bodies.add(f)
	return f
}

func (bs *bodies) add(f future.Outcome) {
	bs.mu.Lock()
	place := bs.list.PushBack(f)
	bs.mu.Unlock()
	f.Notify(future.Func(func() {
		bs.mu.Lock()
		defer bs.mu.Unlock()
		bs.list.Remove(place)
	}))
}

// running returns those that have not ended.
func (bs *bodies) running() (all []future.Outcome) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	for e := bs.list.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(future.Outcome))
	}
	return all
}

// outlive returns a future with f's result that is complete when no body is left. f ends their operations,
// but they need their turn on the lane to notice.
func (c *Client) outlive(f *future.Future[struct{}]) *future.Future[struct{}] {
	if len(c.bodies.running()) == 0 {
		return f
	}
	return future.Async(context.Background(), c.lane, func(co *future.Co) (struct{}, error) {
		_, err := future.Await(co, f)
		for left := c.bodies.running(); len(left) > 0; left = c.bodies.running() {
			future.Await(co, future.Join(left...))
		}
		return struct{}{}, err
	})
}
