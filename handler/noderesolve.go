package handler

import (
	"context"
	"net/netip"

	"github.com/gazoo-go/gazoo/future"
)

// A nodeLookup is a look-up on a node, and the event in which it ends.
type nodeLookup struct {
	event event
	ctx   context.Context
	host  string
	p     *future.Promise[[]netip.Addr]
	stuck bool // there is no such event
}

// Resolve looks up a name: one of [Network.SetName], or that of a node.
func (n *Node) Resolve(ctx context.Context, host string) *future.Future[[]netip.Addr] {
	w := n.w
	w.mu.Lock()
	lane := n.resolving
	w.mu.Unlock()
	if lane == nil {
		lane = n.Lane("resolve")
		w.mu.Lock()
		n.resolving = lane
		w.mu.Unlock()
	}
	p := future.NewPromise[[]netip.Addr](lane)
	if addr, err := netip.ParseAddr(host); err == nil {
		p.Complete([]netip.Addr{addr}, nil)
		return p.Future()
	}
	look := &nodeLookup{ctx: ctx, host: host, p: p, stuck: w.network.stuck(host)}
	look.event = event{node: n, label: resolveLabel, kind: KindResolve, what: look}
	if !n.life.beginCloser(look) {
		p.Complete(nil, future.ErrStopped)
		return p.Future()
	}
	if look.stuck {
		w.arm(ctx, n, look)
		return p.Future()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.schedule(&look.event, w.time())
	return p.Future()
}

var resolveLabel = fnv("resolve")

func (l *nodeLookup) happen() {
	defer l.event.node.life.endCloser(l)
	if l.ctx.Err() != nil {
		l.p.Complete(nil, l.ctx.Err())
		return
	}
	l.p.Complete(l.event.node.w.network.resolve(l.host))
}

// Run ends a look-up that gets no answer: its context has ended.
func (l *nodeLookup) Run() { l.giveUp(l.ctx.Err()) }

// Close is called when the node stops.
func (l *nodeLookup) Close() { l.giveUp(future.ErrStopped) }

func (l *nodeLookup) giveUp(err error) {
	l.p.Complete(nil, err)
	if l.stuck {
		l.event.node.life.endCloser(l)
	}
}
