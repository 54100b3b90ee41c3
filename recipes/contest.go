package recipes

import (
	"context"
	"errors"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// ErrNotAcquired is the outcome of a TryAcquire or TryCampaign that would have had to wait.
var ErrNotAcquired = errors.New("recipes: not acquired: others are before us")

// A contest is a queue of contenders, first come first served: what locks and elections are made of. Each waits for the
// next before it that it cannot share with, and watches only that one's node.
type contest struct {
	*recipe
	kind kind
}

// acquire waits for its turn, or does not wait.
func (c contest) acquire(co *future.Co, ctx context.Context, wait bool) (*Held, error) {
	return c.insist(co, ctx, func(at *attempt) (*Held, error) {
		at.create(c.path + "/" + c.kind.prefix(c.opt.names, c.cl.GUID()))
		return c.turn(co, at, wait)
	})
}

// start is acquire as a future for the user.
func (c contest) start(ctx context.Context, wait bool) *future.Future[*Held] {
	return future.Async(ctx, c.work, func(co *future.Co) (*Held, error) { return c.acquire(co, ctx, wait) }).On(c.user)
}

// turn waits until it is the attempt's turn.
func (c contest) turn(co *future.Co, at *attempt, wait bool) (*Held, error) {
	made, err := future.Await(co, at.made)
	if err != nil { // ErrNoNode: the path was made, and deleted again: by whoever resets its numbers, for one
		return nil, gone(err)
	}
	own := made.Path[len(c.path)+1:]
	at.watchOwn(made) // one request with the listing, for who is alone
	for {
		queue, err := c.queue(co, at)
		if err != nil {
			if err = c.again(co, at.ctx, at.view, gone(err)); err != nil {
				return nil, err
			}
			continue
		}
		before, blocked, found := blocker(queue, own)
		switch {
		case !found:
			return nil, errGone
		case !blocked:
			return newHeld(at, made)
		case !wait:
			return nil, ErrNotAcquired
		}
		err = at.waitFor(co, c.path+"/"+before.name)
		if err = c.again(co, at.ctx, at.view, err); err != nil {
			return nil, err
		}
	}
}

// queue lists the contenders, first come first.
func (c contest) queue(co *future.Co, at *attempt) ([]contender, error) {
	kids, err := future.Await(co, at.view.Children(at.ctx, c.path))
	if err != nil {
		return nil, err
	}
	cs, exact := contenders(kids.Names, c.opt.patterns)
	if !exact {
		return inOrder(co, at, cs)
	}
	return cs, nil
}

// A Contender is somebody who holds or waits.
type Contender struct {
	Identifier string // see [WithIdentifier]
	Path       string // of its node
	Token      int64  // it has, or will have, when it holds; see [Held.Token]
	Session    int64  // that its node belongs to; 0 if it is not ephemeral
	Shared     bool   // it is content to hold together with others that are
}

// Contenders lists who holds or leads, and who waits for it, in order, whoever shares a read lock included. Those that go
// away meanwhile are left out. The answer is as old as the server that gives it.
func (c contest) Contenders(ctx context.Context) *future.Future[[]Contender] {
	return future.Async(ctx, c.work, func(co *future.Co) ([]Contender, error) { return c.contenders(co, ctx) }).On(c.user)
}

func (c contest) contenders(co *future.Co, ctx context.Context) ([]Contender, error) {
	queue, err := c.queue(co, &attempt{r: c.recipe, ctx: ctx, view: c.reads()})
	if err != nil {
		return nil, ignoreNoNode(err)
	}
	all, err := c.nodes(co, ctx, each(queue, func(q contender) string { return q.name }))
	var out []Contender
	for i, n := range all {
		if n != nil {
			out = append(out, contenderOf(*n, queue[i].shared))
		}
	}
	return out, err
}

func contenderOf(n zk.Node, shared bool) Contender {
	return Contender{Identifier: string(n.Data), Path: n.Path, Token: n.Czxid, Session: n.EphemeralOwner, Shared: shared}
}

// each maps a list.
func each[T, R any](list []T, fn func(T) R) []R {
	out := make([]R, len(list))
	for i, v := range list {
		out[i] = fn(v)
	}
	return out
}
