package future

import (
	"context"
	"sync"
)

// A Parking lets goroutines block on futures and keeps what it needs for that, so that blocking costs
// no allocation. Each handler has its own: a channel made inside a testing/synctest bubble must not be
// used outside. The zero value is ready for use.
type Parking struct{ parkers sync.Pool }

// Block blocks the calling goroutine until w is ready. It returns nil, ctx's error, or [ErrStopped]
// when stopped is closed and w has nobody who promised to complete it. A ready w wins over both.
//
// It is how a lane's Park waits once it has made sure that waiting makes sense.
func (k *Parking) Block(ctx context.Context, w Waitable, stopped <-chan struct{}) error {
	p, _ := k.parkers.Get().(*parker)
	if p == nil {
		p = newParker()
	}
	err := p.wait(ctx, w, stopped)
	if err == ErrStopped && promised(w) {
		err = p.wait(ctx, w, nil) // somebody has promised in the meantime
	}
	p.on = nil
	k.parkers.Put(p)
	return err
}

// promised reports whether w will be ready in any case.
func promised(w Waitable) bool {
	c, ok := w.(interface{ base() *core })
	return ok && c.base().expected().promised
}

// Block is [Parking.Block] without anything kept.
func Block(ctx context.Context, w Waitable, stopped <-chan struct{}) error {
	return new(Parking).Block(ctx, w, stopped)
}

// A parker is a goroutine that waits. It is reused: its channel is empty whenever nobody waits.
type parker struct {
	node
	ch   chan struct{} // capacity 1
	on   *core         // what it waits for
	drop func() bool   // made once: takes the node out of on's ring
}

func newParker() *parker {
	p := &parker{ch: make(chan struct{}, 1)}
	p.w = p
	p.drop = func() bool { return p.on.unlink(&p.node) }
	return p
}

func (p *parker) wake(*Batch) *node {
	p.ch <- struct{}{}
	return nil
}

// Run lets a parker wait for a Waitable that is not one of this package's futures.
func (p *parker) Run() { p.ch <- struct{}{} }

func (p *parker) wait(ctx context.Context, w Waitable, stopped <-chan struct{}) error {
	drop, pending := p.join(w)
	if !pending {
		return nil
	}
	if stopped != nil && promised(w) {
		stopped = nil
	}
	done := ctx.Done()
	if done == nil && stopped == nil {
		<-p.ch
		return nil
	}
	var err error
	//zkvet:allow select this is where Wait waits; whoever is woken looks whether the result is there after all
	select {
	case <-p.ch:
		return nil
	case <-done:
		err = ctx.Err()
	case <-stopped:
		err = ErrStopped
	}
	if !drop() {
		<-p.ch // complete after all
		return nil
	}
	return err
}

// join makes w wake p. pending is false when w is ready, and p untouched.
func (p *parker) join(w Waitable) (drop func() bool, pending bool) {
	if c, ok := w.(interface{ base() *core }); ok {
		p.on = c.base()
		return p.drop, p.on.link(&p.node)
	}
	if w.Ready() {
		return nil, false
	}
	return w.Notify(p), true
}

// park waits for the future on behalf of a Wait, which watches the source's context itself.
func (c *core) park() error {
	if c.Ready() {
		return nil
	}
	if c.src == nil {
		return c.parkOn(context.Background())
	}
	ctx := c.src.Context()
	err := c.parkOn(ctx)
	if err != nil && err == ctx.Err() {
		c.src.Cancel()
		return c.parkOn(context.Background()) // it will complete in no time
	}
	return err
}

// parkContext waits for the future or for the end of ctx.
func (c *core) parkContext(ctx context.Context) error {
	if c.Ready() {
		return nil
	}
	if ctx.Done() == nil {
		return c.park()
	}
	c.arm()
	return c.parkOn(ctx)
}

func (c *core) parkOn(ctx context.Context) error {
	if c.ex == nil {
		return Block(ctx, c, nil)
	}
	err := c.ex.Park(ctx, c)
	if err != nil && c.Ready() {
		return nil // perhaps it was there before the reason to give up was
	}
	return err
}
