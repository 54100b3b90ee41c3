package recipes_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// pending fails the test if f is ready.
func pending[T any](t *testing.T, about string, f *future.Future[T]) {
	t.Helper()
	if v, err, ready := f.Poll(); ready {
		t.Fatalf("%s: %v, %v", about, v, err)
	}
}

// get waits for a future that is bound to complete.
func get[T any](t *testing.T, cl *zk.Client, f *future.Future[T]) T {
	t.Helper()
	v, err := f.WaitContext(soon(t, cl))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestReadersShareAndWritersDoNot(t *testing.T) {
	for _, style := range [][]recipes.Option{nil, {recipes.CuratorNames()}} {
		scenes(t, func(t *testing.T, s scene) {
			cl := s.client(t)
			read := func() *future.Future[*recipes.Held] { return recipes.NewReadLock(cl, "/rw", style...).Acquire(ctx) }
			r1 := get(t, cl, read())
			r2 := get(t, cl, read())
			w1 := recipes.NewWriteLock(cl, "/rw", style...).Acquire(ctx)
			until(t, cl, "/rw", 3)
			r3 := read()
			until(t, cl, "/rw", 4)
			w2 := recipes.NewWriteLock(cl, "/rw", style...).Acquire(ctx)
			until(t, cl, "/rw", 5)
			for _, wrong := range []*recipes.Lock{recipes.NewReadLock(cl, "/rw", style...), recipes.NewWriteLock(cl, "/rw", style...), recipes.NewLock(cl, "/rw")} {
				if _, err := wrong.TryAcquire(ctx).Wait(); !errors.Is(err, recipes.ErrNotAcquired) {
					t.Fatalf("TryAcquire behind writers: %v", err)
				}
			}
			until(t, cl, "/rw", 5)
			get(t, cl, r2.Release(ctx))
			pending(t, "a writer beside a reader", w1)
			get(t, cl, r1.Release(ctx))
			held := get(t, cl, w1)
			pending(t, "a reader beside a writer", r3)
			get(t, cl, held.Release(ctx))
			reader := get(t, cl, r3)
			pending(t, "a writer beside a reader", w2)
			get(t, cl, reader.Release(ctx))
			get(t, cl, get(t, cl, w2).Release(ctx))
			until(t, cl, "/rw", 0)
		})
	}
}

// Who tries and may not have the lock leaves nothing, and harms nobody.
func TestTryAcquire(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		lock := recipes.NewLock(other, "/lock")
		held := get(t, cl, lock.TryAcquire(ctx))
		if _, err := recipes.NewLock(cl, "/lock").TryAcquire(ctx).Wait(); !errors.Is(err, recipes.ErrNotAcquired) {
			t.Fatalf("of a held lock: %v", err)
		}
		until(t, other, "/lock", 1)
		if err := held.Err(); err != nil {
			t.Fatal(err)
		}
		get(t, cl, held.Release(ctx))
		get(t, cl, recipes.NewLock(cl, "/lock").TryAcquire(ctx))
	})
}

func TestContenders(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		if list := get(t, cl, recipes.NewLock(cl, "/rw").Contenders(ctx)); len(list) != 0 {
			t.Errorf("of a path that is not there: %v", list)
		}
		held := get(t, cl, recipes.NewReadLock(cl, "/rw", recipes.WithIdentifier("first")).Acquire(ctx))
		recipes.NewWriteLock(cl, "/rw", recipes.WithIdentifier("second")).Acquire(ctx)
		until(t, cl, "/rw", 2)
		list := get(t, cl, recipes.NewLock(cl, "/rw").Contenders(ctx))
		if len(list) != 2 || list[0] != (recipes.Contender{Identifier: "first", Path: held.Path(), Token: held.Token(), Session: cl.Session().ID, Shared: true}) ||
			list[1].Identifier != "second" || list[1].Shared {
			t.Errorf("contenders: %+v", list)
		}
	})
}

