package recipes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A Lease is a right for a time: who has it keeps it until it ends, alive or not, and nobody can take it away; there is no
// release. It is for work that is to be done once in a while by somebody. It is Kazoo's NonBlockingLease.
//
// Layout: <path>/lease_holder, persistent, JSON with "version" 1, the "holder" and the "end" in UTC, to the second; a
// [Lock] on the path itself while the lease changes hands. Go and Python clients may share a path.
//
// It believes the clocks of all who take part: one whose clock is ahead takes a lease before it has ended. Sessions do not
// matter once it is obtained. Cancelled: nothing is left behind, but the lease may have been obtained. Left behind: the path
// and the last lease.
type Lease struct {
	*recipe
	duration time.Duration
	guard    contest
}

// NewLease returns a lease on path for so long, to whole seconds: at least one. Who holds it is told by [WithIdentifier],
// which must be different for all that are to exclude each other; the default is different for every Lease that is made.
// [WithClock] replaces the clock.
func NewLease(cl *zk.Client, path string, duration time.Duration, opts ...Option) *Lease {
	r := newRecipe(cl, "lease", path, opts)
	r.opt.notEphemeral = false // the lock is for a moment
	if r.opt.identifier == "" {
		r.opt.identifier = cl.GUID()
	}
	if r.opt.clock == nil {
		r.opt.clock = cl.Handler().Wall
	}
	return &Lease{r, duration, contest{r, exclusiveKind}}
}

// A Term is a lease that was obtained.
type Term struct {
	Path  string    // of the node that says so
	Until time.Time // by the lease's clock
}

// TakenError is why a lease was not obtained. It is an [ErrNotAcquired].
type TakenError struct {
	Path   string
	Holder string    // empty if it changes hands just now, or is not known
	Until  time.Time // zero if it is not known
}

func (e *TakenError) Error() string {
	if e.Until.IsZero() {
		return fmt.Sprintf("recipes: lease %s: changes hands, or is in a form that is not known", e.Path)
	}
	return fmt.Sprintf("recipes: lease %s: %s has it until %s", e.Path, e.Holder, e.Until.Format(time.RFC3339))
}

// Is makes errors.Is find ErrNotAcquired.
func (e *TakenError) Is(target error) bool { return target == ErrNotAcquired }

// Acquire takes the lease, or renews it if it is ours, from now on. It does not wait for others: if somebody else has it, or
// is just taking it, it fails with a [*TakenError].
//
// Other errors: ErrBadArguments for a duration below a second or an invalid path, ErrNoAuth, ErrClosed, ctx's error.
func (l *Lease) Acquire(ctx context.Context) *future.Future[Term] {
	return future.Async(ctx, l.work, func(co *future.Co) (Term, error) { return l.acquire(co, ctx) }).On(l.user)
}

func (l *Lease) acquire(co *future.Co, ctx context.Context) (Term, error) {
	if l.duration < time.Second {
		return Term{}, &zk.OpError{Op: "lease", Path: l.path, Err: fmt.Errorf("%w: a lease of %v: must be a second at least", zk.ErrBadArguments, l.duration)}
	}
	for {
		if _, err := l.look(co, ctx); err != nil { // for most, the lease is somebody else's
			return Term{}, err
		}
		lock, err := l.guard.acquire(co, ctx, false)
		if errors.Is(err, ErrNotAcquired) {
			return Term{}, &TakenError{Path: l.path}
		}
		if err != nil {
			return Term{}, err
		}
		term, err := l.take(co, ctx, lock)
		lock.Release(context.WithoutCancel(ctx))
		if !errors.Is(err, errGone) && !errors.Is(err, zk.ErrSessionExpired) {
			return term, err
		}
	}
}

// A leaseRecord is what the node says.
type leaseRecord struct {
	Version int    `json:"version"`
	Holder  string `json:"holder"`
	End     string `json:"end"`
}

const (
	leaseVersion = 1
	leaseTime    = "2006-01-02T15:04:05"
)

func (l *Lease) node() string { return l.path + "/lease_holder" }

// parseLease reads what a node says; ok is false if it is in a form that is not known.
func parseLease(data []byte) (holder string, end time.Time, ok bool) {
	var rec leaseRecord
	if json.Unmarshal(data, &rec) != nil || rec.Version != leaseVersion {
		return "", end, false
	}
	end, err := time.ParseInLocation(leaseTime, rec.End, time.UTC)
	return rec.Holder, end, err == nil
}

// look reads the node, and fails if the lease is somebody else's. There may be no node: its version is then -1.
func (l *Lease) look(co *future.Co, ctx context.Context) (version int32, err error) {
	n, err := future.Await(co, l.reads().Get(ctx, l.node()))
	if errors.Is(err, zk.ErrNoNode) {
		return -1, nil
	}
	if err != nil {
		return 0, err
	}
	holder, end, ok := parseLease(n.Data)
	switch {
	case !ok:
		return 0, &TakenError{Path: l.path}
	case holder != l.opt.identifier && l.opt.clock().Before(end):
		return 0, &TakenError{Path: l.path, Holder: holder, Until: end}
	}
	return n.Version, nil
}

// take writes the node under the lock, in the lock's session. A try whose answer was lost is seen by the next: the lease is
// ours then, and is renewed.
func (l *Lease) take(co *future.Co, ctx context.Context, lock *Held) (Term, error) {
	for {
		version, err := l.look(co, ctx)
		if err != nil {
			return Term{}, err
		}
		end := l.opt.clock().UTC().Add(l.duration).Truncate(time.Second)
		text, err := json.Marshal(leaseRecord{leaseVersion, l.opt.identifier, end.Format(leaseTime)})
		if err != nil {
			return Term{}, err
		}
		tx := lock.Txn()
		if version < 0 {
			tx.Create(l.node(), text)
		} else {
			tx.Set(l.node(), text, version)
		}
		_, err = future.Await(co, tx.Commit(ctx))
		switch {
		case err == nil:
			return Term{Path: l.node(), Until: end}, nil
		case errors.Is(err, zk.ErrNoNode): // the lock's, or the lease was deleted
			return Term{}, errGone
		case errors.Is(err, zk.ErrBadVersion), errors.Is(err, zk.ErrNodeExists):
			continue
		}
		if err = l.again(co, ctx, lock.view, err); err != nil {
			return Term{}, err
		}
	}
}
