package recipes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// again decides about a request of view that has failed with err. It returns nil, at once or after a while, if the request
// may be sent again, and else why not. Of a view that is pinned to a session that is in that session or not at all.
//
//	connection lost, throttled       at once: requests wait for a connection by themselves
//	too many requests in the client  after a moment
//	a server without a quorum        when there is one that has it
//	session expired                  at once, in the next one, unless the view is pinned to it
func (r *recipe) again(co *future.Co, ctx context.Context, view *zk.Client, err error) error {
	switch {
	case err == nil:
		return nil
	case retriable(err), view.PinnedTo() == 0 && errors.Is(err, zk.ErrSessionExpired):
		return nil
	case errors.Is(err, zk.ErrOverloaded):
		return r.pause(co)
	case errors.Is(err, zk.ErrNotReadOnly):
		return r.prove(co, ctx)
	}
	return err
}

// retriable reports whether a read may be tried again in the same session.
func retriable(err error) bool {
	return errors.Is(err, zk.ErrConnectionLoss) || errors.Is(err, zk.ErrThrottled)
}

// inDoubt is err, but says, too, that an earlier try may have been carried out, if doubt is the error of one.
func inDoubt(doubt, err error) error {
	if err != nil && doubt != nil && !zk.MaybeApplied(err) {
		return fmt.Errorf("%w: %w", doubt, err)
	}
	return err
}

// breath is how long a client is left alone that has too many requests on their way.
const breath = 100 * time.Millisecond

// pause waits for a moment.
func (r *recipe) pause(co *future.Co) error {
	over := future.NewPromise[struct{}](r.work)
	timer := r.work.AfterFunc(breath, future.Func(func() { over.Complete(struct{}{}, nil) }))
	defer timer.Stop()
	_, err := future.Await(co, over.Future())
	return err
}

// remove deletes a node with an unguessable name, as long as the session of view, if it is pinned to one, lives. One that is
// not there is removed.
func (r *recipe) remove(co *future.Co, ctx context.Context, view *zk.Client, path string) error {
	for {
		_, err := future.Await(co, view.Delete(ctx, path, zk.AnyVersion))
		if err == nil || errors.Is(err, zk.ErrNoNode) {
			return nil
		}
		if err = r.again(co, ctx, view, err); err != nil {
			return err
		}
	}
}

// removeOurs is remove of a node that others may make under the same name when ours has gone: it is told by its zxid. sent
// is its first deletion. When the answer was lost the node is looked at before it is deleted again.
func (r *recipe) removeOurs(co *future.Co, ctx context.Context, view *zk.Client, path string, czxid int64, sent *future.Future[struct{}]) error {
	doubt := false
	for {
		_, err := future.Await(co, sent)
		if err == nil || errors.Is(err, zk.ErrNoNode) {
			return nil
		}
		doubt = doubt || zk.MaybeApplied(err)
		if err = r.again(co, ctx, view, err); err != nil {
			return err
		}
		if doubt {
			there, err := r.isThere(co, ctx, view, path, czxid)
			if err != nil || !there {
				return err
			}
		}
		sent = view.Delete(ctx, path, zk.AnyVersion)
	}
}

// isThere reports whether a node is still the one that was created at czxid, behind whatever the session has sent before.
func (r *recipe) isThere(co *future.Co, ctx context.Context, view *zk.Client, path string, czxid int64) (bool, error) {
	st, err := r.newest(co, ctx, view, path)
	return st != nil && st.Czxid == czxid, err
}

// newest is the Stat of a node behind whatever the session has sent before; nil if it is not there.
func (r *recipe) newest(co *future.Co, ctx context.Context, view *zk.Client, path string) (*zk.Stat, error) {
	for {
		synced := view.Sync(ctx, path) // the same connection carries both, or the other fails as well
		st, err := future.Await(co, view.Exists(ctx, path))
		if err == nil {
			_, err = future.Await(co, synced)
		}
		if err == nil {
			return st, nil
		}
		if err = r.again(co, ctx, view, err); err != nil {
			return nil, err
		}
	}
}
