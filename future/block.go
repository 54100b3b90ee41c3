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
//
// What waits for nothing but w waits in this very function, for the reason that [core.park] has.
func (k *Parking) Block(ctx context.Context, w Waitable, stopped <-chan struct{}) error {
	p := k.parker()
	c := coreOf(w)
	var err error
	switch drop, pending := p.join(c, w); {
	case !pending:
	case ctx.Done() == nil && (stopped == nil || c != nil && c.expected().promised):
		<-p.ch
	default:
		err = p.waitOr(ctx, c, drop, stopped)
	}
	k.parkers.Put(p)
	if err == ErrStopped && c != nil && c.expected().promised {
		return k.Block(ctx, w, nil) // somebody has promised in the meantime
	}
	return err
}

// parker returns one, to be put back.
func (k *Parking) parker() *parker {
	p, _ := k.parkers.Get().(*parker)
	if p == nil {
		p = &parker{ch: make(chan struct{}, 1)}
		p.w = p
	}
	return p
}

// waitOr is for those who wait for something else, too. drop takes p back from what is not a future.
func (p *parker) waitOr(ctx context.Context, c *core, drop func() bool, stopped <-chan struct{}) error {
	if c != nil {
		drop = func() bool { return c.unlink(&p.node) }
		if stopped != nil && c.expected().promised {
			stopped = nil
		}
	}
	var err error
	//zkvet:allow select this is where Wait waits; whoever is woken looks whether the result is there after all
	select {
	case <-p.ch:
		return nil
	case <-ctx.Done():
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

// join makes w wake p; c is w's core, if it has one. pending is false when w is ready, and p untouched.
func (p *parker) join(c *core, w Waitable) (drop func() bool, pending bool) {
	if c != nil {
		return nil, c.link(&p.node)
	}
	if w.Ready() {
		return nil, false
	}
	return w.Notify(p), true
}

// coreOf returns the core of one of this package's futures, and nil for anything else.
func coreOf(w Waitable) *core {
	switch f := w.(type) {
	case *core: // as nearly always
		return f
	case interface{ base() *core }:
		return f.base()
	}
	return nil
}

// Block is [Parking.Block] without anything kept.
func Block(ctx context.Context, w Waitable, stopped <-chan struct{}) error {
	return new(Parking).Block(ctx, w, stopped)
}

// A parker is a goroutine that waits. It is reused: its channel is empty whenever nobody waits.
type parker struct {
	node
	ch chan struct{} // capacity 1
}

func (p *parker) wake(*Batch) *node {
	p.ch <- struct{}{}
	return nil
}

// Run lets a parker wait for a Waitable that is not one of this package's futures.
func (p *parker) Run() { p.ch <- struct{}{} }

// parkContext is park for a Wait with a context.
func (c *core) parkContext(ctx context.Context) error {
	if ctx.Done() == nil {
		return c.park()
	}
	if c.Ready() {
		return nil
	}
	c.arm()
	return c.park(ctx)
}

// park waits for the future or for the end of the context that is given. None is given by a Wait, which watches that of the
// source itself, and tells the source. It is as cheap to call as can be: then Wait is inlined.
//
// Garbage collection looks at every frame of every goroutine that waits, and a program may have thousands of them in here:
// who waits for an operation that has no end but its own waits in this very function.
func (c *core) park(within ...context.Context) error {
	if c.Ready() {
		return nil
	}
	if len(within) == 0 && c.src != nil && c.src.Context().Done() == nil {
		if ex, is := c.ex.(Blocker); is {
			k := ex.Blocking()
			p := k.parker()
			if c.link(&p.node) {
				<-p.ch
			}
			k.parkers.Put(p)
			return nil
		}
	}
	return c.parkWithin(within...)
}

func (c *core) parkWithin(within ...context.Context) error {
	ctx, bound := context.Background(), false
	switch {
	case len(within) > 0:
		ctx = within[0]
	case c.src != nil:
		ctx, bound = c.src.Context(), true
	}
	var err error
	if c.ex == nil {
		err = Block(ctx, c, nil)
	} else {
		err = c.ex.Park(ctx, c)
	}
	switch {
	case err == nil, c.Ready(): // perhaps it was there before the reason to give up was
		return nil
	case bound && err == ctx.Err():
		c.src.Cancel()
		return c.park(context.Background()) // it will complete in no time
	}
	return err
}