// Each kind and style has the names that others know, and all wait for all that they know of.
func TestNames(t *testing.T) {
	dashed := `_c_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-`
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		lock := func(l *recipes.Lock) *future.Future[*recipes.Held] { return l.TryAcquire(ctx) }
		for i, c := range []struct {
			f    func(path string, opts ...recipes.Option) *future.Future[*recipes.Held]
			opts []recipes.Option
			name string
		}{
			{func(p string, o ...recipes.Option) *future.Future[*recipes.Held] {
				return lock(recipes.NewLock(cl, p, o...))
			}, nil, `[0-9a-f]{32}__lock__`},
			{func(p string, o ...recipes.Option) *future.Future[*recipes.Held] {
				return lock(recipes.NewWriteLock(cl, p, o...))
			}, nil, `[0-9a-f]{32}__lock__`},
			{func(p string, o ...recipes.Option) *future.Future[*recipes.Held] {
				return lock(recipes.NewReadLock(cl, p, o...))
			}, nil, `[0-9a-f]{32}__rlock__`},
			{func(p string, o ...recipes.Option) *future.Future[*recipes.Held] {
				return lock(recipes.NewLock(cl, p, o...))
			}, curator, dashed + `lock-`},
			{func(p string, o ...recipes.Option) *future.Future[*recipes.Held] {
				return lock(recipes.NewWriteLock(cl, p, o...))
			}, curator, dashed + `__WRIT__`},
			{func(p string, o ...recipes.Option) *future.Future[*recipes.Held] {
				return lock(recipes.NewReadLock(cl, p, o...))
			}, curator, dashed + `__READ__`},
			{func(p string, o ...recipes.Option) *future.Future[*recipes.Held] {
				return recipes.NewElection(cl, p, o...).TryCampaign(ctx)
			}, curator, dashed + `latch-`},
		} {
			path := fmt.Sprint("/", i)
			held := get(t, cl, c.f(path, c.opts...))
			name := strings.TrimPrefix(held.Path(), path+"/")
			if !regexp.MustCompile(`^` + c.name + `\d{10}$`).MatchString(name) {
				t.Errorf("%d: the node is %s, not %s", i, name, c.name)
			}
			if _, err := recipes.NewLock(cl, path).TryAcquire(ctx).Wait(); !errors.Is(err, recipes.ErrNotAcquired) {
				t.Errorf("a lock beside %s: %v", name, err)
			}
		}
		if err := cl.Create(ctx, "/other/mine-", nil, zk.Sequential, zk.MakeParents()).WaitErr(); err != nil {
			t.Fatal(err)
		}
		get(t, cl, recipes.NewLock(cl, "/other").TryAcquire(ctx))
		if _, err := recipes.NewLock(cl, "/other", recipes.WithLockPatterns("mine-")).TryAcquire(ctx).Wait(); !errors.Is(err, recipes.ErrNotAcquired) {
			t.Errorf("beside a node of a known pattern: %v", err)
		}
	})
}

var curator = []recipes.Option{recipes.CuratorNames()}

// A lock that is not ephemeral is held through the end of the session, until its node is gone.
func TestNotEphemeral(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		lock := recipes.NewLock(cl, "/lock", recipes.NotEphemeral())
		held := get(t, cl, lock.Acquire(ctx))
		waiting := recipes.NewLock(other, "/lock").Acquire(ctx)
		until(t, other, "/lock", 2)
		for range 2 {
			s.expire(cl.Session().ID)
			for err := zk.ErrSessionExpired.Error(); err != ""; { // in the next session
				err = ""
				if e := cl.Sync(ctx, "/").WaitErr(); e != nil {
					err = e.Error()
				}
			}
		}
		if err := held.Err(); err != nil {
			t.Fatalf("behind two sessions: %v", err)
		}
		pending(t, "a second holder", waiting)
		get(t, cl, held.Release(ctx))
		get(t, other, get(t, other, waiting).Release(ctx))

		held = get(t, cl, lock.Acquire(ctx))
		if err := other.Delete(ctx, held.Path(), zk.AnyVersion).WaitErr(); err != nil {
			t.Fatal(err)
		}
		get(t, cl, held.Lost())
	})
}
