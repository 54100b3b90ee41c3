package recipes

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// ErrMaxLeases: the semaphore on the path was made for another number of leases.
var ErrMaxLeases = errors.New("recipes: semaphore has another number of leases")

// A Semaphore has a number of leases, each of which one client can hold at a time.
//
// Layout: the path's data is the number of leases, written by whoever makes it; <path>/<32 hex digits> is a lease,
// ephemeral, its data the identifier; <path>-__lock__ is a [Lock], held by who waits for a lease, so that all are served in
// order. It is Kazoo's. Every child of the path counts as a lease. Curator has another layout.
//
// A lease is made in one transaction with a check of the lock's node: so there are never more leases than there should be,
// whatever is lost or late. SUSPENDED, LOST, cancelling, a path that is deleted: as with a [Lock]. Left behind on failure:
// nothing but the path and <path>-__lock__.
type Semaphore struct {
	*recipe
	max   int
	guard contest
}

// NewSemaphore returns a semaphore with max leases on path, which is created when it is needed. All clients must give the
// same max; see [ErrMaxLeases].
func NewSemaphore(cl *zk.Client, path string, max int, opts ...Option) *Semaphore {
	r := newRecipe(cl, "semaphore", path, opts)
	r.opt.notEphemeral = false // leases of the dead must not stay
	return &Semaphore{recipe: r, max: max, guard: contest{r.beside(path + "-__lock__"), exclusiveKind}}
}

// Acquire waits for a lease. When ctx ends first it fails with ctx's error.
//
// Errors: [ErrMaxLeases], ErrBadArguments for a max below 1 or an invalid path, ErrNoAuth, ErrClosed.
func (s *Semaphore) Acquire(ctx context.Context) *future.Future[*Held] { return s.start(ctx, true) }

// TryAcquire takes a lease if there is one and nobody waits for it, and fails with [ErrNotAcquired] otherwise.
func (s *Semaphore) TryAcquire(ctx context.Context) *future.Future[*Held] { return s.start(ctx, false) }

// Holders lists who holds a lease, in no order.
func (s *Semaphore) Holders(ctx context.Context) *future.Future[[]Contender] {
	return future.Async(ctx, s.work, func(co *future.Co) ([]Contender, error) {
		kids, err := future.Await(co, s.reads().Children(ctx, s.path))
		if err != nil {
			return nil, ignoreNoNode(err)
		}
		all, err := s.nodes(co, ctx, kids.Names)
		var out []Contender
		for _, n := range all {
			if n != nil {
				out = append(out, contenderOf(*n, s.max > 1))
			}
		}
		return out, err
	}).On(s.user)
}

func (s *Semaphore) start(ctx context.Context, wait bool) *future.Future[*Held] {
	return future.Async(ctx, s.work, func(co *future.Co) (*Held, error) {
		if s.max < 1 {
			return nil, &zk.OpError{Op: "semaphore", Path: s.path, Err: fmt.Errorf("%w: %d leases", zk.ErrBadArguments, s.max)}
		}
		return s.insist(co, ctx, func(at *attempt) (*Held, error) {
			if err := s.ensure(co, at); err != nil {
				return nil, err
			}
			lock, err := s.guard.acquire(co, ctx, wait)
			if err != nil {
				return nil, err
			}
			defer lock.Release(context.WithoutCancel(ctx))
			return s.lease(co, at, lock, wait)
		})
	}).On(s.user)
}

// ensure makes the path, and checks the number of leases.
func (s *Semaphore) ensure(co *future.Co, at *attempt) error {
	for {
		n, err := future.Await(co, at.view.Get(at.ctx, s.path))
		switch {
		case err == nil:
			if max, bad := strconv.Atoi(string(n.Data)); bad == nil && max != s.max {
				return &zk.OpError{Op: "semaphore", Path: s.path, Err: fmt.Errorf("%w: %d, not %d", ErrMaxLeases, max, s.max)}
			}
			return nil
		case errors.Is(err, zk.ErrNoNode):
			_, err = future.Await(co, at.view.Create(at.ctx, s.path, []byte(strconv.Itoa(s.max)), zk.MakeParents()))
			if err == nil || errors.Is(err, zk.ErrNodeExists) {
				continue
			}
		}
		if err = s.again(co, at.ctx, at.view, gone(err)); err != nil {
			return err
		}
	}
}

// lease waits for a lease under the lock.
func (s *Semaphore) lease(co *future.Co, at *attempt, lock *Held, wait bool) (*Held, error) {
	for {
		w, err := awaitWatched(co, at.view.ChildrenAndWatch(at.ctx, s.path))
		switch {
		case err != nil: // without the path there is no number of leases either
			if err = s.again(co, at.ctx, at.view, gone(err)); err != nil {
				return nil, err
			}
			continue
		case len(w.Value.Names) < s.max:
			w.Unwatch(context.WithoutCancel(at.ctx))
			return s.take(co, at, lock)
		case !wait:
			w.Unwatch(context.WithoutCancel(at.ctx))
			return nil, ErrNotAcquired
		}
		err = awaitChange(co, w)
		if err = s.again(co, at.ctx, at.view, err); err != nil {
			return nil, err
		}
	}
}

// take makes the lease. That the lock is held is checked by the same transaction, in the attempt's session.
func (s *Semaphore) take(co *future.Co, at *attempt, lock *Held) (*Held, error) {
	ctx := context.WithoutCancel(at.ctx)
	path := s.path + "/" + s.cl.GUID()
	at.made = future.Async(ctx, s.work, func(co *future.Co) (zk.Created, error) { return s.makeLease(co, ctx, at.view, lock.Path(), path) })
	made, err := future.Await(co, at.made)
	if err != nil {
		return nil, err
	}
	at.watchOwn(made)
	return newHeld(at, made)
}

// makeLease makes the node of a lease if the lock's is there, and leaves none if it fails.
func (s *Semaphore) makeLease(co *future.Co, ctx context.Context, view *zk.Client, lock, path string) (zk.Created, error) {
	doubt := false // whether a transaction whose answer was lost has made it
	for {
		tx := view.Txn()
		tx.Check(lock, zk.AnyVersion)
		made := tx.Create(path, []byte(s.opt.identifier), zk.Ephemeral)
		_, err := future.Await(co, tx.Commit(ctx))
		if err == nil {
			return future.Await(co, made)
		}
		doubt = doubt || zk.MaybeApplied(err)
		if doubt && errors.Is(err, zk.ErrNodeExists) {
			var st *zk.Stat
			if st, err = future.Await(co, view.Exists(ctx, path)); err == nil && st != nil {
				return zk.Created{Path: path, Stat: *st}, nil
			}
		}
		if err == nil || errors.Is(err, zk.ErrNoNode) {
			err = errGone // the lock was lost, or the path deleted
		}
		if err = s.again(co, ctx, view, err); err == nil {
			continue
		}
		if doubt {
			_ = s.remove(co, ctx, view, path) // what fails here fails because the session has ended, and the lease with it
		}
		return zk.Created{}, err
	}
}
