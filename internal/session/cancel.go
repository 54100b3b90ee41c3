package session

import (
	"cmp"
	"context"
	"reflect"
	"slices"

	"github.com/gazoo-go/gazoo/future"
)

// A cancelGroup fails the requests of one context when that ends, in the order of their xids. One
// watch on the context serves all of them.
type cancelGroup struct {
	d    *Driver
	key  any // in Driver.armed
	ctx  context.Context
	reqs []*Request // in any order; each knows its place
	stop func() bool

	only [1]*Request // what reqs begins with: most contexts have no more
}

// add and remove are called with the driver's lock held.
func (g *cancelGroup) add(r *Request) {
	r.group, r.inGroup = g, int32(len(g.reqs))
	g.reqs = append(g.reqs, r)
}

func (g *cancelGroup) remove(r *Request) {
	last := g.reqs[len(g.reqs)-1]
	g.reqs[r.inGroup], last.inGroup = last, r.inGroup
	g.reqs[len(g.reqs)-1] = nil
	g.reqs = g.reqs[:len(g.reqs)-1]
	r.group = nil
}

// armKey returns what r's group is found by: the context, or r itself if the context cannot be the key of a map.
func armKey(r *Request) any {
	if reflect.TypeOf(r.Ctx).Kind() == reflect.Pointer || reflect.ValueOf(r.Ctx).Comparable() {
		return r.Ctx
	}
	return r
}

// Arm has r fail when its context ends. ex is a lane whose handler watches the context.
func (d *Driver) Arm(ex future.Executor, r *Request) {
	if r.Ctx == nil || r.Ctx.Done() == nil {
		return
	}
	d.mu.Lock()
	if r.group != nil || r.state == reqDone || r.state == reqAbandoned {
		d.mu.Unlock()
		return
	}
	key := armKey(r)
	g := d.armed[key]
	fresh := g == nil
	if fresh {
		g = &cancelGroup{d: d, key: key, ctx: r.Ctx}
		g.reqs = g.only[:0]
		d.armed[key] = g
	}
	g.add(r)
	d.mu.Unlock()
	if !fresh {
		return
	}
	stop := ex.OnCancel(r.Ctx, g)
	d.mu.Lock()
	g.stop = stop
	over := d.armed[key] != g
	d.mu.Unlock()
	if over { // the last request ended meanwhile
		stop()
	}
}

// Disarm forgets a request that is complete.
func (d *Driver) Disarm(r *Request) {
	d.mu.Lock()
	g := r.group
	if g == nil {
		d.mu.Unlock()
		return
	}
	g.remove(r)
	var stop func() bool
	if len(g.reqs) == 0 && d.armed[g.key] == g {
		delete(d.armed, g.key)
		stop = g.stop
	}
	d.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// Run is called when the context has ended.
func (g *cancelGroup) Run() {
	d := g.d
	err := g.ctx.Err() // the context's own code, which may ask the client: before the lock
	d.mu.Lock()
	if d.armed[g.key] == g {
		delete(d.armed, g.key)
	}
	reqs := slices.Clone(g.reqs)
	for _, r := range reqs {
		g.remove(r)
	}
	slices.SortFunc(reqs, func(a, b *Request) int { return cmp.Compare(a.order, b.order) })
	for _, r := range reqs {
		d.m.Cancel(r, err)
	}
	d.flush()
}
