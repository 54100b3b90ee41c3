package zktest_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// A reader is a client that is content with a read-only server.
type reader struct {
	w         *readOnlyWorld
	p         *zktest.Process
	cl        *zk.Client
	done      int // the last job that is done
	local     bool
	lost      int           // how often
	alone     time.Duration // when the last server with a quorum was left
	suspended time.Duration // when a server was left
	last      [notes]saw    // last read
	own       zk.Session    // that has made the ephemeral node of this reader, or may have
	fired     *future.Future[zk.Event]
	since     int // lost, when that was registered
}

// saw is the answer to a read.
type saw struct {
	version int32
	value   string
	link    link
}

// link tells connections apart.
type link struct {
	n     uint64
	state zk.State // Lost if it was not the same one from the question to the answer
}

func (u *reader) link() link { return link{u.cl.Stats().Connects, u.cl.State()} }

func (u *reader) stillOn(l link) link {
	if u.link() != l {
		l.state = zk.Lost
	}
	return l
}

func (u *reader) connect() {
	u.cl = u.p.Connect(u.w.ens, zk.WithReadOnly(), zk.WithSessionTimeout(sessionOfReaders))
	u.cl.OnState(func(c zk.StateChange) {
		switch c.To {
		case zk.Suspended:
			u.suspended = u.w.s.Now()
			if c.From == zk.Connected {
				u.alone = u.w.s.Now()
			}
		case zk.Lost:
			u.lost++
			// Where it takes very long to find a server, it is lost by the clock.
			if u.local && u.w.upgrading && u.w.s.Now()-u.suspended < sessionOfReaders/8 {
				u.w.s.Errorf("%s: %v, on the way from a read-only server to another one", u.p.Name(), c)
			}
			u.local = false
		case zk.ConnectedReadOnly:
			if u.local = u.local || c.SessionChanged; u.local {
				u.w.locals++
			} else {
				u.w.guests++
			}
		case zk.Connected:
			u.local = false
		default:
		}
	})
}

func (u *reader) act() {
	w, k := u.w, u.p.Rand().IntN(notes)
	if alone := w.s.Now() - u.alone; !w.writing && !u.local && u.cl.State() == zk.ConnectedReadOnly && alone > sessionOfReaders+time.Second {
		w.s.Errorf("%s is on a read-only server with a session of the ensemble, and left that %v ago", u.p.Name(), alone)
	}
	if u.done < w.job && w.do(u) {
		u.done = w.job
	}
	switch n := u.p.Rand().IntN(10); {
	case n < 4 || !w.writing:
		u.read(k)
	case n < 8:
		u.write(k)
	case n < 9:
		u.hold()
	default:
		u.mark()
	}
}

// read looks at a node, and whether it may be what it is.
func (u *reader) read(k int) (version int32, ok bool) {
	w, from := u.w, u.link()
	node, err := u.cl.Get(u.p.Context(), note(k)).Wait()
	if err != nil {
		return 0, false
	}
	now, last := saw{node.Version, string(node.Data), u.stillOn(from)}, u.last[k]
	u.last[k] = now
	if w.refused[now.value] {
		w.s.Errorf("%s reads %s, version %d, %q, which was refused by a read-only server", u.p.Name(), note(k), now.version, now.value)
	}
	if now.link.state == zk.Connected {
		w.isTrue(k, now.version, now.value)
	}
	if now.version > last.version || now.version == last.version && now.value == last.value || last.value == "" {
		return now.version, true
	}
	if last.link == now.link && now.link.state != zk.Lost || w.known(k, last.version) == last.value {
		w.s.Errorf("%s reads %s, version %d, %q, and has read version %d, %q", u.p.Name(), note(k), now.version, now.value, last.version, last.value)
	}
	return now.version, true
}

// write sets a node that nobody else has set since it was read.
func (u *reader) write(k int) {
	w := u.w
	version, ok := u.read(k)
	if !ok {
		_ = u.cl.Create(u.p.Context(), note(k), []byte("made")).WaitErr()
		return
	}
	w.n++
	value, from := fmt.Sprint(u.p.Name(), " ", w.n), u.link()
	st, err := u.cl.Set(u.p.Context(), note(k), []byte(value), version).Wait()
	switch {
	case err == nil && u.stillOn(from).state == zk.ConnectedReadOnly:
		w.s.Errorf("%s: a read-only server writes", u.p.Name())
	case err == nil:
		w.isTrue(k, st.Version, value)
		put(&w.acked[k], st.Version, value)
	case errors.Is(err, zk.ErrNotReadOnly):
		w.refused[value] = true
		if zk.MaybeApplied(err) {
			w.s.Errorf("%s: refused, and may be applied: %v", u.p.Name(), err)
		}
	}
}

