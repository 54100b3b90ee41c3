package session

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// A cancelLane is a lane of which only OnCancel is used. It notices the end of a context when told.
type cancelLane struct {
	future.Executor
	watched []*watched
}

type watched struct {
	ctx     context.Context
	task    future.Task
	stopped bool
}

func (l *cancelLane) OnCancel(ctx context.Context, t future.Task) func() bool {
	w := &watched{ctx: ctx, task: t}
	l.watched = append(l.watched, w)
	return func() bool { w.stopped = true; return true }
}

// notice runs what waits for contexts that have ended.
func (l *cancelLane) notice() {
	for _, w := range l.watched {
		if !w.stopped && w.ctx.Err() != nil {
			w.stopped = true
			w.task.Run()
		}
	}
}

func (l *cancelLane) live() (n int) {
	for _, w := range l.watched {
		if !w.stopped {
			n++
		}
	}
	return n
}

// A finisher notes the order of completions and disarms, as package zk does.
type finisher struct {
	*call
	d    *Driver
	list *[]string
}

func (f *finisher) Complete(b *future.Batch, p *Reply) {
	f.call.Complete(b, p)
	f.d.Disarm(&f.Request)
	*f.list = append(*f.list, f.name)
}

func (d *driven) armed(l *cancelLane, name string, ctx context.Context, list *[]string) *call {
	c := &call{name: name}
	c.Request = Request{Op: wire.OpSetData, Ctx: ctx, Call: &finisher{c, d.Driver, list}}
	d.Submit(&c.Request)
	d.Arm(l, &c.Request)
	d.Arm(l, &c.Request) // twice is once
	return c
}

// One watch on a context serves all its requests, which fail in the order in which they were
// submitted, written or not.
func TestContextsFailInOrder(t *testing.T) {
	d, l := driveUp(t), new(cancelLane)
	var order, want []string
	ctx, cancel := context.WithCancel(context.Background())
	other, stop := context.WithCancel(context.Background())
	defer stop()
	for i := range 100 {
		name := fmt.Sprint(i)
		want = append(want, name)
		d.armed(l, name, ctx, &order)
		d.armed(l, "other", other, &order)
		if i == 50 {
			d.pull()
		}
	}
	if len(l.watched) != 2 {
		t.Errorf("%d watches on contexts", len(l.watched))
	}
	cancel()
	l.notice()
	if !slices.Equal(order, want) {
		t.Errorf("in the order %v", order)
	}
	if len(d.Driver.armed) != 1 || l.live() != 1 {
		t.Errorf("%d groups, %d watches", len(d.Driver.armed), l.live())
	}
}

// A request that is complete is forgotten, and its context with the last one.
func TestDisarm(t *testing.T) {
	d, l := driveUp(t), new(cancelLane)
	var order []string
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	for range 3 {
		a, b := d.armed(l, "a", ctx, &order), d.armed(l, "b", ctx, &order)
		for _, f := range d.pull() {
			d.reply(f.xid, wire.OK)
		}
		if a.times != 1 || b.times != 1 || len(d.Driver.armed) != 0 || l.live() != 0 {
			t.Fatalf("%d groups, %d watches", len(d.Driver.armed), l.live())
		}
	}
	c := d.armed(l, "c", ctx, &order)
	d.pull()
	d.reply(7, wire.OK)
	d.Disarm(&c.Request) // again
	d.Arm(l, &c.Request) // too late
	if len(d.Driver.armed) != 0 || l.live() != 0 {
		t.Error("armed for ever")
	}
}

// A context that has ended already is noticed at once.
func TestArmEndedContext(t *testing.T) {
	d, l := driveUp(t), new(cancelLane)
	var order []string
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 2 {
		c := d.armed(l, "c", ctx, &order)
		l.notice()
		if c.times != 1 || c.got.Err != context.Canceled || len(d.Driver.armed) != 0 {
			t.Errorf("%+v, %d groups", c.got, len(d.Driver.armed))
		}
	}
}

// The context is used once more by a callback of the first request that it ends.
func TestArmEndingContext(t *testing.T) {
	d, l := driveUp(t), new(cancelLane)
	var order []string
	ctx, cancel := context.WithCancel(context.Background())
	next := (*call)(nil)
	c := &call{name: "c"}
	c.Request = Request{Op: wire.OpSetData, Ctx: ctx, Call: &reentrant{c, func() { next = d.armed(l, "next", ctx, &order) }}}
	d.Submit(&c.Request)
	d.Arm(l, &c.Request)
	cancel()
	l.notice()
	l.notice()
	if c.times != 1 || next == nil || next.times != 1 {
		t.Errorf("%+v, then %+v", c.got, next)
	}
}

func TestArmWithoutEnd(t *testing.T) {
	d, l := driveUp(t), new(cancelLane)
	var order []string
	d.armed(l, "a", context.Background(), &order)
	d.armed(l, "b", nil, &order)
	if len(l.watched) != 0 {
		t.Error("watched")
	}
}

// A sliceContext cannot be the key of a map.
type sliceContext struct {
	context.Context
	tags []string
}

// An anyContext could be one by its type, but not by its value.
type anyContext struct {
	context.Context
	tag any
}

func TestContextsThatAreNoKeys(t *testing.T) {
	for _, wrap := range []func(context.Context) context.Context{
		func(c context.Context) context.Context { return sliceContext{c, nil} },
		func(c context.Context) context.Context { return anyContext{c, []int{1}} },
	} {
		d, l := driveUp(t), new(cancelLane)
		var order []string
		ctx, cancel := context.WithCancel(context.Background())
		a := d.armed(l, "a", wrap(ctx), &order)
		b := d.armed(l, "b", wrap(ctx), &order)
		c := d.armed(l, "c", wrap(ctx), &order)
		d.pull()
		d.reply(1, wire.OK)
		if a.got.Err != nil || l.live() != 2 {
			t.Errorf("%v, %d watches", a.got.Err, l.live())
		}
		cancel()
		l.notice()
		if b.got.Err != context.Canceled || c.got.Err != context.Canceled || l.live() != 0 || len(d.Driver.armed) != 0 {
			t.Errorf("%v, %v, %d watches, %d groups", b.got.Err, c.got.Err, l.live(), len(d.Driver.armed))
		}
	}
}

// The request ends while its context is being looked at.
func TestDisarmWithinArm(t *testing.T) {
	d := driveUp(t)
	var order []string
	l := &racingLane{}
	l.then = func() {
		d.pull()
		d.reply(1, wire.OK)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := &call{name: "c"}
	c.Request = Request{Op: wire.OpSetData, Ctx: ctx, Call: &finisher{c, d.Driver, &order}}
	d.Submit(&c.Request)
	d.Arm(l, &c.Request)
	if c.times != 1 || l.live() != 0 || len(d.Driver.armed) != 0 {
		t.Errorf("completed %d times, %d watches, %d groups", c.times, l.live(), len(d.Driver.armed))
	}
}

type racingLane struct {
	cancelLane
	then func()
}

func (l *racingLane) OnCancel(ctx context.Context, t future.Task) func() bool {
	stop := l.cancelLane.OnCancel(ctx, t)
	l.then()
	return stop
}
