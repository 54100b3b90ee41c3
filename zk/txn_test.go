package zk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

func TestTxn(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/a", nil))
		ok(w, cl.Create(ctx, "/gone", nil))
		tx := cl.Txn()
		tx.Check("/a", 0)
		parent := tx.Create("/p", []byte("x"))
		child := tx.Create("/p/n-", nil, zk.Ephemeral|zk.Sequential)
		set := tx.Set("/a", []byte("y"), 0)
		again := tx.Set("/a", []byte("yz"), 1) // sees what came before
		tx.Delete("/gone", zk.AnyVersion)
		con := tx.Create("/con", nil, zk.Container)
		ttl := tx.Create("/ttl", nil, zk.TTL(time.Hour))
		ok(w, tx.Commit(ctx))
		p := ok(w, parent)
		if p.Path != "/p" || p.Czxid == 0 || p.DataLength != 1 {
			w.Errorf("created %+v", p)
		}
		if c := ok(w, child); c.Path != "/p/n-0000000000" || c.EphemeralOwner != cl.Session().ID || c.Czxid != p.Czxid {
			w.Errorf("created %+v", c)
		}
		if s := ok(w, set); s.Version != 1 || s.Mzxid != p.Czxid {
			w.Errorf("set %+v", s)
		}
		if s := ok(w, again); s.Version != 2 || s.DataLength != 2 {
			w.Errorf("set %+v", s)
		}
		if ok(w, con).Path != "/con" || ok(w, ttl).Path != "/ttl" {
			w.Error("container or TTL node misnamed")
		}
		if st := ok(w, cl.Exists(ctx, "/gone")); st != nil {
			w.Error("not deleted")
		}
	})
}

func TestTxnRefused(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/a", nil))
		tx := cl.Txn()
		before := tx.Create("/p", nil)
		tx.Check("/a", 99)
		behind := tx.Set("/a", nil, 0)
		tx.Delete("/a", 0)
		_, err := tx.Commit(ctx).Wait()
		isRefusal(w, err, zk.ErrBadVersion, false)
		var te *zk.TxnError
		if !errors.As(err, &te) || te.Index != 1 || len(te.Results) != 4 {
			w.Fatalf("%v is no TxnError of operation 1", err)
		}
		for i, want := range []error{zk.ErrRolledBack, zk.ErrBadVersion, zk.ErrRuntimeInconsistency, zk.ErrRuntimeInconsistency} {
			oe := isRefusal(w, te.Results[i], want, false)
			if oe.Op != []string{"create", "check", "setData", "delete"}[i] || oe.Path != []string{"/p", "/a", "/a", "/a"}[i] {
				w.Errorf("result %d is about %s %s", i, oe.Op, oe.Path)
			}
		}
		refused(w, before, zk.ErrRolledBack, false)
		refused(w, behind, zk.ErrRuntimeInconsistency, false)
		if st := ok(w, cl.Exists(ctx, "/p")); st != nil {
			w.Error("half a transaction was applied")
		}
		for _, c := range []struct {
			add  func(*zk.Txn)
			want error
		}{
			{func(tx *zk.Txn) { tx.Create("/a", nil) }, zk.ErrNodeExists},
			{func(tx *zk.Txn) { tx.Create("/no/x", nil) }, zk.ErrNoNode},
			{func(tx *zk.Txn) { tx.Set("/no", nil, 0) }, zk.ErrNoNode},
			{func(tx *zk.Txn) { tx.Delete("/no", 0) }, zk.ErrNoNode},
			{func(tx *zk.Txn) { tx.Check("/no", zk.AnyVersion) }, zk.ErrNoNode},
			{func(tx *zk.Txn) { tx.Create("/x", nil, zk.ACLs(zk.CreatorACL())) }, zk.ErrInvalidACL},
		} {
			tx := cl.Txn()
			c.add(tx)
			refused(w, tx.Commit(ctx), c.want, false)
		}
	})
}

