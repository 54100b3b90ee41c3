package recipes_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// A deed is what is done with a recipe on a path of its own, from its beginning to its end.
type deed struct {
	name string
	do   func(co *future.Co, ctx context.Context) error
}

// deeds are of all recipes that write, each one value that is used again and again.
func deeds(cl *zk.Client) []deed {
	hold := func(acquire func(context.Context) *future.Future[*recipes.Held]) func(co *future.Co, ctx context.Context) error {
		return func(co *future.Co, ctx context.Context) error {
			held, err := future.Await(co, acquire(ctx))
			if err == nil {
				_, err = future.Await(co, held.Release(ctx))
			}
			return err
		}
	}
	twice := func(one, other func(context.Context) *future.Future[struct{}]) func(co *future.Co, ctx context.Context) error {
		return func(co *future.Co, ctx context.Context) error {
			if _, err := future.Await(co, one(ctx)); err != nil {
				return err
			}
			_, err := future.Await(co, other(ctx))
			return err
		}
	}
	party, double, barrier := recipes.NewParty(cl, "/a/party"), recipes.NewDoubleBarrier(cl, "/a/double", 1), recipes.NewBarrier(cl, "/a/barrier")
	queue, locking, counter := recipes.NewQueue(cl, "/a/queue"), recipes.NewLockingQueue(cl, "/a/locking"), recipes.NewCounter(cl, "/a/counter")
	lease, multi := recipes.NewLease(cl, "/a/lease", time.Minute), recipes.NewMultiLease(cl, "/a/multi", 2, time.Minute)
	return []deed{
		{"lock", hold(recipes.NewLock(cl, "/a/lock").Acquire)},
		{"try", hold(recipes.NewLock(cl, "/a/try").TryAcquire)},
		{"persistent", hold(recipes.NewLock(cl, "/a/persistent", recipes.NotEphemeral()).Acquire)},
		{"read", hold(recipes.NewReadLock(cl, "/a/rw", recipes.CuratorNames()).Acquire)},
		{"election", hold(recipes.NewElection(cl, "/a/election").Campaign)},
		{"semaphore", hold(recipes.NewSemaphore(cl, "/a/semaphore", 2).Acquire)},
		{"party", twice(party.Join, party.Leave)},
		{"double barrier", twice(double.Enter, double.Leave)},
		{"barrier", func(co *future.Co, ctx context.Context) error {
			if _, err := future.Await(co, barrier.Create(ctx)); err != nil {
				return err
			}
			_, err := future.Await(co, barrier.Remove(ctx))
			return err
		}},
		{"queue", func(co *future.Co, ctx context.Context) error {
			if _, err := future.Await(co, queue.Put(ctx, []byte("x"))); err != nil {
				return err
			}
			_, err := future.Await(co, queue.Get(ctx))
			return err
		}},
		{"locking queue", func(co *future.Co, ctx context.Context) error {
			if _, err := future.Await(co, locking.Put(ctx, []byte("x"))); err != nil {
				return err
			}
			item, err := future.Await(co, locking.Get(ctx))
			if err == nil {
				_, err = future.Await(co, item.Consume(ctx))
			}
			return err
		}},
		{"counter", func(co *future.Co, ctx context.Context) error {
			_, err := future.Await(co, counter.Add(ctx, 1))
			return err
		}},
		{"lease", func(co *future.Co, ctx context.Context) error {
			_, err := future.Await(co, lease.Acquire(ctx))
			return err
		}},
		{"multi lease", func(co *future.Co, ctx context.Context) error {
			_, err := future.Await(co, multi.Acquire(ctx))
			return err
		}},
	}
}

// done does it.
func (d deed) done(t *testing.T, cl *zk.Client) error {
	t.Helper()
	c := soon(t, cl)
	return future.Async(c, cl.Handler().Lane("deeds"), func(co *future.Co) (struct{}, error) { return struct{}{}, d.do(co, c) }).WaitErr()
}

// Nobody takes for granted that a path is there since it was: the nodes above are made again, as often as they are deleted,
// by whoever does so, servers that remove empty containers for one.
func TestPathsAreMadeAgain(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		all := deeds(cl)
		for range 2 {
			for _, d := range all {
				if err := d.done(t, cl); err != nil {
					t.Errorf("%s: %v", d.name, err)
				}
			}
			get(t, other, other.DeleteAll(ctx, "/a"))
		}
	})
}

// The root of a view need not be there either.
func TestPathsInAChroot(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		for _, d := range deeds(cl.Chroot("/x/y")) {
			if err := d.done(t, cl); err != nil {
				t.Errorf("%s: %v", d.name, err)
			}
			get(t, cl, cl.DeleteAll(ctx, "/x"))
		}
	})
}

// A path below which nothing may be made is an error, at once, and nothing goes on behind it.
func TestPathsThatMayNotBeMade(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		get(t, other, other.Create(ctx, "/a", nil, zk.ACLs{{Perms: zk.PermRead, Scheme: "world", ID: "anyone"}}))
		for _, d := range deeds(cl) {
			if err := d.done(t, cl); !errors.Is(err, zk.ErrNoAuth) {
				t.Errorf("%s: %v", d.name, err)
			}
		}
		noWatches(t, cl, s)
	})
}

// A context that has ended, and a client that is closed, are told at once.
func TestNothingIsBegun(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		ended, cancel := context.WithCancel(ctx)
		cancel()
		run := func(c context.Context, d deed) error {
			return future.Async(ctx, cl.Handler().Lane("deeds"), func(co *future.Co) (struct{}, error) { return struct{}{}, d.do(co, c) }).WaitErr()
		}
		all := deeds(cl)
		sent := func() uint64 {
			s := cl.Stats()
			return s.Requests + uint64(s.Queued)
		}
		for _, d := range all {
			before := sent()
			if err := run(ended, d); !errors.Is(err, context.Canceled) {
				t.Errorf("%s with a context that has ended: %v", d.name, err)
			}
			if n := sent() - before; n != 0 {
				t.Errorf("%s with a context that has ended: %d requests", d.name, n)
			}
			if err := run(ctx, d); err != nil {
				t.Errorf("%s behind that: %v", d.name, err)
			}
		}
		get(t, cl, cl.Close(ctx))
		for _, d := range all {
			if err := run(ctx, d); !errors.Is(err, zk.ErrClosed) {
				t.Errorf("%s with a client that is closed: %v", d.name, err)
			}
		}
	})
}
