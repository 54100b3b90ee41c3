package recipes

import (
	"context"
	"errors"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A look is the children of some nodes, read in one round trip.
type look struct {
	names   [][]string                // of the children of each
	changed *future.Promise[struct{}] // when it was asked to watch: something may be different by now
	unwatch []func()
}

// end takes the watches back.
func (l *look) end() {
	if l == nil {
		return
	}
	for _, f := range l.unwatch {
		f()
	}
}

// look reads the children of nodes, and makes those that are missing. With watch, it ends with end.
func (r *recipe) look(co *future.Co, ctx context.Context, view *zk.Client, watch bool, paths ...string) (*look, error) {
	for {
		l := &look{}
		err := l.read(co, ctx, r, view, watch, paths)
		if err == nil {
			return l, nil
		}
		l.end()
		if errors.Is(err, zk.ErrNoNode) {
			for _, path := range paths {
				if err := r.ensure(co, ctx, view, path); err != nil {
					return nil, err
				}
			}
		} else if err = r.again(co, ctx, view, err); err != nil {
			return nil, err
		}
	}
}

func (l *look) read(co *future.Co, ctx context.Context, r *recipe, view *zk.Client, watch bool, paths []string) error {
	if !watch {
		lists, err := future.Await(co, future.All(each(paths, func(path string) *future.Future[zk.ChildList] { return view.Children(ctx, path) })...))
		l.names = each(lists, func(list zk.ChildList) []string { return list.Names })
		return err
	}
	l.changed = future.NewPromise[struct{}](r.work)
	changed := future.Func(func() { l.changed.Complete(struct{}{}, nil) })
	var failed error
	for _, f := range each(paths, func(path string) *future.Future[zk.Watched[zk.ChildList]] { return view.ChildrenAndWatch(ctx, path) }) {
		w, err := awaitWatched(co, f)
		if err != nil {
			failed = err
			continue // the others are to be taken back
		}
		l.names = append(l.names, w.Value.Names)
		l.unwatch = append(l.unwatch, func() { w.Unwatch(context.WithoutCancel(ctx)) })
		w.Changed.Notify(changed)
	}
	return failed
}