// An invalid operation is found before anything is sent, and says which it is.
func TestTxnInvalid(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		for _, c := range []struct {
			add  func(*zk.Txn)
			want error
		}{
			{func(tx *zk.Txn) { tx.Create("x", nil) }, zk.ErrBadArguments},
			{func(tx *zk.Txn) { tx.Create("/x", nil, zk.MakeParents()) }, zk.ErrBadArguments},
			{func(tx *zk.Txn) { tx.Create("/x", nil, zk.ContainerParents()) }, zk.ErrBadArguments},
			{func(tx *zk.Txn) { tx.Create("/x", nil, zk.Protected()) }, zk.ErrBadArguments},
			{func(tx *zk.Txn) { tx.Create("/x", nil, zk.ProtectedName()) }, zk.ErrBadArguments},
			{func(tx *zk.Txn) { tx.Create("/x", nil, nil) }, zk.ErrBadArguments},
			{func(tx *zk.Txn) { tx.Create("/x", nil, zk.ACLs{}) }, zk.ErrInvalidACL},
			{func(tx *zk.Txn) { tx.Set("/x/", nil, 0) }, zk.ErrBadArguments},
			{func(tx *zk.Txn) { tx.Set("/x", nil, -2) }, zk.ErrBadArguments},
			{func(tx *zk.Txn) { tx.Delete("", 0) }, zk.ErrBadArguments},
			{func(tx *zk.Txn) { tx.Check("/x", -7) }, zk.ErrBadArguments},
		} {
			tx := cl.Txn()
			good := tx.Create("/good", nil)
			c.add(tx)
			_, err := tx.Commit(ctx).Wait()
			isRefusal(w, err, c.want, false)
			var te *zk.TxnError
			if !errors.As(err, &te) || te.Index != 1 || !errors.Is(te.Results[1], c.want) {
				w.Errorf("%v is no TxnError of operation 1", err)
			}
			refused(w, good, zk.ErrRolledBack, false)
		}
		w.srv.Do(func(s *core.Server) {
			if n := s.Count(wire.OpMulti); n != 0 {
				w.Errorf("%d transactions were sent", n)
			}
		})
	})
}

func TestTxnEmpty(t *testing.T) {
	onPool(t, func(w *world) { ok(w, w.client().Txn().Commit(ctx)) })
}

func TestTxnTwice(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		tx := cl.Txn()
		tx.Create("/a", nil)
		first, second := tx.Commit(ctx), tx.Commit(ctx)
		refused(w, second, zk.ErrBadArguments, false)
		ok(w, first)
		defer func() {
			if recover() == nil {
				w.Error("adding to a committed transaction does not panic")
			}
		}()
		tx.Delete("/a", 0)
	})
}

// However a transaction ends, so do the futures of its operations, and before it.
func TestTxnFuturesEndWithIt(t *testing.T) {
	everywhere(t, func(w *world) {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		fill := func(tx *zk.Txn) (*zk.Txn, *future.Future[zk.Created], *record[string]) {
			log := &record[string]{}
			made := tx.Create("/x", make([]byte, 2000))
			made.OnComplete(func(zk.Created, error) { log.add("operation") })
			return tx, made, log
		}
		check := func(what string, f *future.Future[struct{}], made *future.Future[zk.Created], log *record[string], want error, maybe bool) {
			w.Helper()
			f.OnComplete(func(struct{}, error) { log.add("transaction") })
			refused(w, made, want, maybe)
			refused(w, f, want, maybe)
			w.until("two callbacks", func() bool { return log.len() == 2 })
			if got := log.all(); !w.wide && got[0] != "operation" {
				w.Errorf("%s: callbacks came as %v", what, got)
			}
		}
		cl := w.client()
		tx, made, log := fill(cl.Txn())
		check("ended context", tx.Commit(ended), made, log, context.Canceled, false)

		tx, made, log = fill(w.client(zk.WithMaxRequest(1024)).Txn())
		check("too long", tx.Commit(ctx), made, log, zk.ErrTooLong, false)

		tx, made, log = fill(w.unstarted().Txn())
		check("not started", tx.Commit(ctx), made, log, zk.ErrClosed, false)

		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpMulti {
				return core.Verdict{Cut: core.CutAfter}
			}
			return core.Pass
		})
		tx, made, log = fill(cl.Txn())
		check("connection cut", tx.Commit(ctx), made, log, zk.ErrConnectionLoss, true)
		if st := ok(w, cl.Exists(ctx, "/x")); st == nil {
			w.Error("it was applied")
		}
		w.intercept(func(in *core.Incoming) core.Verdict { return core.Verdict{Code: wire.CodeThrottledOp} })
		tx, made, log = fill(cl.Txn())
		check("throttled", tx.Commit(ctx), made, log, zk.ErrThrottled, false)

		w.intercept(func(in *core.Incoming) core.Verdict { return core.Verdict{Delay: time.Second} })
		short, stop := w.h.WithTimeout(ctx, time.Millisecond)
		defer stop()
		tx, made, log = fill(cl.Txn())
		check("cancelled", tx.Commit(short), made, log, context.DeadlineExceeded, true)
	})
}

