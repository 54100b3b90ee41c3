package zk

import (
	"container/list"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gazoo-go/gazoo/future"
)

// tries count how often something was tried, and wait in between.
type tries struct {
	c     *Client
	ctx   context.Context
	p     *RetryPolicy
	begun time.Time
	made  int
	delay time.Duration // before the next try, without jitter
}

func (c *Client) newTries(ctx context.Context, p *RetryPolicy) tries {
	return tries{c: c, ctx: ctx, p: p, begun: c.opt.handler.Now(), delay: p.Delay}
}

// pause is what happens between a try that has failed with cause and the next one. If there is to be
// none it returns the error of all of them.
func (t *tries) pause(co *future.Co, cause error) error {
	t.made++
	if t.p.MaxTries != TryForever && t.made >= t.p.MaxTries {
		return t.given(cause, ErrTooManyTries)
	}
	d := t.next()
	if t.p.Deadline > 0 && t.c.opt.handler.Now().Add(d).Sub(t.begun) > t.p.Deadline {
		return t.given(cause, ErrRetryDeadline)
	}
	if err := t.c.sleep(co, t.ctx, d); err != nil {
		return t.given(cause, err)
	}
	return nil
}

func (t *tries) given(up, reason error) error {
	return &RetryError{Tries: t.made, Err: up, Reason: reason}
}

// next returns the delay before the next try, and lets the one behind that grow. The jitter of one
// delay does not change the others.
func (t *tries) next() time.Duration {
	d := t.delay
	if grown := float64(d) * t.p.Backoff; grown < float64(t.p.MaxDelay) {
		t.delay = time.Duration(grown)
	} else {
		t.delay = t.p.MaxDelay
	}
	if t.p.Jitter > 0 {
		d = time.Duration(float64(d) * (1 + t.p.Jitter*(2*t.c.jitter.float64(t.c.shared)-1)))
	}
	return max(d, 0)
}

// A jitter is the random stream of delays. It is not the client's own, so that what is retried does
// not change what else the client draws.
type jitter struct {
	mu sync.Mutex // guards r
	r  *rand.Rand // made on first use
}

func (j *jitter) float64(c *shared) float64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.r == nil {
		j.r = c.opt.handler.Rand(c.name + "/retry")
	}
	return j.r.Float64()
}

// sleepers are those who wait before another try.
type sleepers struct {
	mu   sync.Mutex // guards list
	list list.List  // of *sleeper
}

type sleeper struct {
	promise future.Promise[struct{}]
	bound   bound
}

// sleep returns nil after d, or before when the client is closed: what is tried then fails at once. It
// returns ctx's error when that ends, and future.ErrStopped when the handler stops.
func (c *Client) sleep(co *future.Co, ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s := &sleeper{}
	s.promise.Init(c.lane, nil)
	ss := &c.sleepers
	ss.mu.Lock()
	place := ss.list.PushBack(s)
	ss.mu.Unlock()
	wake := func() { s.promise.Complete(struct{}{}, nil) }
	timer := c.opt.handler.AfterFunc(d, future.Func(wake))
	s.bound.arm(ctx, c.lane, func() { s.promise.Complete(struct{}{}, ctx.Err()) })
	if state := c.State(); state == Closed || state == AuthFailed { // before the sleeper was in the list, perhaps
		wake()
	}
	defer func() {
		timer.Stop()
		s.bound.lift()
		ss.mu.Lock()
		defer ss.mu.Unlock()
		ss.list.Remove(place)
	}()
	_, err := future.Await(co, s.promise.Future())
	return err
}

// changed wakes all when no other try can succeed.
func (ss *sleepers) changed(to State) {
	if to != Closed && to != AuthFailed {
		return
	}
	ss.mu.Lock()
	var all []*sleeper
	for e := ss.list.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(*sleeper))
	}
	ss.mu.Unlock()
	for _, s := range all {
		s.promise.Complete(struct{}{}, nil)
	}
}
