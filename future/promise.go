package future

// A Promise is the side of a future that completes it. It contains its future, so an operation that
// embeds a Promise is one allocation.
type Promise[T any] struct{ f Future[T] }

// NewPromise returns a promise whose future runs its callbacks on ex. Without a lane, with nil, it
// takes no callbacks; see [Value].
func NewPromise[T any](ex Executor) *Promise[T] {
	p := &Promise[T]{}
	p.f.ex = ex
	return p
}

// Init prepares a promise that is part of a larger value, before anybody else can see it. src may be nil.
func (p *Promise[T]) Init(ex Executor, src Source) { p.f.ex, p.f.src = ex, src }

// Future returns the promise's future, always the same one.
func (p *Promise[T]) Future() *Future[T] { return &p.f }

// Complete sets the result. It returns false, and changes nothing, if there is one already.
func (p *Promise[T]) Complete(v T, err error) bool { return p.f.complete(nil, v, err) }

// CompleteIn is [Promise.Complete] whose callbacks are dispatched when b is flushed.
func (p *Promise[T]) CompleteIn(b *Batch, v T, err error) bool { return p.f.complete(b, v, err) }

// Follow completes the promise with f's result, whenever that comes.
func (p *Promise[T]) Follow(f *Future[T]) {
	f.arm()
	w := &follower[T]{p: p, f: f}
	w.w = w
	if !f.link(&w.node) {
		wakeAll(p.f.finishBehind(f.batch(), f.val, f.err), nil)
	}
}

type follower[T any] struct {
	node
	p *Promise[T]
	f *Future[T]
}

func (w *follower[T]) wake(b *Batch) *node {
	waiters, _ := w.p.f.finish(b, w.f.val, w.f.err)
	return waiters
}