// Only the operation's future is waited for: its end must not depend on somebody waiting for Commit's.
func TestTxnCancelledThroughAnOperation(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		w.intercept(func(in *core.Incoming) core.Verdict { return core.Verdict{Delay: time.Minute} })
		short, stop := w.h.WithTimeout(ctx, time.Millisecond)
		defer stop()
		tx := cl.Txn()
		made := tx.Create("/x", nil)
		tx.Commit(short)
		begin := w.h.Now()
		refused(w, made, context.DeadlineExceeded, true)
		if took := w.h.Now().Sub(begin); took > 2*time.Millisecond {
			w.Errorf("took %v", took)
		}
		w.intercept(nil)
	})
}

func TestTxnTooLong(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		tx := cl.Txn()
		for i := range 3 {
			tx.Create(fmt.Sprintf("/%d", i), make([]byte, 400_000))
		}
		refused(w, tx.Commit(ctx), zk.ErrTooLong, false)
		ok(w, cl.Get(ctx, "/"))
	})
}

// A server that answers nonsense costs its connection, not the process, and nothing stays unanswered.
func TestTxnHostileAnswers(t *testing.T) {
	created := func(path string) wire.MultiResult {
		return wire.MultiResult{Type: wire.OpCreate, Record: &proto.CreateResponse{Path: path}}
	}
	good := []wire.MultiResult{created("/x"), {Type: wire.OpSetData, Record: &proto.SetDataResponse{}}, {Type: wire.OpDelete}, {Type: wire.OpCheck}}
	with := func(i int, r wire.MultiResult) []wire.MultiResult {
		out := append([]wire.MultiResult(nil), good...)
		out[i] = r
		return out
	}
	failed := wire.MultiResult{Type: wire.OpError, Code: wire.CodeNoNode}
	fine := wire.MultiResult{Type: wire.OpError}
	for name, results := range map[string][]wire.MultiResult{
		"none":                  nil,
		"too few":               good[:3],
		"too many":              append(append([]wire.MultiResult(nil), good...), created("/y")),
		"no failure at all":     {fine, fine, fine, fine},
		"create is set":         with(0, good[1]),
		"create is delete":      with(0, good[2]),
		"set is create":         with(1, good[0]),
		"set is getData":        with(1, wire.MultiResult{Type: wire.OpGetData, Record: &proto.GetDataResponse{}}),
		"delete is check":       with(2, good[3]),
		"delete is set":         with(2, good[1]),
		"delete is an error OK": with(2, fine),
		"check is children":     with(3, wire.MultiResult{Type: wire.OpGetChildren, Record: &proto.GetChildrenResponse{}}),
		"fails behind the end":  append(append([]wire.MultiResult(nil), good...), failed),
		"fails, and is short":   {failed},
	} {
		t.Run(name, func(t *testing.T) {
			onPool(t, func(w *world) {
				cl := w.client()
				w.intercept(multiAnswer(func(e *wire.Encoder) error { return e.Encode(&wire.MultiResponse{Results: results}) }))
				hostileTxn(w, cl)
			})
		})
	}
	for name, body := range map[string][]byte{
		"no body":        {},
		"half a header":  {0, 0, 0},
		"unknown type":   {0, 0, 0, 99, 0, 0, 0, 0, 0},
		"endless path":   {0, 0, 0, 1, 0, 0, 0, 0, 0, 127, 255, 255, 255, 'x'},
		"negative path":  {0, 0, 0, 1, 0, 0, 0, 0, 0, 128, 0, 0, 0},
		"no end":         {0, 0, 0, 2, 0, 0, 0, 0, 0},
		"good and bad":   {0, 0, 0, 2, 0, 255, 255, 255, 155},
		"text":           []byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
		"only the error": {255, 255, 255, 255, 0, 255, 255, 255, 155},
	} {
		t.Run(name, func(t *testing.T) {
			onPool(t, func(w *world) {
				cl := w.client()
				w.intercept(multiAnswer(func(e *wire.Encoder) error { e.B = append(e.B, body...); return nil }))
				hostileTxn(w, cl)
			})
		})
	}
}

