package future

// Await suspends the coroutine until f is complete and returns f's result. If the coroutine's
// context ends first it returns the context's error, and f goes on; a result that is there wins over
// a context that has ended. When the handler has stopped it returns [ErrStopped].
//
// Await panics unless it is called by the running body of co itself.
func Await[T any](co *Co, f *Future[T]) (T, error) {
	co.check()
	if !f.Ready() {
		if err := co.suspend(&f.core); err != nil {
			var zero T
			return zero, err
		}
	}
	return f.val, f.err
}

// suspend gives the lane back until c is complete or the coroutine is told to give up.
func (co *Co) suspend(c *core) error {
	c.arm()
	if co.unwatch == nil && co.shields == 0 && co.ctx.Done() != nil && co.ctx.Err() == nil {
		co.unwatch = co.ex.OnCancel(co.ctx, cancelTask{co})
	}
	co.mu.Lock()
	if err := co.refusal(); err != nil {
		co.mu.Unlock()
		return co.giveUp(c, err)
	}
	co.on, co.cause = c, nil
	pending := c.link(&co.node)
	co.mu.Unlock()
	if !pending {
		return nil
	}
	co.leave()
	co.running.yield(struct{}{})
	co.enter()
	return co.cause // nobody changes it any more: node is in no ring
}

// refusal returns the reason, if there is one, why the body may not suspend. The caller holds mu, so
// whatever becomes a reason later finds the coroutine suspended.
func (co *Co) refusal() error {
	if co.stopped {
		return ErrStopped
	}
	if co.shields > 0 {
		return nil
	}
	return co.ctx.Err()
}

// giveUp is what becomes of an Await that may not suspend.
func (co *Co) giveUp(c *core, err error) error {
	if c.Ready() { // before the reason came up, perhaps
		return nil
	}
	if err == ErrStopped {
		if co.told {
			co.unwinding = true
			panic(unwind{})
		}
		co.told = true
	}
	return err
}

// wake queues the coroutine: the future that it awaits is complete.
func (co *Co) wake(b *Batch) *node {
	b.Dispatch(co.ex, co)
	return nil
}

// interrupt takes the coroutine off the future that it awaits, unless that is complete, so that it
// will be resumed with cause instead. Whoever takes the node out of the future's ring is the one who
// resumes. The caller holds mu.
func (co *Co) interrupt(cause error) bool {
	if co.on == nil || !co.on.unlink(&co.node) {
		return false
	}
	co.on, co.cause = nil, cause
	return true
}

// cancelTask tells a suspended coroutine that its context has ended. One that is running, or shielded,
// will see for itself.
type cancelTask struct{ co *Co }

func (t cancelTask) Run() {
	co := t.co
	co.mu.Lock()
	resume := co.shields == 0 && co.interrupt(co.ctx.Err())
	co.mu.Unlock()
	if resume {
		co.ex.Dispatch(co) // if the lane takes nothing any more, stopTask is on its way there
	}
}

// stopTask is the last task of the coroutine's lane: it resumes the body if that is suspended, whether
// on a future that may never complete or because the lane did not take the coroutine any more.
type stopTask struct{ co *Co }

func (t stopTask) Run() {
	co := t.co
	co.mu.Lock()
	co.stopped = true
	if co.interrupt(ErrStopped) {
		co.told = true
	}
	co.mu.Unlock()
	co.Run() // on the lane; its queue takes no more tasks
}
