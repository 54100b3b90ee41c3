package zktest_test

import (
	"context"
	"slices"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A watching is a watch that was asked for, and what was seen then.
type watching struct {
	path     string
	children bool
	seen     *zk.Stat // nil: no node
	epoch    uint64   // of the session that it is of, or of a later one
	changed  *future.Future[zk.Event]
}

func (u *user) watch(path string, children bool, seen *zk.Stat, changed *future.Future[zk.Event]) {
	u.watches = append(u.watches, &watching{path: path, children: children, seen: seen, epoch: u.cl.Session().Epoch, changed: changed})
}

// checkWatches looks at every watch that has ended, or should have.
func (u *user) checkWatches() {
	now := u.cl.Session()
	waiting := u.watches
	u.watches = nil
	for _, w := range waiting {
		ev, err, ended := w.changed.Poll()
		switch {
		case ended && err == nil:
			u.told(w, ev)
		case !ended && now.ID != 0 && w.epoch < now.Epoch:
			u.s.Errorf("%s: a watch of %s has not ended with its session", u.name(), w.path)
		case !ended:
			u.watches = append(u.watches, w)
		}
	}
}

// told checks an event: that it is one that the watch may have, and that there was something to be told.
func (u *user) told(w *watching, ev zk.Event) {
	may := []zk.EventType{zk.NodeDataChanged, zk.NodeDeleted}
	switch {
	case w.children:
		may[0] = zk.NodeChildrenChanged
	case w.seen == nil:
		may = []zk.EventType{zk.NodeCreated}
	}
	if ev.Path != w.path || !slices.Contains(may, ev.Type) {
		u.s.Errorf("%s: a watch of %s is told of %v of %s", u.name(), w.path, ev.Type, ev.Path)
	}
	if w.seen == nil {
		return
	}
	synced := u.view.Sync(u.p.Context(), "/") // another server need not know it yet
	st, err := u.stat(u.p.Context(), w)
	if err != nil || st == nil || synced.WaitErr() != nil {
		return
	}
	before, after := w.seen.Mzxid, st.Mzxid
	switch {
	case w.children:
		before, after = w.seen.Pzxid, st.Pzxid
	case ev.Type == zk.NodeDeleted:
		before, after = w.seen.Czxid, st.Czxid
	}
	if after <= before {
		u.s.Errorf("%s: %v of %s was told, but nothing has changed since %#x", u.name(), ev.Type, w.path, before)
	}
}

func (u *user) stat(ctx context.Context, w *watching) (*zk.Stat, error) {
	if !w.children {
		return u.c.Exists(ctx, w.path).Wait()
	}
	list, err := u.c.Children(ctx, w.path).Wait()
	return &list.Stat, err
}
