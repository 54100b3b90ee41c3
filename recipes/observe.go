package recipes

import (
	"context"
	"errors"
	"iter"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// Observe yields who leads, and then whoever leads next, nil when nobody does; it takes no part in the election. Who is
// slow misses some, but not the last. The loop ends with ctx, or when the leader cannot be known: the path may not be
// read, or the client is closed. It goes on through lost connections and sessions.
//
//	for leader := range election.Observe(ctx) {
//		if leader != nil {
//			fmt.Println("led by", leader.Identifier)
//		}
//	}
//
// The loop waits where it is called: in a callback that would be for ever, and it ends at once.
func (e *Election) Observe(ctx context.Context) iter.Seq[*Contender] {
	return func(yield func(*Contender) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		leaders := newNews[*Contender](e.user)
		future.Async(ctx, e.work, func(co *future.Co) (struct{}, error) {
			defer leaders.close()
			return struct{}{}, e.follow(co, ctx, leaders)
		})
		for leader := range leaders.all(ctx) {
			if !yield(leader) {
				return
			}
		}
	}
}

// follow publishes every leader.
func (e *Election) follow(co *future.Co, ctx context.Context, leaders *news[*Contender]) error {
	last := &Contender{} // nobody was told of anybody yet
	for {
		leader, err := e.leader(co, ctx)
		if err == nil {
			if (leader == nil) != (last == nil) || leader != nil && leader.Path != last.Path {
				leaders.publish(leader)
				last = leader
			}
			err = e.changed(co, ctx, leader)
		}
		if err = e.again(co, ctx, e.cl, err); err != nil {
			return err
		}
	}
}

// changed returns when leader does not lead any more; if it is nil, when somebody may.
func (e *Election) changed(co *future.Co, ctx context.Context, leader *Contender) error {
	if leader != nil {
		return (&attempt{r: e.recipe, ctx: ctx, view: e.cl}).waitFor(co, leader.Path)
	}
	kids, err := awaitWatched(co, e.cl.ChildrenAndWatch(ctx, e.path))
	if errors.Is(err, zk.ErrNoNode) {
		made, err := awaitWatched(co, e.cl.ExistsAndWatch(ctx, e.path))
		if err != nil {
			return err
		}
		if made.Value != nil {
			made.Unwatch(context.WithoutCancel(ctx))
			return nil
		}
		return awaitChange(co, made)
	}
	if err != nil {
		return err
	}
	if cs, _ := contenders(kids.Value.Names, e.opt.patterns); len(cs) > 0 {
		kids.Unwatch(context.WithoutCancel(ctx))
		return nil
	}
	return awaitChange(co, kids)
}
