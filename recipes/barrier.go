package recipes

import (
	"context"
	"errors"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A Barrier holds up whoever waits for it, as long as its node is there. Anybody may create and remove it.
//
// Layout: the path itself, a plain node that outlives its session. It is Kazoo's, and that of Curator's DistributedBarrier:
// one barrier may have participants of all three. Data that somebody has written there, and children, mean nothing here, but
// a node with children cannot be removed.
//
// Lost connections and sessions do not end anything: Create and Remove are tried again, for they may be carried out twice,
// and Wait looks again. (Kazoo's waits for ever once the connection was lost.) A parent that was deleted is made again by
// Create. Left behind on failure: no watch; the barrier, if it was made.
type Barrier struct{ *recipe }

// NewBarrier returns the barrier on path. It makes nothing yet.
func NewBarrier(cl *zk.Client, path string, opts ...Option) *Barrier {
	return &Barrier{newRecipe(cl, "barrier", path, opts)}
}

// Create puts the barrier up, with the parents of its path if they are missing. It succeeds if it is up already.
//
// Errors: ErrBadArguments for an invalid path, ErrNoAuth, ErrNoChildrenForEphemerals, ErrClosed, and ctx's error.
func (b *Barrier) Create(ctx context.Context) *future.Future[struct{}] {
	return future.Async(ctx, b.work, func(co *future.Co) (struct{}, error) {
		return struct{}{}, b.persist(co, ctx, func() error {
			_, err := awaitOwn(co, b.cl.EnsurePath(ctx, b.path))
			return err
		})
	}).On(b.user)
}

// Remove takes the barrier away, and returns whether it was up. When the answer was lost, and then it is not up, it was.
//
// Errors: ErrNotEmpty if the node has children, ErrBadArguments for an invalid path, ErrNoAuth, ErrClosed, and ctx's error;
// zk.MaybeApplied tells whether it may be removed all the same.
func (b *Barrier) Remove(ctx context.Context) *future.Future[bool] {
	return future.Async(ctx, b.work, func(co *future.Co) (was bool, err error) {
		var doubt error // of a deletion whose answer was lost, which may have been carried out
		err = b.persist(co, ctx, func() error {
			_, err := awaitOwn(co, b.cl.Delete(ctx, b.path, zk.AnyVersion))
			if was = err == nil || doubt != nil; errors.Is(err, zk.ErrNoNode) {
				return nil
			}
			if zk.MaybeApplied(err) {
				doubt = err
			}
			return err
		})
		return was && err == nil, inDoubt(doubt, err)
	}).On(b.user)
}

// Wait waits until the barrier is not up. It costs one request, or two when it has to wait. A barrier that is put up again
// at once may be taken for the same.
//
// Errors: ErrBadArguments for an invalid path, ErrNoAuth if the node may not be read, ErrClosed, and ctx's error.
func (b *Barrier) Wait(ctx context.Context) *future.Future[struct{}] {
	return future.Async(ctx, b.work, func(co *future.Co) (struct{}, error) {
		at := &attempt{r: b.recipe, ctx: ctx, view: b.cl}
		for {
			err := at.waitFor(co, b.path)
			if err == nil {
				return struct{}{}, nil
			}
			if err = b.again(co, ctx, b.cl, err); err != nil {
				return struct{}{}, err
			}
		}
	}).On(b.user)
}

// persist repeats what may be carried out twice, through lost connections and sessions, until it is done or fails for good.
func (r *recipe) persist(co *future.Co, ctx context.Context, do func() error) error {
	for {
		err := do()
		if err == nil {
			return nil
		}
		if err = r.again(co, ctx, r.cl, err); err != nil {
			return err
		}
	}
}
