package zk_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// On a server that does not know create2, Create does what it can, in its place in the order.
func TestCreateOnOldServer(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		log := states(cl)
		data := []byte("before")
		fs := []interface{ WaitErr() error }{}
		a := cl.Create(ctx, "/a", data)
		fs = append(fs, a, cl.Create(ctx, "/a/b", nil), cl.Set(ctx, "/a/b", []byte("y"), 0), cl.Create(ctx, "/a/b/c", nil))
		last := cl.Get(ctx, "/a")
		copy(data, "behind")
		for i, f := range append(fs, last) {
			if err := f.WaitErr(); err != nil {
				w.Errorf("operation %d: %v", i, err)
			}
		}
		n := ok(w, last)
		if string(n.Data) != "before" {
			w.Errorf("created with %q", n.Data)
		}
		// What follows from the creation is told, times are not.
		want := ok(w, cl.Create(ctx, "/e-", []byte("abc"), zk.Ephemeral|zk.Sequential))
		st := *ok(w, cl.Exists(ctx, "/e-0000000001"))
		st.Ctime, st.Mtime = 0, 0
		if want.Stat != st || want.Path != "/e-0000000001" {
			w.Errorf("created %+v, want %+v", want, st)
		}
		if n := w.count(wire.OpCreate2); n != 1 {
			w.Errorf("create2 was tried %d times", n)
		}
		w.until("two changes of the state", func() bool { return log.len() >= 2 }) // callbacks may be late
		if got := path(w, log.all()); got != "SUSPENDED CONNECTED" {
			w.Errorf("states %s", got)
		}
		w.reconnect(cl) // it stays known
		ok(w, cl.Create(ctx, "/d", nil))
		if n := w.count(wire.OpCreate2); n != 1 {
			w.Errorf("create2 was tried %d times", n)
		}
	}, version(core.V3_4))
}

// A context that somebody watches does not keep Create from falling back, and still ends it.
func TestCreateOnOldServerWithContext(t *testing.T) {
	everywhere(t, func(w *world) {
		for _, end := range []bool{false, true} {
			for _, consumer := range consumers {
				cl := w.client()
				w.intercept(func(in *core.Incoming) core.Verdict {
					if in.Op == wire.OpCreate && end {
						return core.Verdict{Delay: time.Hour}
					}
					return core.Pass
				})
				with, cancel := w.h.WithTimeout(ctx, time.Second)
				f := cl.Create(with, fmt.Sprintf("/%s-%v", consumer.name, end), nil)
				err := consumer.take(w, future.Then(f, func(c zk.Created) (zk.Stat, error) { return c.Stat, nil }))
				cancel()
				if !end && err != nil {
					w.Errorf("%s: %v", consumer.name, err)
				}
				if end {
					isRefusal(w, err, context.DeadlineExceeded, true)
				}
				w.intercept(nil)
				ok(w, cl.Close(ctx))
			}
		}
	}, version(core.V3_4))
}

// The context ends while the first attempt is on its way: there is no second.
func TestCreateOnOldServerCancelledBetween(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpCreate2 {
				return core.Verdict{Delay: time.Second, Code: wire.CodeUnimplemented, Edit: func(reply []byte) []byte {
					copy(reply[4:12], "\xff\xff\xff\xff\xff\xff\xff\xff") // the zxid that says "what is that?"
					return reply
				}}
			}
			return core.Pass
		})
		with, cancel := w.h.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		refused(w, cl.Create(with, "/n", nil), context.DeadlineExceeded, true)
		w.sleep(3 * time.Second)
		ok(w, cl.Get(ctx, "/"))
		ok(w, cl.Create(ctx, "/falls-back", nil))
		if st := ok(w, cl.Exists(ctx, "/n")); st != nil || w.count(wire.OpCreate) != 1 {
			w.Errorf("there was a second attempt: %+v", st)
		}
	})
}

func TestTxnOnOldServer(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Set(ctx, "/", nil, 0))
		log := states(cl)
		tx := cl.Txn()
		tx.Check("/", 1)
		a := tx.Create("/a", []byte("x"))
		set := tx.Set("/a", []byte("yy"), 0)
		b := tx.Create("/a/b-", nil, zk.Ephemeral|zk.Sequential)
		commit := tx.Commit(ctx)
		behind := cl.Get(ctx, "/a") // in its place in the order
		ok(w, commit)
		if n := ok(w, behind); string(n.Data) != "yy" {
			w.Errorf("%+v", n)
		}
		if c := ok(w, a); c.Path != "/a" || c.Czxid == 0 || c.DataLength != 1 {
			w.Errorf("created %+v", c)
		}
		if s := ok(w, set); s.Version != 1 {
			w.Errorf("set %+v", s)
		}
		if c := ok(w, b); c.Path != "/a/b-0000000000" || c.EphemeralOwner != cl.Session().ID {
			w.Errorf("created %+v", c)
		}
		again := cl.Txn()
		again.Create("/c", nil)
		ok(w, again.Commit(ctx))
		bad := cl.Txn()
		bad.Create("/c", nil)
		refused(w, bad.Commit(ctx), zk.ErrNodeExists, false)
		if n := w.count(wire.OpMulti); n != 4 {
			w.Errorf("%d transactions were sent for 3", n)
		}
		ok(w, cl.Create(ctx, "/d", nil)) // is known already
		if log.len() != 0 {
			w.Errorf("it has cost a connection: %v", log.all())
		}
	}, version(core.V3_4))
}

// What an old server cannot do at all fails, and nothing else does.
func TestUnimplemented(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		before := cl.Set(ctx, "/n", nil, 0)
		container := cl.Create(ctx, "/c", nil, zk.Container)
		between := cl.Set(ctx, "/n", nil, 1)
		ttl := cl.Create(ctx, "/t", nil, zk.TTL(time.Second))
		behind := cl.Set(ctx, "/n", nil, 2)
		ok(w, before)
		refused(w, container, zk.ErrUnimplemented, false)
		ok(w, between)
		refused(w, ttl, zk.ErrUnimplemented, false)
		ok(w, behind)
		refused(w, cl.Create(ctx, "/p/c", nil, zk.ContainerParents()), zk.ErrUnimplemented, false)
		refused(w, cl.Create(ctx, "/t", nil, zk.TTL(time.Second)), zk.ErrUnimplemented, false)
		if w.count(wire.OpCreateContainer) != 1 || w.count(wire.OpCreateTTL) != 1 {
			w.Error("it was tried more than once")
		}
	}, version(core.V3_4))
}

// What is newer than the oldest server goes out alone until one answer has told; then no more.
func TestNewOperationsGoOutAloneOnce(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		w.intercept(func(in *core.Incoming) core.Verdict { return core.Verdict{Delay: time.Second} })
		for i := range 10 {
			cl.Create(ctx, fmt.Sprintf("/%d", i), nil)
		}
		ok(w, cl.Sync(ctx, "/"))
		var first, second time.Time
		w.srv.Do(func(s *core.Server) {
			for _, r := range s.Seen() {
				switch {
				case r.Op != wire.OpCreate2:
				case first.IsZero():
					first = r.Time
				case second.IsZero():
					second = r.Time
				case r.Time != second:
					w.Errorf("%s came %v behind the second", r.Path, r.Time.Sub(second))
				}
			}
		})
		if second.Sub(first) != time.Second {
			w.Errorf("the second came %v behind the first, want the time of the answer", second.Sub(first))
		}
	})
}
