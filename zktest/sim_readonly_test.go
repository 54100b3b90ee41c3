package zktest_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// TestSimReadOnly has clients go on reading where servers have lost their quorum, first under every fault and then, when all
// is well but for that, on the only server that is left.
//
// A read-only server answers with the past, or with what was proposed and is then taken back; it refuses writes, and proves
// nothing. But no acknowledged write is lost, a refused one has no effect, and a client that has seen something true
// never sees anything older. A lock has one believer. And when a quorum is back its servers are found, though the
// read-only one still is cut off from them: by sessions that go on, or by new ones in which watches go on and which leave
// nothing of the old ones behind.
func TestSimReadOnly(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		w := newReadOnlyWorld(s)
		s.Faults(zktest.Swarm())
		s.Run(time.Minute)
		s.Heal()
		w.writing = false
		w.all("every client is read-write again", zk.Connected)
		w.everybody("every client sees what was acknowledged", (*reader).verify)
		s.Run(s.Between(0, 30*time.Second))

		left := w.ens.Leader() // it has seen whatever a client has
		if left < 0 {
			s.Fatalf("no leader, and nothing is wrong")
		}
		w.cut(left, true)
		for i := range w.ens.Len() {
			if i != left {
				w.ens.Kill(i)
			}
		}
		w.all("every client is on the server that is left", zk.ConnectedReadOnly)
		s.Run(s.Between(0, 30*time.Second))
		w.everybody("every client has a watch", (*reader).watch)
		w.upgrading = true
		for i := range w.ens.Len() {
			if i != left {
				w.ens.Restart(i)
			}
		}
		w.all("every client has found the servers with a quorum", zk.Connected)
		w.everybody("nothing is left of sessions that are over", (*reader).verify)
		w.everybody("the signal is given", (*reader).signal)
		w.everybody("every watch has fired", (*reader).signaled)
		w.cut(left, false)
		s.Sometimes("a write is refused", len(w.refused) > 0)
		s.Sometimes("a local session", w.locals > 0)
		s.Sometimes("a session goes on at a read-only server", w.guests > 0)
		s.Sometimes("a lock is held on a read-only server", w.held > 0)
	})
}

// A readOnlyWorld is what its readers share.
type readOnlyWorld struct {
	s    *zktest.Sim
	ens  *zktest.SimEnsemble
	lock *zktest.Exclusive
	ps   []*zktest.Process
	us   []*reader // of the last life of each process

	writing   bool
	upgrading bool // nothing is wrong but that one server is cut off
	job       int  // counts what everybody is told to do
	do        func(*reader) bool

	acked, seen             [notes][]string // by version: what was acknowledged, and what a server with a quorum has shown
	refused                 map[string]bool
	locals, guests, held, n int
}

// sessionOfReaders is how long their sessions last.
const sessionOfReaders = 20 * time.Second

// notes is how many nodes everybody reads and writes.
const notes = 2

func note(k int) string { return fmt.Sprint("/note", k) }

func newReadOnlyWorld(s *zktest.Sim) *readOnlyWorld {
	r := s.Rand("servers")
	n, version := 3+2*r.IntN(2), []core.Version{core.V3_6, core.V3_9}[r.IntN(2)]
	w := &readOnlyWorld{s: s, writing: true, refused: make(map[string]bool), us: make([]*reader, 3)}
	w.ens = s.Ensemble(n, func(c *core.Config) { c.Version, c.ReadOnlyMode, c.LocalSessions = version, true, true })
	w.lock = s.Exclusive("the lock")
	for i := range w.us {
		w.ps = append(w.ps, s.Process("reader", func(p *zktest.Process) {
			u := &reader{w: w, p: p}
			w.us[i] = u
			u.connect()
			for p.Context().Err() == nil {
				u.act()
				p.Sleep(p.Between(0, 400*time.Millisecond))
			}
		}))
	}
	return w
}

// cut takes one server off the others, and clients of none.
func (w *readOnlyWorld) cut(i int, off bool) {
	world := w.s.World()
	one := world.Node(fmt.Sprint("server", i+1))
	for j := range w.ens.Len() {
		if j == i {
			continue
		}
		other := world.Node(fmt.Sprint("server", j+1))
		there, back := world.Network().Link(one, other), world.Network().Link(other, one)
		if off {
			there.Stall()
			back.Stall()
		} else {
			there.Flow()
			back.Flow()
		}
	}
}

// each reports whether something is true of every reader that there is.
func (w *readOnlyWorld) each(is func(*reader) bool) bool {
	for i, u := range w.us {
		if !w.ps[i].Done() && (u == nil || !is(u)) {
			return false
		}
	}
	return true
}

// all waits until every client is in a state.
func (w *readOnlyWorld) all(what string, state zk.State) {
	w.s.Eventually(10*time.Minute, what, func() bool {
		return w.each(func(u *reader) bool { return u.cl.State() == state })
	})
}

// everybody has each reader do something until it says that it is done.
func (w *readOnlyWorld) everybody(what string, do func(*reader) bool) {
	w.job++
	w.do = do
	w.s.Eventually(10*time.Minute, what, func() bool {
		return w.each(func(u *reader) bool { return u.done == w.job })
	})
}

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

// known is the value that a version is known to have, "" if none is.
func (w *readOnlyWorld) known(k int, version int32) string {
	for _, values := range [][]string{w.acked[k], w.seen[k]} {
		if int(version) < len(values) && values[version] != "" {
			return values[version]
		}
	}
	return ""
}

// isTrue notes what a version of a node is.
func (w *readOnlyWorld) isTrue(k int, version int32, value string) {
	if v := w.known(k, version); v != "" && v != value {
		w.s.Errorf("version %d of %s is %q, and was %q", version, note(k), value, v)
	}
	put(&w.seen[k], version, value)
}

func put(values *[]string, version int32, value string) {
	for len(*values) <= int(version) {
		*values = append(*values, "")
	}
	(*values)[version] = value
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
