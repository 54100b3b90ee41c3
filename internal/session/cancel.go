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
	key  any // in Driver.armed
	ctx  context.Context
	reqs map[*Request]struct{}
	stop func() bool
}

// armKey returns what r's group is found by: the context, or r itself if the context cannot be the key of a map.
func armKey(r *Request) any {
	if reflect.ValueOf(r.Ctx).Comparable() {
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
	if r.armed || r.state == reqDone || r.state == reqAbandoned {
		d.mu.Unlock()
		return
	}
	r.armed = true
	key := armKey(r)
	g := d.armed[key]
	fresh := g == nil
	if fresh {
		g = &cancelGroup{key: key, ctx: r.Ctx, reqs: map[*Request]struct{}{}}
		d.armed[key] = g
	}
	g.reqs[r] = struct{}{}
	d.mu.Unlock()
	if !fresh {
		return
	}
	stop := ex.OnCancel(r.Ctx, future.Func(func() { d.cancelGroup(g) }))
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
	if !r.armed {
		d.mu.Unlock()
		return
	}
	r.armed = false
	var stop func() bool
	key := armKey(r)
	if g := d.armed[key]; g != nil {
		delete(g.reqs, r)
		if len(g.reqs) == 0 {
			delete(d.armed, key)
			stop = g.stop
		}
	}
	d.mu.Unlock()
	if stop != nil {
		stop()
	}
}

func (d *Driver) cancelGroup(g *cancelGroup) {
	err := g.ctx.Err() // the context's own code, which may ask the client: before the lock
	d.mu.Lock()
	if d.armed[g.key] == g {
		delete(d.armed, g.key)
	}
	reqs := make([]*Request, 0, len(g.reqs))
	//zkvet:allow maprange sorted right below, by the order of submission
	for r := range g.reqs {
		reqs = append(reqs, r)
	}
	clear(g.reqs)
	slices.SortFunc(reqs, func(a, b *Request) int { return cmp.Compare(a.order, b.order) })
	for _, r := range reqs {
		d.m.Cancel(r, err)
	}
	d.flush()
}
