package recipes

import (
	"context"
	"errors"
	"strings"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
)

// A recipe is what all recipes have.
type recipe struct {
	cl   *zk.Client
	path string
	opt  options

	marked bool // the node <path>-ops is there, for all we know: see once

	work handler.Lane // its bodies run here, and its state belongs to it
	user handler.Lane // what user code links to: however long that takes, the work goes on
}

// newRecipe returns a recipe of some kind, which names its lanes.
func newRecipe(cl *zk.Client, kind, path string, opts []Option) *recipe {
	name := kind + "-" + cl.GUID()[:8]
	return &recipe{
		cl: cl, path: path, opt: gather(opts),
		work: cl.Handler().Lane(name + "/work"),
		user: cl.Handler().Lane(name + "-user/callbacks"),
	}
}

// beside is a recipe that works for r on another path.
func (r *recipe) beside(path string) *recipe {
	other := *r
	other.path, other.marked = path, false
	return &other
}

// prove waits for a session that lives and can be proved to; there is none if the user's view is pinned to one that has
// ended. Requests wait for a connection; and a client that was idle has shown its session for a while to nobody but the
// server it is connected to, which a sync makes good.
func (r *recipe) prove(co *future.Co, ctx context.Context) error {
	_, err := future.Await(co, r.cl.Sync(ctx, "/"))
	switch {
	case errors.Is(err, zk.ErrNotReadOnly):
		writable := future.NewPromise[struct{}](r.work)
		defer r.cl.OnState(func(c zk.StateChange) {
			if c.To != zk.ConnectedReadOnly {
				writable.Complete(struct{}{}, nil)
			}
		})()
		if r.cl.State() != zk.ConnectedReadOnly {
			return nil
		}
		_, err = future.Await(co, writable.Future())
	default:
		err = r.again(co, ctx, r.cl, err)
	}
	return err
}

// reads is a view for reads that go on through lost connections and sessions, for as long as their context.
func (r *recipe) reads() *zk.Client {
	return r.cl.WithRetry(zk.RetryPolicy{MaxTries: zk.TryForever, MaxDelay: patient.MaxDelay, IgnoreExpire: true})
}

// nodes reads nodes below the path, all at once; nil stands for one that is not there.
func (r *recipe) nodes(co *future.Co, ctx context.Context, names []string) ([]*zk.Node, error) {
	view := r.reads()
	results, err := future.Await(co, future.Settle(each(names, func(name string) *future.Future[zk.Node] {
		return view.Get(ctx, r.path+"/"+name)
	})...))
	if err != nil {
		return nil, err
	}
	out := make([]*zk.Node, len(results))
	for i := range results {
		switch err := results[i].Err; {
		case err == nil:
			out[i] = &results[i].Value
		case !errors.Is(err, zk.ErrNoNode):
			return nil, err
		}
	}
	return out, nil
}

// guidLen is how many hexadecimal digits [zk.Client.GUID] has.
const guidLen = 32

// isGUID reports whether a text could be one.
func isGUID(s string) bool { return len(s) == guidLen && strings.Trim(s, "0123456789abcdef") == "" }
