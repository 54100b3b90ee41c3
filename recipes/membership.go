package recipes

import (
	"context"
	"errors"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A membership is one node of a [Party], and what takes its place in later sessions, under the same name, from Join to
// Leave. Its state belongs to the work lane.
//
//	absent ──node is ours──▶ there ──session ended, node deleted──▶ absent
//	   └──────────────leave──────┴────────▶ left: the node is removed
type membership struct {
	party *Party
	path  string // of the node; unguessable, so nobody else makes it
	data  []byte
	view  *zk.Client // of the session that the node was last made in
	stop  context.CancelFunc

	there    *future.Promise[struct{}] // complete while the node is there; with an error when we have left
	wasThere bool                      // once, or more often
	awaited  int                       // how many are waiting for it to be there
}

// leave ends the membership. The rest happens where it was begun.
func (m *membership) leave(why error) {
	if m.party.now != m {
		return
	}
	m.party.now = nil
	m.party.joined.Store(false)
	m.there.Complete(struct{}{}, why)
	m.stop()
}

// arrived says that the node is there.
func (m *membership) arrived() {
	if m.party.now == m {
		m.wasThere = true
		m.there.Complete(struct{}{}, nil)
		m.party.joined.Store(true)
	}
}

// missed says that the node is not there any more.
func (m *membership) missed() {
	if _, _, complete := m.there.Future().Poll(); complete && m.party.now == m {
		m.there = future.NewPromise[struct{}](m.party.work)
		m.party.joined.Store(false)
	}
}

// stay makes the node in one session after the other, until ctx ends or it may not be made.
func (m *membership) stay(co *future.Co, ctx context.Context) error {
	for {
		s := m.party.cl.Session()
		m.view = m.party.cl.Pinned(s)
		err := m.make(co)
		if err == nil {
			err = m.unchanged(co, ctx, s.ID)
		}
		switch {
		case errors.Is(err, zk.ErrSessionExpired):
			m.missed()
			err = m.party.prove(co, ctx)
		default:
			err = m.party.again(co, ctx, m.view, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

// make makes the node, unless there is one. Even if we leave meanwhile its outcome must be known, for else it might come
// behind the removal.
func (m *membership) make(co *future.Co) error {
	return co.Shield(func(ctx context.Context) error {
		_, err := future.Await(co, m.view.Create(ctx, m.path, m.data, zk.Ephemeral, zk.MakeParents()))
		switch {
		case err == nil:
			m.arrived()
		case errors.Is(err, zk.ErrNodeExists):
			err = nil // by this session, or by one before
		}
		return err
	})
}

// unchanged returns when the node has to be looked after: because it has changed, or is not there, or is of an earlier
// session and was replaced.
func (m *membership) unchanged(co *future.Co, ctx context.Context, session int64) error {
	w, err := awaitWatched(co, m.view.ExistsAndWatch(ctx, m.path))
	if err != nil {
		return err
	}
	if w.Value == nil || w.Value.EphemeralOwner != session {
		w.Unwatch(context.WithoutCancel(ctx))
		if w.Value == nil {
			m.missed()
			return nil
		}
		return m.replace(co)
	}
	m.arrived()
	if _, err := future.Await(co, w.Changed); err != nil {
		return err // when we leave, the watch goes with the node
	}
	m.missed()
	return nil
}

// replace puts our node in the place of that of an earlier session, which would go away with it. Nobody sees us leave.
func (m *membership) replace(co *future.Co) error {
	return co.Shield(func(ctx context.Context) error {
		tx := m.view.Txn()
		tx.Delete(m.path, zk.AnyVersion)
		tx.Create(m.path, m.data, zk.Ephemeral)
		_, err := future.Await(co, tx.Commit(ctx))
		return ignoreNoNode(err) // the earlier session has just ended
	})
}
