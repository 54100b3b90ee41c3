package recipes

import (
	"context"
	"errors"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// patient tries again until there is an answer, or the context ends, or the session.
var patient = zk.RetryPolicy{MaxTries: zk.TryForever, MaxDelay: time.Second}

// once carries out the transaction that fill makes, in the session that view is pinned to, and once however many answers
// are lost. It is marked by a node below <path>-ops meanwhile, see [zk.Txn.Once]. If the error's MaybeApplied is true the
// session, or ctx, has ended too early to tell; with any other error nothing was done.
//
// issued, if not nil, is called whenever the transaction has been given its place among the requests.
func (r *recipe) once(co *future.Co, ctx context.Context, view *zk.Client, fill func(tx *zk.Txn), issued func()) error {
	markers := r.path + "-ops"
	for {
		// Before, not when it turns out to be missing: then nobody could tell any more what became of an earlier try.
		if !r.marked {
			if err := r.ensure(co, ctx, view, markers); err != nil {
				return err
			}
			r.marked = true
		}
		marker := markers + "/" + r.cl.GUID()
		tx := view.WithRetry(patient).Txn()
		tx.Once(marker)
		fill(tx)
		sent := tx.Commit(ctx)
		if issued != nil {
			issued()
		}
		_, err := awaitOwn(co, sent)
		if doubt := err; errors.Is(err, zk.ErrNotReadOnly) && zk.MaybeApplied(err) { // by a try before that: the marker tells
			var st *zk.Stat
			if st, err = r.newest(co, ctx, view, marker); err == nil && st == nil {
				continue
			}
			if err == nil {
				r.unmark(ctx, view, marker)
				return nil
			}
			err = inDoubt(doubt, err)
		}
		var te *zk.TxnError
		unmarked := errors.As(err, &te) && te.Index < 0 && errors.Is(te, zk.ErrNoNode)
		r.marked = r.marked && !unmarked
		if zk.MaybeApplied(err) { // the marker may be there: as long as the session, if we leave it
			r.unmark(ctx, view, marker)
		}
		if !unmarked || zk.MaybeApplied(err) {
			return err
		}
	}
}

// unmark removes a marker in the background.
func (r *recipe) unmark(ctx context.Context, view *zk.Client, marker string) {
	ctx = context.WithoutCancel(ctx)
	future.Async(ctx, r.work, func(co *future.Co) (struct{}, error) {
		return struct{}{}, r.remove(co, ctx, view, marker)
	})
}

// ensure makes a node and its parents. Making them twice does no harm, so MaybeApplied is false of its errors.
func (r *recipe) ensure(co *future.Co, ctx context.Context, view *zk.Client, path string) error {
	_, err := awaitOwn(co, view.WithRetry(patient).EnsurePath(ctx, path))
	var oe *zk.OpError
	if errors.As(err, &oe) {
		err = &zk.OpError{Op: oe.Op, Path: oe.Path, Err: oe.Err}
	}
	return err
}

// inSession has do done in the current session, and again in the next if that one ends before anything was done. It waits
// for a session, and one that may write if that is what do needs.
func (r *recipe) inSession(co *future.Co, ctx context.Context, do func(view *zk.Client) error) error {
	for {
		err := do(r.cl.Pinned(r.cl.Session()))
		if zk.MaybeApplied(err) || !errors.Is(err, zk.ErrSessionExpired) && !errors.Is(err, zk.ErrNotReadOnly) {
			return err
		}
		if err := r.prove(co, ctx); err != nil {
			return err
		}
	}
}
