package handler

import (
	"context"
	"net"
	"net/netip"

	"github.com/gazoo-go/gazoo/future"
)

// Resolve looks up host in the background. A literal address is its own answer, at once. The lookup
// fails with ctx's error when ctx ends and with [future.ErrStopped] when the handler stops. In a bubble of
// testing/synctest only literal addresses work, as package net looks names up outside of it.
func (s *System) Resolve(ctx context.Context, host string) *future.Future[[]netip.Addr] {
	s.resolving.once.Do(func() { s.resolving.lane = newLane(s, "resolve") })
	return s.resolveOn(ctx, s.resolving.lane, host)
}

func (s *System) resolveOn(ctx context.Context, lane Lane, host string) *future.Future[[]netip.Addr] {
	p := future.NewPromise[[]netip.Addr](lane)
	if addr, err := netip.ParseAddr(host); err == nil {
		p.Complete([]netip.Addr{addr}, nil)
		return p.Future()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	look := &lookup{cancel}
	if !s.life.beginCloser(look) {
		cancel(nil)
		p.Complete(nil, future.ErrStopped)
		return p.Future()
	}
	go func() {
		defer s.life.endCloser(look)
		defer cancel(nil)
		addrs, err := s.lookup(ctx, host)
		p.Complete(addrs, err)
	}()
	return p.Future()
}

func (s *System) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	r := s.Resolver
	if r == nil {
		r = net.DefaultResolver
	}
	addrs, err := r.LookupNetIP(ctx, "ip", host)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx) // the resolver's own error does not say why
		}
		return nil, err
	}
	for i, a := range addrs {
		addrs[i] = a.Unmap()
	}
	return addrs, nil
}

// A lookup is a question that is still open.
type lookup struct{ cancel func(error) }

func (l *lookup) Close() { l.cancel(future.ErrStopped) }
