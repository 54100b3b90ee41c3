package session

import "github.com/gazoo-go/gazoo/internal/wire"

// watch registers r's watch if the server has. That of a request whose context has ended is removed
// from the server, unless somebody else has the same.
func (m *Machine) watch(r *Request, code wire.Code) {
	if r.Watch == nil {
		return
	}
	switch {
	case code == wire.CodeNoNode && r.Op == wire.OpExists:
		r.Watch.Kind = WatchExist
	case code != wire.OK:
		return
	}
	if r.state != reqAbandoned {
		m.watches.add(r.Watch)
		return
	}
	m.unwatch(r.Watch.Path, r.Watch.Kind)
}

// Unwatch forgets w. When it was the last one there, r is submitted, which asks the server to forget it
// too; otherwise r completes at once, without an answer. It reports whether w was registered: a watch
// that has fired is not.
func (m *Machine) Unwatch(w *Watch, r *Request) bool {
	was, last := m.watches.remove(w)
	if p := m.posts.byPath[w.Path]; last && p != nil && m.tend(p, r) {
		return was
	}
	if last && m.useless(w.Path, w.Kind) {
		m.forget(w.Path, w.Kind.WatcherType(), r)
	} else {
		m.complete(r, nil)
	}
	return was
}

// unwatch tells the server that nobody watches path any more, unless somebody does.
func (m *Machine) unwatch(path string, kind WatchKind) {
	if p := m.posts.byPath[path]; p != nil {
		m.tend(p, nil)
	}
	if m.useless(path, kind) {
		m.forget(path, kind.WatcherType(), nil)
	}
}

// useless reports whether the server has a watch on path that nobody wants, and can be told so. A
// server that does not know the request (before 3.5) keeps the watch until it fires; the event is
// ignored then.
//
// A request that is on its way and will register the same watch is waited for: to remove what the
// server has now would remove what it is about to have, or has already.
func (m *Machine) useless(path string, kind WatchKind) bool {
	return m.tells() && !m.watches.taken(path, kind) && !m.claims(path, kind) && !m.watches.owe(path, kind)
}

// arrived says that a request for a watch is not on its way any more.
func (m *Machine) arrived(r *Request) {
	if r.Watch != nil && m.watches.arrived(r.Watch.Path, r.Watch.Kind) {
		m.unwatch(r.Watch.Path, r.Watch.Kind)
	} else if r.Op == wire.OpAddWatch {
		m.addOver(r)
	} else if r.internal {
		if a, ok := r.Call.(shooting); ok && m.watches.arrived(a.p.path, a.kind) {
			m.unwatch(a.p.path, a.kind)
		}
	}
}

// endWatches ends every watch with an error.
func (m *Machine) endWatches(err error) {
	for _, w := range m.watches.takeAll() {
		m.do(DoFire, &Fired{Watch: w, Err: err})
	}
}
