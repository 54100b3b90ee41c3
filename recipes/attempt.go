package recipes

import (
	"context"
	"errors"
	"strings"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

type statFuture = future.Future[*zk.Stat]

// errGone: somebody has deleted the attempt's node.
var errGone = errors.New("recipes: the attempt's node was deleted")

// gone is errGone for a path that was deleted, and with it our node.
func gone(err error) error {
	if errors.Is(err, zk.ErrNoNode) {
		return errGone
	}
	return err
}

// An attempt is one node that stands for its owner, from before its creation until it is held or gone.
//
//	begin ──▶ node is being made ──▶ waits for its turn ──newHeld──▶ Held
//	              └──────────abandon────────┘──▶ the node is removed in the background
type attempt struct {
	r    *recipe
	ctx  context.Context // bounds the waiting
	view *zk.Client      // pinned to the session that the node is to belong to; else see [NotEphemeral]
	hold *zk.Hold        // of that session; nil if the node is to outlive it

	made *future.Future[zk.Created]           // set by whoever has the node made; not bounded by ctx
	as   string                               // path of the node but for its number
	own  *future.Future[zk.Watched[*zk.Stat]] // a look at the node that leaves a watch; nil until it is made

	undone *future.Future[struct{}] // when abandoned: see there
}

// begin starts an attempt in the current session, waiting for one if there is none.
func (r *recipe) begin(co *future.Co, ctx context.Context) (*attempt, error) {
	if r.opt.notEphemeral {
		return &attempt{r: r, ctx: ctx, view: r.cl}, nil
	}
	for {
		s := r.cl.Session()
		hold, err := r.cl.Hold(s)
		if err == nil {
			return &attempt{r: r, ctx: ctx, view: r.cl.Pinned(s), hold: hold}, nil
		}
		if !errors.Is(err, zk.ErrSessionExpired) {
			return nil, err
		}
		if err := r.prove(co, ctx); err != nil {
			return nil, err
		}
	}
}

// insist repeats one attempt after another until one succeeds or fails for good: not because its session or its node is
// gone, for there are others.
func (r *recipe) insist(co *future.Co, ctx context.Context, try func(at *attempt) (*Held, error)) (*Held, error) {
	for {
		if err := ctx.Err(); err != nil { // else a node would be made, only to be removed when nobody waits for that any more
			return nil, err
		}
		at, err := r.begin(co, ctx)
		if err != nil {
			return nil, err
		}
		held, err := try(at)
		if err == nil {
			return held, nil
		}
		undone := at.abandon()
		if errors.Is(err, ErrNotAcquired) {
			_, _ = future.Await(co, undone) // else the next who tries, we ourselves perhaps, would find us before them
		}
		switch {
		case errors.Is(err, errGone), at.hold != nil && errors.Is(err, zk.ErrSessionExpired): // begin looks for another
		default:
			if err = r.again(co, ctx, at.view, err); err != nil {
				return nil, err
			}
		}
	}
}

// create has the node made. It is not bounded by ctx: when that ends the outcome must still be known, to be undone.
func (at *attempt) create(prefix string) {
	at.as = prefix
	mode := zk.Sequential
	if at.hold != nil {
		mode |= zk.Ephemeral
	}
	at.made = at.view.Create(context.WithoutCancel(at.ctx), prefix, []byte(at.r.opt.identifier), mode, zk.ProtectedName(), zk.MakeParents())
}

// watchOwn looks at the node that was made. The answer is awaited by the Held, or undone by abandon.
func (at *attempt) watchOwn(made zk.Created) {
	at.own = at.view.ExistsAndWatch(context.WithoutCancel(at.ctx), made.Path)
}

// waitFor waits until a node is gone. It reads the node: of one that may not be read, newer servers do
// not even tell that it is deleted, so that must be an error here.
func (at *attempt) waitFor(co *future.Co, path string) error {
	for {
		w, err := awaitWatched(co, at.view.GetAndWatch(at.ctx, path))
		if errors.Is(err, zk.ErrNoNode) {
			return nil
		}
		if err != nil {
			return err
		}
		ev, err := future.Await(co, w.Changed)
		if err != nil {
			w.Unwatch(context.WithoutCancel(at.ctx))
			return err
		}
		if ev.Type == zk.NodeDeleted {
			return nil
		}
	}
}

// abandon removes what the attempt has made or is still going to make, in the background. The future completes when that
// is done or need not be done any more.
func (at *attempt) abandon() *future.Future[struct{}] {
	ctx := context.WithoutCancel(at.ctx)
	at.undone = future.Async(ctx, at.r.work, func(co *future.Co) (struct{}, error) {
		if at.hold != nil {
			defer at.hold.Release()
		}
		if at.made == nil {
			return struct{}{}, nil
		}
		made, err := future.Await(co, at.made)
		switch {
		case at.hold == nil && zk.MaybeApplied(err): // it would outlive the session, which hides what became of it
			return struct{}{}, at.sweep(co, ctx)
		case err != nil:
			return struct{}{}, err
		}
		if at.own != nil {
			if w, err := future.Await(co, at.own); err == nil {
				w.Unwatch(ctx)
			}
		}
		return struct{}{}, at.r.removeOurs(co, ctx, at.view, made.Path, made.Czxid, at.view.Delete(ctx, made.Path, zk.AnyVersion))
	})
	return at.undone
}

// sweep removes the node by the start of its name, which is unguessable.
func (at *attempt) sweep(co *future.Co, ctx context.Context) error {
	parent := at.r.path
	for {
		synced := at.view.Sync(ctx, parent) // the same connection carries both, or the listing fails as well
		kids, err := future.Await(co, at.view.Children(ctx, parent))
		if err == nil {
			_, err = future.Await(co, synced)
		}
		for _, name := range kids.Names {
			if path := parent + "/" + name; err == nil && strings.HasPrefix(path, at.as) {
				err = at.r.remove(co, ctx, at.view, path)
			}
		}
		if err == nil || errors.Is(err, zk.ErrNoNode) {
			return nil
		}
		if err = at.r.again(co, ctx, at.view, err); err != nil {
			return err
		}
	}
}
