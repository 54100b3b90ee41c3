package zk_test

import (
	"errors"
	"math"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// runOut has sequence numbers begin with the last one that a server gives.
func runOut(c *core.Config) { c.FirstSequence = math.MaxInt32 - 1 }

// missing has f done while a client has no connection.
func (w *world) missing(cl *zk.Client, f func()) {
	w.Helper()
	session, away := cl.Session().ID, true
	w.intercept(func(in *core.Incoming) core.Verdict {
		if away && in.Session == session && in.Op == wire.OpCreateSession {
			return core.Verdict{Cut: core.CutBefore}
		}
		return core.Pass
	})
	w.srv.Drop(session)
	w.await(cl, zk.Suspended)
	f()
	w.srv.Do(func(*core.Server) { away = false })
	w.await(cl, zk.Connected)
}

// Where the numbers of a parent have run out, servers do not tell of children that were created while there was no
// connection: its pzxid stands still. Watches tell all the same.
func TestMissedChildren(t *testing.T) {
	everywhere(t, func(w *world) {
		cl, other := w.client(), w.client()
		for _, path := range []string{"/full", "/young", "/quiet"} {
			ok(w, cl.Create(ctx, path, nil))
		}
		ok(w, cl.Create(ctx, "/full/n-", nil, zk.Sequential))
		full := ok(w, cl.Chroot("/full").ChildrenAndWatch(ctx, "/"))
		young, quiet := ok(w, cl.ChildrenAndWatch(ctx, "/young")), ok(w, cl.ChildrenAndWatch(ctx, "/quiet"))
		taken := ok(w, cl.ChildrenAndWatch(ctx, "/full"))
		ok(w, taken.Unwatch(ctx))
		w.missing(cl, func() {
			ok(w, other.Create(ctx, "/full/x", nil))
			ok(w, other.Create(ctx, "/young/x", nil))
			if st := ok(w, other.Exists(ctx, "/full")); st.Pzxid != full.Value.Pzxid {
				w.Error("this is not what is to be tested: the server could tell")
			}
		})
		if ev := ok(w, full.Changed); ev.Type != zk.NodeChildrenChanged || ev.Path != "/" {
			w.Errorf("%+v", ev)
		}
		ok(w, young.Changed)
		if err := taken.Changed.WaitErr(); !errors.Is(err, zk.ErrUnwatched) {
			w.Error(err)
		}
		again := ok(w, cl.ChildrenAndWatch(ctx, "/full"))
		ok(w, cl.Create(ctx, "/full/y", nil))
		ok(w, again.Changed)
		w.reconnect(cl)
		if ev, err, fired := quiet.Changed.Poll(); fired {
			w.Errorf("nothing has happened: %+v, %v", ev, err)
		}
		ok(w, quiet.Unwatch(ctx))
		w.noWatches()
	}, runOut)
}
