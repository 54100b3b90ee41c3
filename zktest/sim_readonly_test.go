package zktest_test

import (
	"fmt"
	"testing"
	"time"

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
