package zk

import (
	"context"
	"errors"
	"slices"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// WithRetry returns a view whose operations are tried again when they fail with what may pass, as often
// as p says, and as far as that cannot do any harm:
//
//   - Whatever was not carried out, because it was never sent or because the server was too busy, is sent again.
//   - After a lost connection nobody knows whether an operation was carried out. Reads, Sync, EnsurePath and
//     DeleteAll are sent again.
//   - So is a Set or SetACL with a version. If it is refused then with ErrBadVersion, the node is read: it succeeds if
//     the version is the next one and the data is what was to be set. So two writers must not want to set the same
//     data, as counters do: they need [Txn.Once].
//   - Set and SetACL with [AnyVersion] are sent again with the option [Idempotent] only.
//   - Delete is sent again; ErrNoNode is its success then. If somebody creates the node anew in between, that one may
//     be deleted.
//   - Create is sent again with [Protected] only, a transaction with [Txn.Once] only.
//   - No write is carried from one session into another: it fails with ErrSessionExpired. Reads go on in
//     the next session with IgnoreExpire, if the view is not [Client.Pinned].
//
// When an operation is given up its error has a [*RetryError] in it. [MaybeApplied] speaks of all tries.
//
// What is sent for the first time is in order, as with any client; what is sent again is not: of two Sets that were
// called one behind the other the first may be carried out last. A bad policy makes every operation of the view fail
// with ErrBadArguments.
//
// Watches, once they are registered, and [Client.Hold] need no retries.
func (c *Client) WithRetry(p RetryPolicy) *Client {
	v := c.view()
	full, err := p.filled()
	if err != nil && v.bad == nil {
		v.bad = err
	}
	v.retry = &full
	return v
}

// A WriteOption is an option of Set and SetACL: [Idempotent].
type WriteOption interface{ idempotent() bool }

type idempotent struct{}

func (idempotent) idempotent() bool { return true }

// Idempotent says that it does no harm to carry a Set or SetACL out twice, also when others have written in between,
// whose change is lost then. It lets a view that retries ([Client.WithRetry]) send one with [AnyVersion] again when
// nobody knows what became of it. Elsewhere it means nothing.
func Idempotent() WriteOption { return idempotent{} }

func isIdempotent(opts []WriteOption) bool {
	return slices.ContainsFunc(opts, func(o WriteOption) bool { return o != nil && o.idempotent() })
}

// plain returns a view that tries everything once.
func (c *Client) plain() *Client { return c.repeating(nil) }

// repeating returns a view like c that retries as p says; nil: never.
func (c *Client) repeating(p *RetryPolicy) *Client {
	v := *c
	v.retry = p
	return &v
}

// A repeated is one operation of a view that retries.
type repeated[T any] struct {
	c    *Client // the view
	ctx  context.Context
	op   wire.Op
	path string
	// try sends it once.
	try func(v *Client) *future.Future[T]
	// again: it may be sent again though nobody knows what became of it.
	again bool
	// proof is asked what the refusal of a try tells of the earlier ones, which are in doubt. nil: nothing.
	proof func(co *future.Co, v *Client, refusal error) proven[T]

	doubt bool // an earlier try may have been carried out
}

// proven is what is known when a try was refused that came behind one in doubt.
type proven[T any] struct {
	v    T
	done bool  // the earlier one was carried out, with v as its result
	not  bool  // it was not
	err  error // instead of the refusal
}

// start makes the first try at once.
func (r *repeated[T]) start() *future.Future[T] {
	t := r.tries()
	f := future.Recover(r.try(r.c.plain()), func(err error) *future.Future[T] {
		if !r.may(err) {
			return future.Failed[T](err)
		}
		return detached(r.ctx, r.c, func(co *future.Co) (T, error) { return r.goOn(co, t, err) })
	})
	r.c.bodies.add(f)
	return f
}

func (r *repeated[T]) tries() tries {
	if r.c.retry == nil {
		return tries{}
	}
	return r.c.newTries(r.ctx, r.c.retry)
}

// may reports whether there may be another try after one that has failed with err.
func (r *repeated[T]) may(err error) bool {
	switch {
	case r.c.retry == nil, !r.c.retry.passing(err):
		return false
	case errors.Is(err, ErrSessionExpired): // but not only: see RetryError
		return !changes(r.op) && r.c.epoch == 0
	}
	return r.again || !MaybeApplied(err)
}

// goOn is what comes behind a first try that has failed with err.
func (r *repeated[T]) goOn(co *future.Co, t tries, err error) (v T, _ error) {
	view := r.c.plain()
	for {
		r.doubt = r.doubt || changes(r.op) && inDoubt(err)
		if !r.may(err) {
			break
		}
		if changes(r.op) || !r.c.retry.IgnoreExpire {
			view = view.sameSession(err)
		}
		if err = t.pause(co, bare(err)); err != nil {
			break
		}
		if v, err = future.Await(co, r.try(view)); err == nil {
			return v, nil
		}
		if r.doubt && r.proof != nil {
			known := r.proof(co, view.repeating(r.c.retry), err)
			if known.done {
				return known.v, nil
			}
			r.doubt = !known.not
			if known.err != nil {
				err = known.err
				break
			}
		}
	}
	var zero T
	return zero, &OpError{Op: opName(r.op), Path: r.path, Err: bare(err), maybe: r.doubt}
}

// bare is what an operation failed with, without the operation.
func bare(err error) error {
	if oe, ok := err.(*OpError); ok {
		return oe.Err
	}
	return err
}

// A keeper is a kind that refers to what the caller may change once the call has returned.
type keeper[K any] interface{ keep() K }

// A repeater is a kind of write that may be sent again though nobody knows what became of it.
type repeater[T any] interface {
	repeatable() bool
	prove(co *future.Co, ctx context.Context, v *Client, path string, refusal error) proven[T]
}

// resubmit is submit for a view that retries.
func resubmit[T any, K kind[T]](ctx context.Context, c *Client, code wire.Op, path string, k K) *future.Future[T] {
	mustContext(ctx)
	if kk, ok := any(k).(keeper[K]); ok {
		k = kk.keep()
	}
	r := &repeated[T]{c: c, ctx: ctx, op: code, path: path, again: !changes(code)}
	r.try = func(v *Client) *future.Future[T] { return prepare[T](ctx, v, code, path, k).send() }
	if rr, ok := any(k).(repeater[T]); ok && rr.repeatable() {
		r.again = true
		r.proof = func(co *future.Co, v *Client, refusal error) proven[T] { return rr.prove(co, ctx, v, path, refusal) }
	}
	return r.start()
}

// persist runs the steps of an operation that may be begun anew at any time, each time on a view that
// tries once, for as long as the policy of the view c says.
func persist[T any](co *future.Co, ctx context.Context, c *Client, steps func(v *Client) (T, error)) (T, error) {
	if c.retry == nil {
		return steps(c)
	}
	t := c.newTries(ctx, c.retry)
	view, doubt := c.plain(), false
	for {
		v, err := steps(view)
		if err == nil {
			return v, nil
		}
		var oe *OpError
		if !errors.As(err, &oe) { // the handler has stopped
			return v, err
		}
		doubt = doubt || oe.maybe
		again := c.retry.passing(err) && !errors.Is(err, ErrSessionExpired)
		if again {
			view = view.sameSession(err)
			err = t.pause(co, oe.Err)
			again = err == nil
		}
		if !again {
			return v, &OpError{Op: oe.Op, Path: oe.Path, Err: bare(err), maybe: doubt, epoch: oe.epoch}
		}
	}
}
