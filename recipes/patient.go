package recipes

import (
	"context"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A PatientChildrenWatch waits until the children of a node have not changed for a while: until everybody is there, say,
// after a restart of all.
type PatientChildrenWatch struct {
	*recipe
	boundary time.Duration
}

// NewPatientChildrenWatch waits until the children of path have not changed for the duration of boundary.
func NewPatientChildrenWatch(cl *zk.Client, path string, boundary time.Duration, opts ...Option) *PatientChildrenWatch {
	return &PatientChildrenWatch{newRecipe(cl, "patient-watch", path, opts), boundary}
}

// Start returns the children when they have settled, and a watch for their next change, which ctx does not govern. A lost
// connection is no change; what has changed meanwhile is. It may be started any number of times.
//
// Errors: those of [zk.Client.ChildrenAndWatch], ErrNoNode among them. ErrSessionExpired only ends the watch, not Start.
func (p *PatientChildrenWatch) Start(ctx context.Context) *future.Future[zk.Watched[zk.ChildList]] {
	return future.Async(ctx, p.work, func(co *future.Co) (zk.Watched[zk.ChildList], error) { return p.settle(co, ctx) }).On(p.user)
}

func (p *PatientChildrenWatch) settle(co *future.Co, ctx context.Context) (zk.Watched[zk.ChildList], error) {
	for {
		w, err := awaitWatched(co, p.cl.ChildrenAndWatch(ctx, p.path))
		if err != nil {
			if err = p.again(co, ctx, p.cl, err); err != nil {
				return w, err
			}
			continue
		}
		settled, err := p.quiet(co, w.Changed)
		if err != nil {
			w.Unwatch(context.WithoutCancel(ctx))
			return zk.Watched[zk.ChildList]{}, err
		}
		if settled {
			return w, nil
		}
	}
}

// quiet reports whether changed stays pending for the time of the boundary.
func (p *PatientChildrenWatch) quiet(co *future.Co, changed *future.Future[zk.Event]) (bool, error) {
	first := future.NewPromise[bool](p.work)
	timer := p.work.AfterFunc(p.boundary, future.Func(func() { first.Complete(true, nil) }))
	defer timer.Stop()
	link := changed.OnComplete(func(zk.Event, error) { first.Complete(false, nil) })
	defer link.Unlink()
	return future.Await(co, first.Future())
}
