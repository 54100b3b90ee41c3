package zk

import (
	"container/list"
	"context"
	"sync"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// Chroot returns a view in which all paths are below path. Paths in results, events and errors are
// the view's. The node need not exist: an EnsurePath of "/" in the view creates it. An invalid path
// makes every operation of the view fail with ErrBadArguments.
func (c *Client) Chroot(path string) *Client {
	v := c.view()
	if err := wire.ValidatePath(path, false); err != nil {
		v.bad = err
	} else if path != "/" {
		v.chroot = wire.Chroot(c.chroot.Join(path, false))
	}
	return v
}

// Pinned returns a view whose operations are carried out in session s or fail with ErrSessionExpired,
// MaybeApplied false: never in a later session that has come about in the meantime. s comes from
// [Client.Session] or a [StateChange] of this client. Of a view that is pinned already, only the same session makes
// sense: pinned to two, a view can do nothing at all.
func (c *Client) Pinned(s Session) *Client {
	v := c.view()
	v.epoch = c.epochOf(s)
	return v
}

// PinnedTo returns the Epoch of the session that the view is [Client.Pinned] to; 0 if it goes on from one session to the
// next. When that session has ended, nothing that is done with the view can succeed any more.
func (c *Client) PinnedTo() uint64 { return c.epoch }

// epochOf returns the epoch of a session of this client, and one that never is of any other, or of one that the view is
// not pinned to.
func (c *Client) epochOf(s Session) uint64 {
	now := c.Session()
	switch {
	case s.Epoch == 0, s.Epoch == now.Epoch && now.ID != 0 && s.ID != now.ID, c.epoch != 0 && c.epoch != s.Epoch:
		return ^uint64(0)
	}
	return s.Epoch
}

func (c *Client) view() *Client {
	v := *c
	v.own = &watches{}
	return &v
}

// path validates a path and puts it under the view's chroot.
func (c *Client) path(path string) (string, error) { return c.full(path, false) }

// full is path for what may be the prefix of a sequential node.
func (c *Client) full(path string, sequential bool) (string, error) {
	if err := c.valid(path, sequential); err != nil {
		return "", err
	}
	return c.chroot.Join(path, sequential), nil
}

// valid validates a path.
func (c *Client) valid(path string, sequential bool) error {
	if c.bad != nil {
		return c.bad
	}
	return wire.ValidatePath(path, sequential)
}

// watches are the watches that were asked for through one view and have not ended.
type watches struct {
	mu    sync.Mutex // guards what follows, and place of everything in it
	round uint64     // counts the view's closings: what was asked for before ends with them
	list  list.List  // of ender, oldest first
}

// An ender is a watch or a subscription.
type ender interface {
	home() *owned
	end(ctx context.Context, cause error) *future.Future[struct{}]
}

// owned is an ender's place in the list of its view.
type owned struct {
	round uint64        // of the view, when it was asked for
	place *list.Element // nil: it is not there
}

func (o *owned) home() *owned { return o }

// now returns the round. A client that is not a view, with nil, keeps no list.
func (ws *watches) now() uint64 {
	if ws == nil {
		return 0
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.round
}

// add notes what was asked for. It returns false if the view was closed since that was asked for.
func (ws *watches) add(what ender) bool {
	if ws == nil {
		return true
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	o := what.home()
	if o.round != ws.round {
		return false
	}
	o.place = ws.list.PushBack(what)
	return true
}

func (ws *watches) remove(what ender) {
	if ws == nil {
		return
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if o := what.home(); o.place != nil {
		ws.list.Remove(o.place)
		o.place = nil
	}
}

// take removes and returns all, and begins a new round.
func (ws *watches) take() (all []ender) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for e := ws.list.Front(); e != nil; e = e.Next() {
		what := e.Value.(ender)
		what.home().place = nil
		all = append(all, what)
	}
	ws.list.Init()
	ws.round++
	return all
}

// closeView ends the watches of a view, and nothing else.
func (c *Client) closeView(ctx context.Context) *future.Future[struct{}] {
	var removals []future.Outcome
	for _, w := range c.own.take() {
		removals = append(removals, w.end(ctx, ErrClosed))
	}
	return future.Join(removals...).On(c.sessionLane)
}
