package recipes

import (
	"context"
	"errors"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// An Election has one of its candidates lead, the one who came first, as long as it can.
//
// Layout: that of [Lock]; so a lock and an election on one path exclude each other, and Kazoo's Election takes part. With
// [CuratorNames], that of Curator's LeaderLatch.
//
// A term is a [Held]: it ends when it is released, its node deleted, its session over; and by the clock before another
// candidate can be told that it leads, if clocks run at about the same speed. What happens on SUSPENDED, on LOST, on
// cancelling and when the path is deleted is what happens to a [Lock].
type Election struct{ contest }

// NewElection returns an election on path, which is created when it is needed.
func NewElection(cl *zk.Client, path string, opts ...Option) *Election {
	return &Election{contest{newRecipe(cl, "election", path, opts), electionKind}}
}

// Campaign waits until we lead. When ctx ends first it fails with ctx's error. Errors are those of [Lock.Acquire].
func (e *Election) Campaign(ctx context.Context) *future.Future[*Held] { return e.start(ctx, true) }

// TryCampaign leads if nobody else does, and fails with [ErrNotAcquired] otherwise.
func (e *Election) TryCampaign(ctx context.Context) *future.Future[*Held] {
	return e.start(ctx, false)
}

// Run campaigns, and calls fn on the caller's goroutine when we lead. When fn returns the term is over. fn's ctx ends with
// ctx, and when leadership is lost, which is before another candidate is told that it leads; fn must return soon then.
//
// Run returns fn's error, or why there was no campaign, or [ErrLost] if leadership was lost while fn ran and fn returned
// nil. With [Requeue] it campaigns again after a loss, whatever fn returned, and ends when fn returns by itself or ctx ends.
func (e *Election) Run(ctx context.Context, fn func(ctx context.Context, term *Held) error) error {
	for {
		lost := false
		err := do(ctx, e.Campaign(ctx), func(during context.Context, term *Held) error {
			err := fn(during, term)
			lost = errors.Is(term.Err(), ErrLost)
			return err
		})
		if !lost || !e.opt.requeue || ctx.Err() != nil {
			return err
		}
	}
}

// Leader returns who leads, nil if nobody does. The answer is as old as the server that gives it; after [zk.Client.Sync]
// it is not older than the Sync.
func (e *Election) Leader(ctx context.Context) *future.Future[*Contender] {
	return future.Async(ctx, e.work, func(co *future.Co) (*Contender, error) { return e.leader(co, ctx) }).On(e.user)
}

// leader reads who is first in the queue.
func (e *Election) leader(co *future.Co, ctx context.Context) (*Contender, error) {
	at := &attempt{r: e.recipe, ctx: ctx, view: e.reads()}
	for {
		queue, err := e.queue(co, at)
		if err != nil || len(queue) == 0 {
			return nil, ignoreNoNode(err)
		}
		n, err := future.Await(co, at.view.Get(ctx, e.path+"/"+queue[0].name))
		if errors.Is(err, zk.ErrNoNode) {
			continue // it has just gone
		}
		if err != nil {
			return nil, err
		}
		first := contenderOf(n, false)
		return &first, nil
	}
}