// hold takes a lock for a while, by an ephemeral node.
func (u *reader) hold() {
	s, ctx := u.cl.Session(), u.p.Context()
	pinned := u.cl.Pinned(s)
	made, err := pinned.Create(ctx, "/lock", nil, zk.Ephemeral).Wait()
	if err != nil {
		if st, err := pinned.Exists(ctx, "/lock").Wait(); err == nil && st != nil && st.EphemeralOwner == s.ID {
			_ = pinned.Delete(ctx, "/lock", zk.AnyVersion).WaitErr() // left from the last time
		}
		return
	}
	if h, err := u.cl.Hold(s); err == nil {
		u.w.lock.Hold(u.p, believer{h, made.Czxid})
		end := u.p.Between(0, 10*time.Second)
		if u.p.Rand().IntN(2) == 0 { // longer than the session would last if nobody proved it
			end += 2 * sessionOfReaders
		}
		for ; end > 0 && h.Err() == nil && ctx.Err() == nil; end -= 500 * time.Millisecond {
			u.p.Sleep(500 * time.Millisecond)
			_, _ = u.read(0)
			if u.cl.State() == zk.ConnectedReadOnly {
				u.w.held++
			}
		}
		h.Release()
	}
	_ = pinned.Delete(ctx, "/lock", zk.AnyVersion).WaitErr()
}

// A believer believes in the lock as long as in the session.
type believer struct {
	*zk.Hold
	token int64
}

func (h believer) Token() int64 { return h.token }

func (u *reader) mine() string { return "/of-" + u.p.Name() }

// mark leaves an ephemeral node behind.
func (u *reader) mark() {
	if s := u.cl.Session(); s.ID != 0 && u.cl.Pinned(s).Create(u.p.Context(), u.mine(), nil, zk.Ephemeral).WaitErr() == nil {
		u.own = s
	}
}

// verify looks at everything with the leader's help.
func (u *reader) verify() bool {
	w, ctx, from := u.w, u.p.Context(), u.link()
	var last [notes]int // others may still be writing
	for k := range last {
		last[k] = len(w.acked[k]) - 1
	}
	if u.cl.Sync(ctx, "/").WaitErr() != nil {
		return false
	}
	for k := range notes {
		version, ok := u.read(k)
		if u.stillOn(from).state != zk.Connected {
			return false
		}
		if last[k] >= 0 && (!ok || int(version) < last[k]) {
			w.s.Errorf("%s: %s has version %d, and version %d was acknowledged", u.p.Name(), note(k), version, last[k])
		}
	}
	s := u.cl.Session()
	st, err := u.cl.Exists(ctx, u.mine()).Wait()
	if err != nil || u.stillOn(from).state != zk.Connected {
		return false
	}
	if st != nil && u.own.ID == st.EphemeralOwner && s.Epoch > u.own.Epoch {
		w.s.Errorf("%s: %s is still there, of session %#x, which is over", u.p.Name(), u.mine(), st.EphemeralOwner)
	}
	if st == nil && !w.upgrading {
		u.mark() // for the next time
		return false
	}
	if st != nil && st.EphemeralOwner == s.ID {
		u.own = s
	}
	return w.upgrading || u.own.ID == s.ID
}

// watch waits for a signal.
func (u *reader) watch() bool {
	if u.fired == nil {
		lost := u.lost
		w, err := u.cl.ExistsAndWatch(u.p.Context(), "/signal").Wait()
		if err != nil {
			return false
		}
		u.fired, u.since = w.Changed, lost
	}
	return true
}

func (u *reader) signal() bool {
	err := u.cl.Create(u.p.Context(), "/signal", nil).WaitErr()
	return err == nil || errors.Is(err, zk.ErrNodeExists)
}

// signaled reports whether the watch has fired, or ended with its session.
func (u *reader) signaled() bool {
	_, err, over := u.fired.Poll()
	if over && err != nil && (!errors.Is(err, zk.ErrSessionExpired) || u.lost == u.since) {
		u.w.s.Errorf("%s: a watch ends, and no session was lost: %v", u.p.Name(), err)
	}
	return over
}
