package zk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// An eavesdropper is every kind of hook.
type eavesdropper struct {
	starts, ends record[string]
	results      record[zk.OpEnd]
	states       record[zk.State]
	reconnects   record[zk.Reconnect]
	onEnd        func()
}

type hookKey struct{}

func (e *eavesdropper) OnOpStart(ctx context.Context, op zk.OpInfo) context.Context {
	e.starts.add(op.Op + " " + op.Path)
	return context.WithValue(ctx, hookKey{}, fmt.Sprint(ctx.Value(hookKey{}), "+", e.starts.len()))
}

func (e *eavesdropper) OnOpEnd(ctx context.Context, op zk.OpInfo, end zk.OpEnd) {
	e.ends.add(fmt.Sprint(op.Op, " ", op.Path, " ", ctx.Value(hookKey{})))
	e.results.add(end)
	if e.onEnd != nil {
		e.onEnd()
	}
}

func (e *eavesdropper) OnStateChange(c zk.StateChange) { e.states.add(c.To) }
func (e *eavesdropper) OnReconnect(r zk.Reconnect)     { e.reconnects.add(r) }

func TestHooks(t *testing.T) {
	everywhere(t, func(w *world) {
		var e eavesdropper
		cl := w.client(zk.WithHooks(&e))
		mine := context.WithValue(ctx, hookKey{}, "mine")
		data := make([]byte, 100)
		ok(w, cl.Create(mine, "/app", data))
		app := cl.Chroot("/app")
		ok(w, app.Get(mine, "/"))
		refused(w, app.Get(mine, "/no"), zk.ErrNoNode, false)
		refused(w, app.Get(mine, "no"), zk.ErrBadArguments, false) // not told
		tx := cl.Txn()
		tx.Set("/app", nil, 0)
		ok(w, tx.Commit(ctx))
		w.until("four ends", func() bool { return e.ends.len() >= 4 })
		want := []string{"create /app", "getData /", "getData /no", "multi "}
		if got := e.starts.all(); !slices.Equal(got, want) {
			w.Errorf("begun: %q", got)
		}
		// The context is the caller's, as OnOpStart has changed it; the order is that of the replies.
		want = []string{"create /app mine+1", "getData / mine+2", "getData /no mine+3", "multi  <nil>+4"}
		if got := e.ends.all(); !slices.Equal(got, want) {
			w.Errorf("ended: %q", got)
		}
		r := e.results.all()
		if r[0].Err != nil || r[0].BytesSent < 100 || r[0].BytesSent > 200 || r[0].BytesReceived < 20+68 || r[0].BytesReceived > 100 {
			w.Errorf("create: %+v", r[0])
		}
		if r[1].Err != nil || r[1].BytesReceived != 20+4+100+68 || r[1].BytesSent != 12+4+len("/app")+1 {
			w.Errorf("getData: %+v", r[1])
		}
		if isRefusal(w, r[2].Err, zk.ErrNoNode, false).Path != "/no" || r[2].BytesReceived != 20 {
			w.Errorf("getData: %+v", r[2])
		}

		// Latency is that of the caller, and every kind of end is told.
		w.intercept(func(in *core.Incoming) core.Verdict {
			switch in.Op {
			case wire.OpGetData:
				return core.Verdict{Delay: time.Second}
			case wire.OpDelete:
				return core.Verdict{Cut: core.CutAfter}
			}
			return core.Pass
		})
		ok(w, cl.Get(ctx, "/app"))
		with, cancel := w.h.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		refused(w, cl.Get(with, "/app"), context.DeadlineExceeded, false)
		refused(w, cl.Delete(ctx, "/app", 1), zk.ErrConnectionLoss, true)
		w.await(cl, zk.Connected)
		w.until("seven ends and a reconnect", func() bool { return e.ends.len() == 7 && e.reconnects.len() == 1 })
		r = e.results.all()[4:]
		if r[0].Err != nil || r[0].Latency < time.Second || r[0].Latency > 2*time.Second {
			w.Errorf("%+v", r[0])
		}
		if !errors.Is(r[1].Err, context.DeadlineExceeded) || r[1].BytesReceived != 0 || r[1].Latency < 100*time.Millisecond || r[1].Latency > time.Second {
			w.Errorf("%+v", r[1])
		}
		if !zk.MaybeApplied(r[2].Err) {
			w.Errorf("%+v", r[2])
		}
		if got := e.states.all(); !slices.Equal(got, []zk.State{zk.Connecting, zk.Connected, zk.Suspended, zk.Connected}) {
			w.Errorf("states %v", got)
		}
		if re := e.reconnects.all()[0]; re.Server == "" || re.SessionChanged || re.Session.ID != cl.Session().ID || re.Outage < 0 || re.Outage > 10*time.Second {
			w.Errorf("%+v", re)
		}
		w.srv.Expire(cl.Session().ID)
		w.until("another reconnect", func() bool { return e.reconnects.len() == 2 })
		if re := e.reconnects.all()[1]; !re.SessionChanged {
			w.Errorf("%+v", re)
		}
		ok(w, cl.Close(ctx))
		ok(w, cl.Start(ctx)) // is no reconnect
		w.until("connected", func() bool { l := e.states.all(); return l[len(l)-1] == zk.Connected })
		if n := e.reconnects.len(); n != 2 {
			w.Errorf("%d reconnects", n)
		}
	})
}

