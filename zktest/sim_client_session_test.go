package zktest_test

import (
	"errors"
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/zk"
)

// connect makes a new client, and a listener that knows what changes of state there may be.
func (u *user) connect() {
	cl := u.p.Connect(u.all.ens, zk.WithAuth("digest", []byte(u.name()+":"+password)), zk.WithMaxRequest(smallRequests))
	u.cl, u.view, u.pinned, u.watches = cl, cl.Chroot(home), nil, nil
	u.c = u.all.rec.Client(u.name(), u.view)
	last, up, since := cl.State(), zk.Session{}, 0
	cl.OnState(func(c zk.StateChange) {
		u.changes++
		if c.From != last {
			u.s.Errorf("%s: a change of state from %v to %v, behind one to %v", u.name(), c.From, c.To, last)
		}
		last = c.To
		if c.To != zk.Connected {
			return
		}
		if other := c.Session.ID != up.ID; other != c.SessionChanged || other != (c.Session.Epoch > up.Epoch) {
			u.s.Errorf("%s: session %#x of epoch %d follows %#x of epoch %d, and SessionChanged is %v",
				u.name(), c.Session.ID, c.Session.Epoch, up.ID, up.Epoch, c.SessionChanged)
		}
		if up.ID != 0 && up.ID != c.Session.ID && since == u.all.elections {
			u.past = append(u.past, over{up.ID, u.all.elections})
		}
		if up.ID != c.Session.ID {
			up, since = c.Session, u.all.elections
		}
	})
	u.retry(func() error { return u.view.EnsurePath(u.p.Context(), "/").WaitErr() })
	u.retry(func() error {
		err := u.c.Create(u.p.Context(), home, nil).WaitErr()
		if errors.Is(err, zk.ErrNodeExists) {
			err = nil
		}
		return err
	})
}

// An over is a session that is over as long as nobody else is elected: a leader that has lost its followers says of a
// session that it has expired what the next leader may never learn.
type over struct {
	session   int64
	elections int
}

// retry repeats what has to be done in the end.
func (u *user) retry(f func() error) {
	for u.p.Context().Err() == nil && f() != nil {
	}
}

// own looks at a node that only this user may read, and that goes away with the session.
func (u *user) own() {
	ctx, path := u.p.Context(), "/own-"+u.name()
	if u.p.Rand().IntN(2) == 0 {
		err := u.view.Create(ctx, path, nil, zk.Ephemeral, zk.ACLs{zk.DigestACL(u.name(), password, zk.PermAll)}).WaitErr()
		if errors.Is(err, zk.ErrNoAuth) {
			u.s.Errorf("%s may not create its own node: %v", u.name(), err)
		}
	}
	past, changes, elections := slices.Clone(u.past), u.changes, u.all.elections
	sync, get := u.view.Sync(ctx, path), u.view.Get(ctx, path)
	node, err := get.Wait()
	if errors.Is(err, zk.ErrNoAuth) {
		u.s.Errorf("%s may not read its own node: %v", u.name(), err)
	}
	if err == nil && sync.WaitErr() == nil && u.changes == changes && u.all.elections == elections && slices.Contains(past, over{node.EphemeralOwner, elections}) {
		u.s.Errorf("%s: %s is still there, of session %#x, which is over", u.name(), path, node.EphemeralOwner)
	}
}

// inSession does something in one session or not at all.
func (u *user) inSession() {
	if u.pinned == nil || u.p.Rand().IntN(4) == 0 {
		if u.pin = u.cl.Session(); u.pin.ID == 0 {
			return
		}
		u.pinned = u.view.Pinned(u.pin)
	}
	late := u.cl.Session().Epoch > u.pin.Epoch
	made, err := u.pinned.Create(u.p.Context(), "/pinned-", nil, zk.Ephemeral|zk.Sequential).Wait()
	switch {
	case err == nil && made.EphemeralOwner != u.pin.ID:
		u.s.Errorf("%s: pinned to session %#x, and carried out in %#x", u.name(), u.pin.ID, made.EphemeralOwner)
	case late && (!errors.Is(err, zk.ErrSessionExpired) || zk.MaybeApplied(err)):
		u.s.Errorf("%s: pinned to a session that is over, and: %v", u.name(), err)
	case err == nil:
		_ = u.pinned.Delete(u.p.Context(), made.Path, zk.AnyVersion).WaitErr()
	}
}

// close ends the client and everything that depends on it.
func (u *user) close() {
	id := u.cl.Session().ID
	if err := u.cl.Close(u.p.Context()).WaitErr(); err == nil && id != 0 {
		u.past = append(u.past, over{id, u.all.elections})
	}
	for _, w := range u.watches {
		if _, _, ended := w.changed.Poll(); !ended {
			u.s.Errorf("%s: a watch of %s has not ended with the client", u.name(), w.path)
		}
	}
}

// finish reads everything once more, so that nobody has missed anything in the end, and closes the client.
func (u *user) finish() {
	ctx := u.p.Context()
	u.retry(func() error { return u.cl.Sync(ctx, "/").WaitErr() })
	for _, key := range keys {
		u.retry(func() error { return u.c.Exists(ctx, key).WaitErr() })
	}
	u.retry(func() error { return u.c.Children(ctx, home).WaitErr() })
	u.p.Sleep(time.Second)
	u.checkWatches()
	u.own()
	u.close()
}
