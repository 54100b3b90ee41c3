package recipes

import (
	"context"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A Lock is a mutual exclusion between the clients of an ensemble, first come first served; or one half of a read-write
// lock, see [NewReadLock] and [NewWriteLock].
//
// Layout: one ephemeral node <path>/<32 hex digits>__lock__<number> for each contender, __rlock__ for one that wants to
// read, its data the identifier. It is Kazoo's, so clients in Go and Python may contend for one path; go-zookeeper/zk's
// locks get on with it too. [CuratorNames] has Curator's. Everybody watches only the node that it waits for.
//
// SUSPENDED: waiting goes on; a Held ends by the clock (or at once, see [LostOnSuspended]).
// LOST: waiting starts anew in the next session; a Held has ended. Cancelled or timed out: the node is
// removed. Path deleted: waiters start anew and create it again; a Held whose node is gone has ended.
// Left behind on failure: nothing but the path itself.
//
// A lock is not reentrant: acquired twice by one client it is contended for twice. Readers and writers wait in one queue,
// so neither starves: who wants to read waits for the writers before it, who wants to write for all before it. There is
// no way from reading to writing but to release and to wait.
type Lock struct{ contest }

// NewLock returns a lock on path, which is created when it is needed. It makes nothing and cannot fail.
func NewLock(cl *zk.Client, path string, opts ...Option) *Lock {
	return &Lock{contest{newRecipe(cl, "lock", path, opts), exclusiveKind}}
}

// NewReadLock returns the half of the read-write lock on path that many may hold at the same time.
//
// Its tokens are not ordered between readers: see [Held.Token].
func NewReadLock(cl *zk.Client, path string, opts ...Option) *Lock {
	return &Lock{contest{newRecipe(cl, "lock", path, opts), readKind}}
}

// NewWriteLock returns the half of the read-write lock on path that is held by one alone. Without [CuratorNames] it is
// the same as [NewLock]; with it, Curator's readers do not see a NewLock.
func NewWriteLock(cl *zk.Client, path string, opts ...Option) *Lock {
	return &Lock{contest{newRecipe(cl, "lock", path, opts), writeKind}}
}

// Acquire waits for the lock. When ctx ends first it fails with ctx's error.
//
// Errors: ErrNoAuth if a contender's node may not be read or the lock's not be made, ErrBadArguments for
// an invalid path, ErrClosed.
func (l *Lock) Acquire(ctx context.Context) *future.Future[*Held] { return l.start(ctx, true) }

// TryAcquire takes the lock if nobody is before us, and fails with [ErrNotAcquired] otherwise, when nothing
// of the attempt is left. It takes two or three round trips, and waits for a connection if there is none. Other errors are those of Acquire.
func (l *Lock) TryAcquire(ctx context.Context) *future.Future[*Held] { return l.start(ctx, false) }

// Do acquires the lock, calls fn on the caller's goroutine, and releases the lock. fn's ctx ends when
// the lock is lost, and with ctx: a timeout of that is one for waiting and fn together. One for the waiting alone is
// given to Acquire; its ctx does not govern the Held. Do blocks; it returns fn's error, or why the lock was not
// acquired, or that it was lost while fn ran, which fn may not have noticed.
func (l *Lock) Do(ctx context.Context, fn func(ctx context.Context, held *Held) error) error {
	return do(ctx, l.Acquire(ctx), fn)
}

// do calls fn with what is acquired, and releases it.
func do(ctx context.Context, acquired *future.Future[*Held], fn func(ctx context.Context, held *Held) error) error {
	held, err := acquired.Wait()
	if err != nil {
		return err
	}
	defer held.Release(context.WithoutCancel(ctx))
	if err := fn(held.Context(ctx), held); err != nil {
		return err
	}
	return held.Err()
}
