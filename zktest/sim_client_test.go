package zktest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
	history "github.com/gazoo-go/gazoo/zktest/internal/witness"
)

// TestSimClient is what a client promises, under every fault: four processes read, write and watch the same nodes, lose
// their sessions, close their clients and make new ones.
//
// What all of them were told can be true at once (package witness); callbacks run in the order of the calls; watches tell of
// what has happened, and end with the session; a session that is over has left nothing behind; and what is pinned to one
// is done in that one.
func TestSimClient(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		// Where the numbers of sequential nodes have run out, a parent's pzxid stands still, and proves nothing.
		everything(s, s.Ensemble(3, func(c *core.Config) { c.FirstSequence = 0 }), zktest.Swarm(), nil)
	})
}

// everything has everybody use the ensemble, under faults and then without, and do something besides, and looks at what they
// were told.
func everything(s *zktest.Sim, ens *zktest.SimEnsemble, faults zktest.FaultModel, besides func(*user)) {
	all := &users{ens: ens, rec: history.NewRecorder(s.Now)}
	s.Invariant("elections are counted", all.countElections)
	over := false
	var ps []*zktest.Process
	for range 4 {
		ps = append(ps, s.Process("user", func(p *zktest.Process) {
			u := &user{s: s, p: p, all: all}
			u.connect()
			for !over {
				u.act()
				if besides != nil {
					besides(u)
				}
				p.Sleep(p.Between(0, 400*time.Millisecond))
			}
			u.finish()
		}))
	}
	s.Faults(faults.And(zktest.Expire))
	s.Run(30 * time.Second)
	s.Heal()
	over = true
	s.Eventually(10*time.Minute, "every request is answered", func() bool {
		return allDone(ps)
	})
	if err := all.rec.History().Check(); err != nil {
		s.Fatalf("a history that cannot be: %v", err)
	}
}

const (
	// home is the chroot, and also the name of a node in it: full paths begin with /app/app.
	home = "/app"
	// password is that of the user of private nodes.
	password = "secret"
	// smallRequests has the list of watches sent in several parts.
	smallRequests = 1 << 10
)

// keys are what everybody reads and writes. They are long, see smallRequests.
var keys = func() (paths []string) {
	for i := range 6 {
		paths = append(paths, fmt.Sprintf("%s/%d%s", home, i, strings.Repeat("-long", 40)))
	}
	return paths
}()

// users are what all of them share.
type users struct {
	ens *zktest.SimEnsemble
	rec *history.Recorder
	// elections counts them, nearly: a leader who has been cut off, and does not know yet that there is a new one, says
	// of sessions that they have expired which the new one lets live.
	elections, leader int
}

func (all *users) countElections() error {
	if l := all.ens.Leader(); l != all.leader {
		all.leader = l
		all.elections++
	}
	return nil
}

// A user is the client of one process, or one after the other.
type user struct {
	s   *zktest.Sim
	p   *zktest.Process
	all *users

	cl      *zk.Client // in the root
	view    *zk.Client // in home
	c       *history.Client
	changes int    // of state
	past    []over // sessions that are over, and have left nothing behind
	pinned  *zk.Client
	pin     zk.Session
	watches []*watching
	order   callbacks
	count   int
}

func (u *user) name() string { return u.p.Name() }

// act does something, and mostly waits for it.
func (u *user) act() {
	u.count++
	u.checkWatches()
	switch n := u.p.Rand().IntN(40); {
	case n < 24:
		u.work()
	case n < 30:
		u.burst()
	case n < 34:
		u.own()
	case n < 38:
		u.inSession()
	case n < 39:
		u.close()
		u.connect()
	default:
		u.p.Sleep(u.p.Between(0, 5*time.Second))
	}
}

// work is one operation on a key.
func (u *user) work() {
	ctx, key := u.p.Context(), u.key()
	data := fmt.Append(nil, u.name(), " ", u.count)
	version := int32(zk.AnyVersion)
	if u.p.Rand().IntN(3) == 0 {
		version = int32(u.p.Rand().IntN(3))
	}
	switch u.p.Rand().IntN(12) {
	case 0, 1:
		_ = u.c.Create(ctx, key, data).WaitErr()
	case 2:
		_ = u.c.Create(ctx, key, data, zk.Ephemeral).WaitErr()
	case 3:
		_ = u.c.Set(ctx, key, data, version).WaitErr()
	case 4:
		_ = u.c.Delete(ctx, key, version).WaitErr()
	case 5:
		_ = u.c.Get(ctx, key).WaitErr()
	case 6:
		_ = u.c.Children(ctx, home).WaitErr()
	case 7:
		if w, err := u.c.GetAndWatch(ctx, key).Wait(); err == nil {
			u.watch(key, false, &w.Value.Stat, w.Changed)
		}
	case 8, 9:
		if w, err := u.c.ExistsAndWatch(ctx, key).Wait(); err == nil {
			u.watch(key, false, w.Value, w.Changed)
		}
	case 10:
		if u.p.Rand().IntN(2) == 0 {
			key = home
		}
		if w, err := u.c.ChildrenAndWatch(ctx, key).Wait(); err == nil {
			u.watch(key, true, &w.Value.Stat, w.Changed)
		}
	default:
		tx := u.c.Txn()
		tx.Set(key, data, version)
		tx.Check(home, zk.AnyVersion)
		tx.Set(u.key(), data, zk.AnyVersion)
		_ = tx.Commit(ctx).WaitErr()
	}
}

func (u *user) key() string { return keys[u.p.Rand().IntN(len(keys))] }

// burst is several operations at once, and no waiting between them.
func (u *user) burst() {
	ctx := u.p.Context()
	var wait func() error
	for range 2 + u.p.Rand().IntN(5) {
		ran := u.order.expect(u)
		if u.p.Rand().IntN(2) == 0 {
			f := u.c.Get(ctx, u.key())
			f.OnComplete(func(zk.Node, error) { ran() })
			wait = f.WaitErr
		} else {
			f := u.c.Set(ctx, u.key(), []byte(u.name()), zk.AnyVersion)
			f.OnComplete(func(zk.Stat, error) { ran() })
			wait = f.WaitErr
		}
	}
	_ = wait()
}

// callbacks run in the order of the calls.
type callbacks struct{ called, ran int }

func (o *callbacks) expect(u *user) (ran func()) {
	place := o.called
	o.called++
	return func() {
		if place != o.ran {
			u.s.Errorf("%s: the callback of call %d runs in place of that of call %d", u.name(), place, o.ran)
		}
		o.ran++
	}
}

// allDone reports whether all of these processes have ended.
func allDone(ps []*zktest.Process) bool {
	return !slices.ContainsFunc(ps, func(p *zktest.Process) bool { return !p.Done() })
}
