package session

import (
	"context"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
)

func bounded(ctx context.Context) func(*call) { return func(c *call) { c.Ctx = ctx } }

func TestCancelBeforeWrite(t *testing.T) {
	r := up(t)
	a := r.submit("a", wire.OpSetData)
	b := r.submit("b", wire.OpSetData)
	r.submit("c", wire.OpSetData)
	r.m.Cancel(&b.Request, context.Canceled)
	r.m.Cancel(&b.Request, context.Canceled)
	r.expect("b: context canceled")
	r.wrote("setData#1", "setData#3")
	r.ok(1, 3)
	r.expect("a: ok", "c: ok")
	r.m.Cancel(&a.Request, context.Canceled) // is complete
	r.expect()
	if b.got.Written || b.got.MaybeApplied() {
		t.Errorf("%+v", b.got)
	}
}

func TestCancelAfterWrite(t *testing.T) {
	r := up(t)
	a := r.submit("a", wire.OpSetData)
	r.submit("b", wire.OpSetData)
	r.wrote("setData#1", "setData#2")
	r.m.Cancel(&a.Request, context.DeadlineExceeded)
	r.expect("a: context deadline exceeded, written")
	r.m.Cancel(&a.Request, context.DeadlineExceeded)
	r.ok(1) // thrown away
	r.ok(2)
	r.expect("b: ok")
	r.submit("c", wire.OpSetData)
	r.wrote("setData#3")
	c := r.submit("d", wire.OpSetData)
	r.pull()
	r.m.Cancel(&c.Request, context.Canceled)
	r.closed()
	r.expect("d: context canceled, written", "SUSPENDED", "c: CONNECTIONLOSS, written", "dial 10.0.0.1:2181")
}

// A context that has ended is noticed when its request is about to be written, also by nobody's Cancel.
func TestEndedContextIsNotWritten(t *testing.T) {
	r := newRig(t).start()
	ctx, cancel := context.WithCancel(context.Background())
	r.submit("a", wire.OpSetData, bounded(ctx))
	r.submit("b", wire.OpSetData, bounded(context.Background()))
	r.submit("c", wire.OpSetData, bounded(ctx))
	cancel()
	r.connect(1)
	r.expect("CONNECTED new")
	r.wrote("setData#2")
	r.expect("a: context canceled", "c: context canceled")
}

// What is abandoned first in the queue must not stop what is behind it.
func TestCancelEverythingButTheLast(t *testing.T) {
	r := newRig(t).start()
	var all []*call
	for range 100 {
		all = append(all, r.submit("x", wire.OpSetData))
	}
	for _, c := range all[:99] {
		r.m.Cancel(&c.Request, context.Canceled)
	}
	r.connect(1)
	r.see()
	r.wrote("setData#100")
	r.ok(100)
	r.expect("x: ok")
	for i, c := range all {
		if c.times != 1 {
			t.Fatalf("%d completed %d times", i, c.times)
		}
	}
}