// A hook may use the client, and one that blocks keeps no operation and no callback of a pool from going on.
func TestHooksAreOutOfTheWay(t *testing.T) {
	onPool(t, func(w *world) {
		block := make(chan struct{})
		e := &eavesdropper{onEnd: func() { <-block }}
		cl := w.client(zk.WithHooks(e))
		var called record[bool]
		for range 10 {
			cl.Get(ctx, "/").OnComplete(func(zk.Node, error) { called.add(true) })
		}
		ok(w, cl.Sync(ctx, "/"))
		w.until("ten callbacks", func() bool { return called.len() == 10 })
		if e.ends.len() > 1 {
			w.Error("it does not block")
		}
		close(block)
		w.until("eleven ends", func() bool { return e.ends.len() == 11 })
	})
	everywhere(t, func(w *world) {
		var once sync.Once
		var cl *zk.Client
		var reads record[error]
		e := &eavesdropper{}
		e.onEnd = func() {
			once.Do(func() { cl.Get(ctx, "/").OnComplete(func(_ zk.Node, err error) { reads.add(err) }) })
		}
		cl = w.client(zk.WithHooks(e))
		ok(w, cl.Get(ctx, "/"))
		w.until("the hook's read", func() bool { return reads.len() == 1 && e.ends.len() == 2 })
	})
}

// Hooks see one operation where the client makes several of it, and an operation that falls back once.
func TestHooksOnOldServer(t *testing.T) {
	everywhere(t, func(w *world) {
		var e eavesdropper
		cl := w.client(zk.WithHooks(&e))
		ok(w, cl.MultiGet(ctx, "/", "/zookeeper"))
		ok(w, cl.Create(ctx, "/a", nil))
		w.until("two ends", func() bool { return e.ends.len() >= 2 })
		w.sleep(time.Second)
		if got := e.ends.all(); !slices.Equal(got, []string{"multiRead  <nil>+1", "create /a <nil>+2"}) {
			w.Errorf("%q", got)
		}
	}, version(core.V3_4))
}

func TestBadHooks(t *testing.T) {
	onPool(t, func(w *world) {
		for _, bad := range []zk.Hook{nil, 7, &record[int]{}} {
			if _, err := zk.New(w.addr, zk.WithHandler(w.h), zk.WithHooks(&eavesdropper{}, bad)); err == nil {
				w.Errorf("%T is taken for a hook", bad)
			}
		}
	})
}
