package recipes

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A MultiLease is a number of leases, of which a holder has one at a time. It is Kazoo's MultiNonBlockingLease, but a holder
// renews the lease that it has, and does not take a second one: also if it has died while it took one, and is started anew
// with the same identifier. Then whatever is still under way in that name is undone first.
//
// An identifier is of one MultiLease at a time. Two that live at the same time with the same one may get two leases.
//
// Layout: <path>/0, <path>/1 and so on, each a [Lease].
type MultiLease struct {
	*recipe
	slots []*Lease
	last  *future.Future[struct{}] // complete when the newest Acquire has ended
	epoch uint64                   // of the session in which nobody else takes a lease in our name any more
}

// NewMultiLease returns count leases on path. Everything else is as in [NewLease].
func NewMultiLease(cl *zk.Client, path string, count int, duration time.Duration, opts ...Option) *MultiLease {
	all := NewLease(cl, path, duration, opts...)
	m := &MultiLease{recipe: all.recipe}
	for i := range count {
		r := all.beside(path + "/" + strconv.Itoa(i))
		m.slots = append(m.slots, &Lease{r, duration, contest{r, exclusiveKind}})
	}
	return m
}

// Acquire renews the lease that we have, or takes the first that is free. If all are taken it fails with the
// [*TakenError] of the one that ends first. Everything else is as in [Lease.Acquire].
func (m *MultiLease) Acquire(ctx context.Context) *future.Future[Term] {
	return future.Async(ctx, m.work, func(co *future.Co) (Term, error) {
		if len(m.slots) == 0 {
			return Term{}, &zk.OpError{Op: "lease", Path: m.path, Err: fmt.Errorf("%w: no lease at all", zk.ErrBadArguments)}
		}
		before, mine := m.last, future.NewPromise[struct{}](m.work)
		m.last = mine.Future()
		if before != nil { // else this one and that one might each take one
			if _, err := future.Await(co, before); err != nil {
				mine.Follow(before)
				return Term{}, err
			}
		}
		defer mine.Complete(struct{}{}, nil)
		for {
			ours, err := m.ours(co, ctx)
			if err != nil {
				return Term{}, err
			}
			if ours == nil {
				return m.takeFirst(co, ctx)
			}
			term, err := ours.acquire(co, ctx)
			var taken *TakenError
			if !errors.As(err, &taken) || taken.Holder == "" {
				return term, err
			}
			// It has just ended, and somebody was faster: perhaps there is another.
		}
	}).On(m.user)
}

// takeFirst takes the first slot that is free.
func (m *MultiLease) takeFirst(co *future.Co, ctx context.Context) (Term, error) {
	var first error
	for _, slot := range m.slots {
		term, err := slot.acquire(co, ctx)
		if !errors.Is(err, ErrNotAcquired) {
			return term, err
		}
		if first == nil || endsBefore(err, first) {
			first = err
		}
	}
	return Term{}, first
}

// exclude sees to it that nobody who had our name before, and has died, still takes a lease in an earlier session.
//
// A lease is taken in a transaction that checks the node of a lock, which has the holder's name in it, and the lock is
// released behind that. So, as the leader knows it: where there is no such node there is no such transaction on its way; and
// where there is one, the transaction is refused when the node is deleted, or was carried out before, and is seen then.
func (m *MultiLease) exclude(co *future.Co, ctx context.Context) error {
	_, err := future.Await(co, future.All(each(m.slots, func(l *Lease) *future.Future[struct{}] {
		return future.Async(ctx, m.work, func(co *future.Co) (struct{}, error) { return struct{}{}, l.exclude(co, ctx) })
	})...))
	return err
}

// exclude deletes the nodes of those who want to take the lease in our name.
func (l *Lease) exclude(co *future.Co, ctx context.Context) error {
	all, err := l.guard.contenders(co, ctx)
	for _, c := range all {
		if err == nil && c.Identifier == l.opt.identifier {
			err = l.remove(co, ctx, l.cl, c.Path)
		}
	}
	return err
}

// ours returns the slot that we have and that has not ended. It looks behind a sync: a server that lags may not know it.
func (m *MultiLease) ours(co *future.Co, ctx context.Context) (*Lease, error) {
	epoch := m.cl.Session().Epoch
	err := m.persist(co, ctx, func() error {
		_, err := future.Await(co, m.cl.Sync(ctx, m.path))
		return err
	})
	if err == nil && epoch != m.epoch {
		err = m.exclude(co, ctx)
	}
	if err != nil {
		return nil, err
	}
	m.epoch = epoch
	all, err := m.nodes(co, ctx, each(m.slots, func(l *Lease) string { return l.node()[len(m.path)+1:] }))
	for i, n := range all {
		if n == nil {
			continue
		}
		if holder, end, ok := parseLease(n.Data); ok && holder == m.opt.identifier && m.opt.clock().Before(end) {
			return m.slots[i], nil
		}
	}
	return nil, err
}

// endsBefore reports whether the lease of one error is known to end before that of another.
func endsBefore(a, b error) bool {
	var x, y *TakenError
	return errors.As(a, &x) && errors.As(b, &y) && !x.Until.IsZero() && (y.Until.IsZero() || x.Until.Before(y.Until))
}
