package zk_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

type waitable interface{ WaitErr() error }

// An answer is that of an operation.
type answer struct {
	op     wire.Op
	do     func(cl *zk.Client) waitable
	writes bool
}

// answered are the operations whose replies have a body. /n is there, and has a child.
var answered = map[string]answer{
	"Get":      {wire.OpGetData, func(cl *zk.Client) waitable { return cl.Get(ctx, "/n") }, false},
	"GetWatch": {wire.OpGetData, func(cl *zk.Client) waitable { return cl.GetAndWatch(ctx, "/n") }, false},
	"Exists":   {wire.OpExists, func(cl *zk.Client) waitable { return cl.Exists(ctx, "/n") }, false},
	"Children": {wire.OpGetChildren2, func(cl *zk.Client) waitable { return cl.Children(ctx, "/n") }, false},
	"Count":    {wire.OpGetAllChildrenNumber, func(cl *zk.Client) waitable { return cl.ChildrenCount(ctx, "/n") }, false},
	"Ephemerals": {wire.OpGetEphemerals, func(cl *zk.Client) waitable {
		return cl.Ephemerals(ctx, "/")
	}, false},
	"GetACL":    {wire.OpGetACL, func(cl *zk.Client) waitable { return cl.GetACL(ctx, "/n") }, false},
	"GetConfig": {wire.OpGetData, func(cl *zk.Client) waitable { return cl.GetConfig(ctx) }, false},
	"WhoAmI":    {wire.OpWhoAmI, func(cl *zk.Client) waitable { return cl.WhoAmI(ctx) }, false},
	"MultiGet":  {wire.OpMultiRead, func(cl *zk.Client) waitable { return cl.MultiGet(ctx, "/n", "/n/kid") }, false},
	"Set":       {wire.OpSetData, func(cl *zk.Client) waitable { return cl.Set(ctx, "/n", nil, zk.AnyVersion) }, true},
	"SetACL": {wire.OpSetACL, func(cl *zk.Client) waitable {
		return cl.SetACL(ctx, "/n", zk.OpenACL(), zk.AnyVersion)
	}, true},
	"Create": {wire.OpCreate2, func(cl *zk.Client) waitable { return cl.Create(ctx, "/n/x-", nil, zk.Sequential) }, true},
	"TTL": {wire.OpCreateTTL, func(cl *zk.Client) waitable {
		return cl.Create(ctx, "/n/x-", nil, zk.Sequential, zk.TTL(time.Hour))
	}, true},
	"Txn": {wire.OpMulti, func(cl *zk.Client) waitable {
		tx := cl.Txn()
		tx.Create("/n/x-", nil, zk.Sequential)
		tx.Set("/n", nil, zk.AnyVersion)
		tx.Check("/n", zk.AnyVersion)
		return tx.Commit(ctx)
	}, true},
	"Subscribe": {wire.OpAddWatch, func(cl *zk.Client) waitable {
		return cl.Subscribe(ctx, "/n", zk.PersistentWatch)
	}, false},
}

// everyAnswered runs a test of each of them.
func everyAnswered(t *testing.T, test func(w *world, cl *zk.Client, name string, a answer)) {
	for name, a := range answered {
		t.Run(name, func(t *testing.T) {
			onPool(t, func(w *world) {
				cl := w.client()
				ok(w, cl.Create(ctx, "/n", []byte("data")))
				ok(w, cl.Create(ctx, "/n/kid", nil))
				test(w, cl, name, a)
			})
		})
	}
}

// edited has the replies changed from now on.
func (a answer) edited(w *world, edit func(reply []byte) []byte) {
	w.intercept(func(in *core.Incoming) core.Verdict {
		if in.Op != a.op {
			return core.Pass
		}
		return core.Verdict{Edit: edit}
	})
}

// unharmed has the replies left alone, and wants the client to be well.
func (a answer) unharmed(w *world, cl *zk.Client) {
	w.intercept(nil)
	if err := a.do(cl).WaitErr(); err != nil {
		w.Errorf("afterwards: %v", err)
	}
	if s := cl.Session(); s.Epoch != 1 {
		w.Errorf("it has cost the session: %v", s)
	}
}

// A reply that ends early, at whatever byte: the operation fails, the connection is given up, the process lives.
func TestTruncatedReplies(t *testing.T) {
	everyAnswered(t, func(w *world, cl *zk.Client, name string, c answer) {
		for n, whole := 0, 1; n < whole; n++ {
			c.edited(w, func(reply []byte) []byte {
				if binary.BigEndian.Uint32(reply[12:]) != 0 {
					return reply // an error has no body
				}
				whole = len(reply) - wire.ReplyHeaderLen
				return reply[:wire.ReplyHeaderLen+n]
			})
			err := c.do(cl).WaitErr()
			if !errors.Is(err, zk.ErrProtocol) || zk.MaybeApplied(err) != c.writes {
				w.Fatalf("%d bytes of %d: %v, MaybeApplied %v", n, whole, err, zk.MaybeApplied(err))
			}
			if !strings.Contains(err.Error(), "ends early") && !strings.Contains(err.Error(), "malformed") {
				w.Errorf("%d bytes of %d: %v", n, whole, err)
			}
		}
		c.unharmed(w, cl)
		if name == "GetWatch" {
			ok(w, cl.Set(ctx, "/n", nil, zk.AnyVersion))
		}
		if name != "Subscribe" {
			w.noWatches()
		}
	})
}

// A reply whose body is nonsense: nulls where there are none, lists that are longer than any memory, negative numbers,
// another's answer. The operation has some outcome, soon, and the client goes on.
func TestNonsenseReplies(t *testing.T) {
	bodies := map[string][]byte{
		"zeros":           make([]byte, 200),
		"all ones":        bytes.Repeat([]byte{0xff}, 200),
		"endless":         bytes.Repeat([]byte{0x7f, 0xff, 0xff, 0xff}, 50),
		"a billion":       append([]byte{0x3b, 0x9a, 0xca, 0x00}, make([]byte, 100)...),
		"negative":        bytes.Repeat([]byte{0x80, 0, 0, 0}, 50),
		"small numbers":   bytes.Repeat([]byte{0, 0, 0, 1}, 50),
		"null, then text": append([]byte{0xff, 0xff, 0xff, 0xff}, "HTTP/1.1 400 Bad Request\r\n\r\n"...),
		"a multi of none": {0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff},
		"a failed multi":  {0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0xff, 0x9b, 0xff, 0xff, 0xff, 0x9b, 0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff},
	}
	everyAnswered(t, func(w *world, cl *zk.Client, _ string, c answer) {
		for what, body := range bodies {
			c.edited(w, func(reply []byte) []byte { return append(reply[:wire.ReplyHeaderLen:wire.ReplyHeaderLen], body...) })
			begin := w.h.Now()
			err := c.do(cl).WaitErr()
			var oe *zk.OpError
			if err != nil && !errors.As(err, &oe) {
				w.Errorf("%s: %v is no OpError", what, err)
			}
			if took := w.h.Now().Sub(begin); took > 10*time.Second {
				w.Errorf("%s: %v after %v", what, err, took)
			}
		}
		c.unharmed(w, cl)
	})
}
