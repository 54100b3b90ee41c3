package core

import (
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// createSession -10, closeSession -11, and what a session leaves behind.

func (l *Leader) createSession(now time.Time, t *Txn, r *Request) {
	l.Sessions.Track(now, r.Session, r.Timeout, r.Server)
	t.Changes = []Change{{Op: wire.OpCreateSession, Timeout: r.Timeout}}
}

// closeSession ends a session and its ephemerals in one transaction. Their order means nothing and is shuffled here, not
// by each server for itself.
func (l *Leader) closeSession(t *Txn) {
	var paths []string
	for _, n := range l.state.tree.ephemerals[t.Session] {
		if r, exists := l.record(n.path); exists && r.kind == Ephemeral && r.owner == t.Session {
			paths = append(paths, n.path)
		}
	}
	for _, at := range l.order {
		r := l.staged[at.path]
		if r.zxid != at.zxid || r.gone || r.kind != Ephemeral || r.owner != t.Session {
			continue
		}
		if n := l.state.tree.get(at.path); n == nil || n.owner != t.Session {
			paths = append(paths, at.path)
		}
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	shuffle(stream(l.cfg.Seed, uint64(t.Zxid)), paths)
	for _, path := range paths {
		if parent, ok := l.record(parentOf(path)); ok {
			parent.children--
			l.stage(t.Zxid, parentOf(path), parent)
		}
		l.stage(t.Zxid, path, record{gone: true})
	}
	l.Sessions.SetClosing(t.Session)
	t.Changes = []Change{{Op: wire.OpCloseSession, Paths: paths}}
}