// multiAnswer replaces the bodies of replies to transactions.
func multiAnswer(body func(*wire.Encoder) error) core.Intercept {
	return func(in *core.Incoming) core.Verdict {
		if in.Op != wire.OpMulti {
			return core.Pass
		}
		return core.Verdict{Edit: func(reply []byte) []byte {
			e := wire.Encoder{B: append([]byte(nil), reply[:wire.ReplyHeaderLen]...)}
			if err := body(&e); err != nil {
				panic(err)
			}
			return e.B
		}}
	}
}

func hostileTxn(w *world, cl *zk.Client) {
	w.Helper()
	ok(w, cl.Create(ctx, "/set", nil))
	ok(w, cl.Create(ctx, "/del", nil))
	var changes record[zk.StateChange]
	cl.OnState(changes.add)
	tx := cl.Txn()
	made := tx.Create("/x", nil)
	set := tx.Set("/set", nil, 0)
	tx.Delete("/del", 0)
	tx.Check("/set", zk.AnyVersion)
	f := tx.Commit(ctx)
	refused(w, f, zk.ErrProtocol, true) // the server has said that it did something
	refused(w, made, zk.ErrProtocol, true)
	refused(w, set, zk.ErrProtocol, true)
	ok(w, cl.Get(ctx, "/set"))
	w.until("another connection", func() bool { return changes.len() == 2 })
	if c := changes.all(); c[0].To != zk.Suspended || !errors.Is(c[0].Err, zk.ErrProtocol) || c[1].To != zk.Connected || c[1].SessionChanged {
		w.Errorf("changes %v", c)
	}
}

// What a failed transaction says is taken from the code of the operation that failed, whatever the others say.
func TestTxnFailureCodes(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		w.intercept(multiAnswer(func(e *wire.Encoder) error {
			return e.Encode(&wire.MultiResponse{Results: []wire.MultiResult{
				{Type: wire.OpError, Code: 0}, {Type: wire.OpError, Code: -4711}, {Type: wire.OpCheck}}})
		}))
		tx := cl.Txn()
		tx.Check("/", zk.AnyVersion)
		tx.Create("/x", nil)
		tx.Check("/", zk.AnyVersion)
		_, err := tx.Commit(ctx).Wait()
		isRefusal(w, err, zk.Code(-4711), false)
		if !strings.Contains(err.Error(), "operation 1") {
			w.Errorf("%v", err)
		}
		if cl.State() != zk.Connected {
			w.Errorf("an unknown code has cost the connection")
		}
	})
}

// Before 3.9, and some releases around, create2 in a transaction is answered without Stat.
func TestTxnCreatedBefore39(t *testing.T) {
	for _, v := range []core.Version{core.V(3, 8, 0), core.V3_6, core.V3_5} {
		t.Run(v.String(), func(t *testing.T) {
			onPool(t, func(w *world) {
				cl := w.client()
				tx := cl.Txn()
				made := tx.Create("/e-", []byte("abc"), zk.Ephemeral|zk.Sequential)
				ok(w, tx.Commit(ctx))
				c := ok(w, made)
				want := ok(w, cl.Exists(ctx, "/e-0000000000"))
				if want == nil {
					w.Fatalf("created %+v", c)
				}
				want.Ctime, want.Mtime = 0, 0
				if c.Stat != *want || c.Path != "/e-0000000000" {
					w.Errorf("created %+v, want %+v", c, want)
				}
			}, version(v))
		})
	}
}
