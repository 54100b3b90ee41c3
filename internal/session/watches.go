package session

import (
	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// A WatchKind is one of the server's tables of one-shot watches.
type WatchKind uint8

const (
	WatchData  WatchKind = iota // by getData, or exists of a node that is there
	WatchExist                  // by exists of a node that is not there
	WatchChild                  // by getChildren
	watchKinds
)

// WatcherType is what the server calls the table.
func (k WatchKind) WatcherType() wire.WatcherType {
	if k == WatchChild {
		return wire.WatcherChildren
	}
	return wire.WatcherData
}

// A WatchCall is told, exactly once, that a registered watch has ended. Like [Call.Complete] it must
// not block or run user code.
type WatchCall interface {
	Fire(b *future.Batch, ev Event, err error)
}

// A Watch is a one-shot watch. Its maker fills in the exported fields. Of two on the same path and
// table the server knows one; both fire.
type Watch struct {
	Path string
	Kind WatchKind // of an exists request, WatchData: the answer decides
	Call WatchCall

	prev, next   *Watch // in the ring of all, oldest first; next is nil while not registered
	older, newer *Watch // on the same path and table
}

// A registry holds the watches that the server is believed to have, or will be told of again.
type registry struct {
	all    Watch // root of the ring of all watches
	byPath [watchKinds]map[string]peers
	n      int
	coming map[tablePath]arrivals // what requests that were not answered yet may register
}

// A tablePath is a path in one of the two tables that a server has: one for data and exist, one for children.
type tablePath struct {
	path  string
	child bool
}

type arrivals struct {
	n    int
	owed bool // what the server has there is to be removed if nobody needs it after these
}

// peers are the watches on one path in one table.
type peers struct{ oldest, newest *Watch }

func (g *registry) init() {
	g.all.prev, g.all.next = &g.all, &g.all
	for k := range g.byPath {
		g.byPath[k] = map[string]peers{}
	}
	g.n = 0
	if g.coming == nil {
		g.coming = map[tablePath]arrivals{}
	}
}

// expect says that a request for a watch is on its way.
func (g *registry) expect(path string, kind WatchKind) {
	t := tablePath{path, kind == WatchChild}
	a := g.coming[t]
	a.n++
	g.coming[t] = a
}

// arrived says that it is not any more, and reports whether it was the last and the watch is to be removed.
func (g *registry) arrived(path string, kind WatchKind) bool {
	t := tablePath{path, kind == WatchChild}
	a := g.coming[t]
	if a.n--; a.n > 0 {
		g.coming[t] = a
		return false
	}
	delete(g.coming, t)
	return a.owed
}

// owe reports whether a watch can not be removed now, but when what is on its way has arrived.
func (g *registry) owe(path string, kind WatchKind) bool {
	t := tablePath{path, kind == WatchChild}
	a, ok := g.coming[t]
	if ok {
		a.owed = true
		g.coming[t] = a
	}
	return ok
}

// add registers w.
func (g *registry) add(w *Watch) {
	w.prev, w.next = g.all.prev, &g.all
	g.all.prev.next, g.all.prev = w, w
	g.n++
	m := g.byPath[w.Kind]
	p := m[w.Path]
	if p.oldest == nil {
		m[w.Path] = peers{w, w}
		return
	}
	w.older, p.newest.newer = p.newest, w
	m[w.Path] = peers{p.oldest, w}
}

// remove forgets w. It reports whether w was registered, and whether it was the last on its path and table.
func (g *registry) remove(w *Watch) (was, last bool) {
	if w.next == nil {
		return false, false
	}
	m := g.byPath[w.Kind]
	p := m[w.Path]
	if w.older != nil {
		w.older.newer = w.newer
	} else {
		p.oldest = w.newer
	}
	if w.newer != nil {
		w.newer.older = w.older
	} else {
		p.newest = w.older
	}
	if last = p.oldest == nil; last {
		delete(m, w.Path)
	} else {
		m[w.Path] = p
	}
	g.forget(w)
	return true, last
}

// forget takes w out of the ring.
func (g *registry) forget(w *Watch) {
	w.prev.next, w.next.prev = w.next, w.prev
	w.prev, w.next, w.older, w.newer = nil, nil, nil, nil
	g.n--
}

// taken reports whether somebody watches path in the server's table for kind.
func (g *registry) taken(path string, kind WatchKind) bool {
	if kind == WatchChild {
		return g.byPath[WatchChild][path].oldest != nil
	}
	return g.byPath[WatchData][path].oldest != nil || g.byPath[WatchExist][path].oldest != nil
}

// take removes and returns the watches that an event consumes, by table, oldest first.
func (g *registry) take(t wire.EventType, path string) (out []*Watch) {
	switch t {
	case wire.EventNodeCreated, wire.EventNodeDataChanged:
		out = g.grab(out, WatchData, path)
		out = g.grab(out, WatchExist, path)
	case wire.EventNodeDeleted:
		out = g.grab(out, WatchData, path)
		out = g.grab(out, WatchExist, path)
		out = g.grab(out, WatchChild, path)
	case wire.EventNodeChildrenChanged:
		out = g.grab(out, WatchChild, path)
	}
	return out
}

// grab removes the watches of one kind on one path, and appends them to out.
func (g *registry) grab(out []*Watch, k WatchKind, path string) []*Watch {
	w := g.byPath[k][path].oldest
	delete(g.byPath[k], path)
	for w != nil {
		next := w.newer
		g.forget(w)
		out = append(out, w)
		w = next
	}
	return out
}

// takeAll removes and returns every watch, oldest first.
func (g *registry) takeAll() []*Watch {
	out := make([]*Watch, 0, g.n)
	for w := g.all.next; w != &g.all; w = w.next {
		out = append(out, w)
	}
	for _, w := range out {
		w.prev, w.next, w.older, w.newer = nil, nil, nil, nil
	}
	g.init()
	return out
}
