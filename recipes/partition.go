package recipes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A share is one attempt of a [SetPartitioner] to have its items, from when the members have settled until it gives them
// back. What it holds it holds alone, whatever others believe about the members: by locks, which are taken in the order of
// the items, so that members who have been told different things do not wait for each other for ever.
type share struct {
	over     context.CancelFunc        // ends the waiting for items
	held     []*Held                   // in the order of items
	items    []string                  // that it wants
	released *future.Promise[struct{}] // complete when the user has given the items back
}

// end ends the share: nothing is waited for or held any more.
func (s *share) end() {
	s.over()
	for _, h := range s.held {
		h.end(ErrReleased)
	}
}

// giveBack ends the share, and waits until others can have what was held.
func (s *share) giveBack(co *future.Co) error {
	s.end()
	_, err := future.Await(co, future.All(each(s.held, func(h *Held) *future.Future[struct{}] { return h.gone.Future() })...))
	return err
}

// start begins the work.
func (p *SetPartitioner) start() {
	var ctx context.Context
	ctx, p.fate = context.WithCancel(context.Background())
	p.deaf = p.cl.OnState(func(c zk.StateChange) {
		if c.To != zk.Connected {
			p.work.Dispatch(future.Func(func() { p.suffer(c) }))
		}
	})
	p.worked = future.Async(ctx, p.work, func(co *future.Co) (struct{}, error) {
		err := p.valid()
		for err == nil && ctx.Err() == nil {
			err = p.allocate(co, ctx)
		}
		p.fail(err)
		return struct{}{}, nil
	})
}

// valid checks what only this recipe knows to be invalid.
func (p *SetPartitioner) valid() error {
	for _, item := range p.set {
		if item == "" || strings.Contains(item, "/") {
			return &zk.OpError{Op: "partition", Path: p.path, Err: fmt.Errorf("%w: the item %q", zk.ErrBadArguments, item)}
		}
	}
	return nil
}

// suffer is told of every state of the client but zk.Connected.
func (p *SetPartitioner) suffer(c zk.StateChange) {
	switch c.To {
	case zk.Lost:
		p.fail(ErrLost)
	case zk.Closed:
		p.fail(zk.ErrClosed)
	default:
		if p.State() == PartitionAcquired {
			p.unsettle(p.share)
		}
	}
}

// unsettle ends a share: no item is waited for any more, and what was acquired should be given back.
func (p *SetPartitioner) unsettle(s *share) {
	s.over()
	if now := p.news.newest.Load().value; p.share == s && now.State == PartitionAcquired {
		now.State = PartitionRelease
		p.news.publish(now)
	}
}

// fail ends everything, once.
func (p *SetPartitioner) fail(why error) {
	if p.finish != nil {
		return
	}
	p.news.publish(Partition{State: PartitionFailure, Err: why})
	p.news.close()
	p.fate()
	p.deaf()
	if p.share != nil {
		p.share.end()
	}
	p.finish = future.Async(context.Background(), p.work, func(co *future.Co) (struct{}, error) {
		_, err := future.Await(co, p.worked) // an item may have been acquired at the last moment
		if err == nil && p.share != nil {
			err = p.share.giveBack(co)
		}
		_, left := future.Await(co, p.party.Leave(context.Background()))
		return struct{}{}, errors.Join(err, left)
	})
}

// allocate waits for the members, takes our items, and returns when they are given back. An error is a failure.
func (p *SetPartitioner) allocate(co *future.Co, ctx context.Context) error {
	if err := p.party.join(co, ctx); err != nil {
		return err
	}
	switch now := p.cl.Session().Epoch; {
	case p.epoch == 0:
		p.epoch = now
	case p.epoch != now:
		return ErrLost
	}
	settled, err := (&PatientChildrenWatch{p.party.recipe, p.opt.boundary}).settle(co, ctx)
	switch {
	case errors.Is(err, zk.ErrNoNode):
		return nil // the path was deleted, and our node with it, which is being made again
	case err != nil:
		return err
	}
	s := &share{released: future.NewPromise[struct{}](p.work)}
	limit, over := context.WithCancel(ctx)
	s.over, p.share = over, s
	changed := settled.Changed.On(p.work).OnComplete(func(zk.Event, error) { p.unsettle(s) })
	defer func() {
		over()
		changed.Unlink()
		settled.Unwatch(context.Background())
	}()
	if s.items, err = p.wanted(co, ctx, settled.Value.Names); err == nil {
		err = p.acquire(co, limit, s)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // who ended it has said why, and gives back
	case err != nil && limit.Err() == nil:
		return err
	case err == nil && limit.Err() == nil && p.has(s):
		held := make(map[string]*Held, len(s.items))
		for i, item := range s.items {
			held[item] = s.held[i]
		}
		p.news.publish(Partition{State: PartitionAcquired, Items: s.items, Held: held})
		_, err := future.Await(co, s.released.Future())
		return err
	}
	return s.giveBack(co) // and begin anew
}

// wanted are the items that are to be ours. If we are no member, for somebody has deleted our node, there are none.
func (p *SetPartitioner) wanted(co *future.Co, ctx context.Context, nodes []string) ([]string, error) {
	members := each(p.party.layout.members(nodes), func(name string) string { return name[guidLen+1:] })
	slices.Sort(members)
	members = slices.Compact(members) // somebody who was started again may be there twice, until his old session ends
	if p.opt.partition == nil {
		return evenly(p.opt.identifier, members, p.set), nil
	}
	items, err := future.Await(co, future.Async(ctx, p.user, func(*future.Co) ([]string, error) {
		return p.opt.partition(p.opt.identifier, members, slices.Clone(p.set)), nil
	}))
	items = slices.Compact(slices.Sorted(slices.Values(items)))
	for _, item := range items {
		if !slices.Contains(p.set, item) {
			return nil, &zk.OpError{Op: "partition", Path: p.path, Err: fmt.Errorf("%w: the partition function wants %q, which is not in the set", zk.ErrBadArguments, item)}
		}
	}
	return items, err
}

// evenly is the default of [WithPartitionFunc].
func evenly(identifier string, members, set []string) (items []string) {
	first := slices.Index(members, identifier)
	for i := first; first >= 0 && i < len(set); i += len(members) {
		items = append(items, set[i])
	}
	return items
}

// acquire takes one item after the other, until limit ends.
func (p *SetPartitioner) acquire(co *future.Co, limit context.Context, s *share) error {
	for _, item := range s.items {
		lock := contest{p.beside(p.path + "/locks/" + item), exclusiveKind}
		acquired := future.Async(limit, p.work, func(co *future.Co) (*Held, error) { return lock.acquire(co, limit, true) })
		held, err := awaitOwn(co, acquired) // it ends with limit, and whoever acquires must know
		if err != nil {
			return err
		}
		s.held = append(s.held, held)
		held.Lost().On(p.work).OnComplete(func(error, error) { p.unsettle(s) })
		if limit.Err() != nil {
			return limit.Err()
		}
	}
	return nil
}

// has reports whether the share is what it should be: nothing has happened while its last item was acquired.
func (p *SetPartitioner) has(s *share) bool {
	return p.cl.State() == zk.Connected && p.cl.Session().Epoch == p.epoch &&
		!slices.ContainsFunc(s.held, func(h *Held) bool { return h.Err() != nil })
}
