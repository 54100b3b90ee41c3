package ensemble_test

import (
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
)

// torture is an ensemble under faults, clients that write to it, and what must be true of both.
type torture struct {
	*cluster
	workers []*worker
	leaders map[int32]int64     // by epoch
	since   map[int32]time.Time // that they serve
	commits map[int64]*core.Txn // by zxid: what a server had applied while it served
	seen    map[int64]int64     // zxid up to which that was looked at, by server
	acked   map[string]int64    // zxid by path, of the creates that were answered
	changes int                 // of the members, that were answered
}

// worker is a client that creates nodes, one after the other, on whatever server takes it.
type worker struct {
	t    *torture
	id   int
	cl   *client
	keep *client // the last that had a session
	next int
	path string // of the create that is not answered yet
	gave int    // ticks of its own without an answer
}

func newTorture(t *testing.T, seed uint64) *torture {
	c := newCluster(t, 3, seed)
	size := []int{3, 3, 3, 4, 5}[c.rng.IntN(5)]
	sync, apply := c.rng.IntN(3), c.rng.IntN(3)
	delay := func(kind int) func() time.Duration {
		if kind == 0 {
			return nil
		}
		return func() time.Duration {
			return time.Duration(c.rng.IntN([]int{0, 2000, 200_000}[kind])) * time.Microsecond
		}
	}
	small := c.rng.IntN(2) == 0
	d := newCluster(t, size, seed, func(cfg *ensemble.Config) {
		cfg.TickTime = 200 * time.Millisecond
		cfg.SyncDelay, cfg.ApplyDelay = delay(sync), delay(apply)
		cfg.ReadOnlyMode = seed%3 == 0
		cfg.Reconfig, cfg.SkipACL = seed%2 == 1, true
		if small {
			cfg.CommitLogCount, cfg.SnapCount = 5, 20
		}
	})
	d.rng = c.rng
	if size > 3 && c.rng.IntN(2) == 0 {
		d.peers[c.rng.IntN(size)].Observer = true
	}
	tt := &torture{
		cluster: d, leaders: make(map[int32]int64), since: make(map[int32]time.Time), commits: make(map[int64]*core.Txn), seen: make(map[int64]int64),
		acked: make(map[string]int64),
	}
	d.start()
	for id := range 3 {
		w := &worker{t: tt, id: id}
		tt.workers = append(tt.workers, w)
		w.later()
	}
	tt.faults()
	tt.reconfigure()
	return tt
}

func (w *worker) later() {
	w.t.at(w.t.now.Add(time.Duration(1+w.t.rng.IntN(100))*time.Millisecond), func() {
		if w.t.workers != nil {
			w.work()
			w.later()
		}
	})
}

func (w *worker) work() {
	t := w.t
	if w.cl == nil {
		n := t.nodes[t.rng.IntN(len(t.nodes))]
		if n.m == nil {
			return
		}
		w.cl, w.gave = n.connect(time.Second, w.keep), 0
		return
	}
	if w.gave++; w.cl.closed || w.gave > 40 {
		w.cl.hangUp()
		w.cl, w.path = nil, ""
		return
	}
	if w.cl.session == 0 {
		session, ok := w.cl.joined()
		if ok && session == 0 {
			w.keep, w.cl = nil, nil
		} else if ok {
			w.keep, w.gave = w.cl, 0
		}
		return
	}
	for r := w.cl.reply(); r != nil; r = w.cl.reply() {
		w.gave = 0
		if r.code == wire.OK && w.path != "" && r.xid == w.cl.xid {
			t.acked[w.path] = r.zxid
		}
		w.path = ""
	}
	if w.path == "" {
		w.next++
		w.path = fmt.Sprintf("/w%d-%d", w.id, w.next)
		flags := wire.CreateFlags(0)
		if t.rng.IntN(8) == 0 {
			w.cl.send(wire.OpSync, &proto.SyncRequest{Path: "/"})
		}
		w.cl.send(wire.OpCreate, create(w.path, flags))
	}
}

// faults happen one after the other, and end.
func (t *torture) faults() {
	t.at(t.now.Add(time.Duration(t.rng.IntN(3000))*time.Millisecond), func() {
		t.fault()
		t.faults()
	})
}

func (t *torture) fault() {
	if t.workers == nil {
		return // healed
	}
	n := t.nodes[t.rng.IntN(len(t.nodes))]
	if l := t.leader(); l != nil && t.rng.IntN(3) == 0 {
		n = l
	}
	other := t.nodes[t.rng.IntN(len(t.nodes))]
	long := time.Duration(t.rng.IntN(4000)) * time.Millisecond
	end := func(fn func()) { t.at(t.now.Add(long), fn) }
	switch t.rng.IntN(7) {
	case 0, 1:
		if n.m != nil {
			n.kill(t.rng.IntN(2) == 0)
			end(func() {
				if n.m == nil {
					n.start()
				}
			})
		}
	case 2:
		n.pause()
		end(n.resume)
	case 3:
		t.isolate(n.id, true)
		end(func() { t.isolate(n.id, false) })
	case 4:
		t.stall(n.id, other.id, true)
		end(func() { t.stall(n.id, other.id, false) })
	case 5:
		d := t.link(n.id, other.id)
		d.lose = true
		end(func() { d.lose = false })
	case 6:
		if n != other {
			n.do(func() { n.m.Disconnected(t.now, other.id) })
			other.do(func() { other.m.Disconnected(t.now, n.id) })
		}
	}
}

// reconfigure lets servers come and go, and lose and get their votes.
func (t *torture) reconfigure() {
	t.at(t.now.Add(time.Duration(t.rng.IntN(2000))*time.Millisecond), func() {
		n, target := t.nodes[t.rng.IntN(len(t.nodes))], int64(1+t.rng.IntN(len(t.nodes)))
		r := &proto.ReconfigRequest{CurConfigId: -1, LeavingServers: fmt.Append(nil, target)}
		if role := t.rng.IntN(3); role > 0 {
			line := fmt.Sprintf("server.%d=h%d:2888:3888:%s;h%d:2181", target, target, []string{"observer", "participant"}[role-1], target)
			r = &proto.ReconfigRequest{CurConfigId: -1, JoiningServers: []byte(line)}
		}
		t.reconfigure()
		if n.m == nil || t.workers == nil {
			return
		}
		cl := n.connect(time.Second, nil)
		t.at(t.now.Add(300*time.Millisecond), func() {
			if session, ok := cl.joined(); !ok || session == 0 {
				return
			}
			cl.send(wire.OpReconfig, r)
			t.at(t.now.Add(time.Second), func() {
				if r := cl.reply(); r != nil && r.code == wire.OK {
					t.changes++
				}
				cl.hangUp()
			})
		})
	})
}

// check looks at what must always be true.
func (t *torture) check() {
	for _, n := range t.nodes {
		if n.m == nil || !n.m.Serving() || n.m.ReadOnly() {
			continue
		}
		if n.m.Role() == ensemble.Leading {
			if other, ok := t.leaders[n.m.Epoch()]; ok && other != n.id {
				t.t.Fatalf("seed %d: %d and %d both lead epoch %d", t.seed, other, n.id, n.m.Epoch())
			}
			if t.leaders[n.m.Epoch()] == 0 {
				t.leaders[n.m.Epoch()], t.since[n.m.Epoch()] = n.id, t.now
			}
		}
		log := n.disk.Log()
		for i := len(log) - 1; i >= 0 && log[i].Zxid > t.seen[n.id]; i-- {
			x := log[i]
			if x.Zxid > n.m.Zxid() {
				continue
			}
			if i > 0 && log[i-1].Zxid >= x.Zxid {
				t.t.Fatalf("seed %d: server %d has 0x%x behind 0x%x", t.seed, n.id, x.Zxid, log[i-1].Zxid)
			}
			if other := t.commits[x.Zxid]; other != nil && other != x {
				t.t.Fatalf("seed %d: two transactions 0x%x", t.seed, x.Zxid)
			}
			t.commits[x.Zxid] = x
		}
		t.seen[n.id] = min(n.m.Zxid(), n.disk.Zxid())
	}
}

func (t *torture) heal() {
	t.workers = nil
	for _, n := range t.nodes {
		if n.m == nil {
			n.start()
		} else if n.paused {
			n.resume()
		}
		for _, other := range t.nodes {
			t.link(n.id, other.id).lose = false
			t.stall(n.id, other.id, false)
		}
	}
}

// judge looks at what must be true in the end: nothing that was committed or answered is lost, and all are equal.
func (t *torture) judge() {
	t.same()
	l := t.leader()
	for zxid, x := range t.commits {
		lives := t.since[int32(zxid>>32)].UnixMilli() + 1000 // with every leader for its timeout at least
		if x.Op == wire.OpCloseSession && x.Time < lives {
			t.t.Errorf("seed %d: 0x%x ends a session %d ms too early", t.seed, zxid, lives-x.Time)
		}
	}
	have := make(map[string]int64)
	for _, info := range l.m.State().Nodes("/") {
		have[info.Path] = info.Stat.Czxid
	}
	for path, zxid := range t.acked {
		if have[path] != zxid {
			t.t.Errorf("seed %d: %s was created at 0x%x; now 0x%x\n%s", t.seed, path, zxid, have[path], t.picture())
			return
		}
	}
	for zxid, x := range t.commits {
		if x.Code != wire.OK || len(x.Changes) == 0 || x.Changes[0].Op != wire.OpCreate {
			continue
		}
		if got := have[x.Changes[0].Path]; got != zxid {
			t.t.Errorf("seed %d: 0x%x created %s; now 0x%x\n%s", t.seed, zxid, x.Changes[0].Path, got, t.picture())
			return
		}
	}
}

func (t *torture) torment(d time.Duration) {
	for end := t.now.Add(d); t.now.Before(end); {
		t.step()
		t.check()
	}
	t.heal()
	t.run(5 * time.Second) // sessions end meanwhile
	t.judge()
}

func TestTorture(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() {
		seeds = 20
	}
	acked, epochs, changes := 0, 0, 0
	for seed := range seeds {
		x := newTorture(t, seed)
		x.torment(30 * time.Second)
		acked += len(x.acked)
		epochs += len(x.leaders)
		changes += x.changes
		if t.Failed() {
			t.FailNow()
		}
	}
	if acked < int(seeds)*50 || epochs < int(seeds)*2 || changes < int(seeds) {
		t.Errorf("%d creates, %d epochs, %d changes of members: the test has lost its bite", acked, epochs, changes)
	}
	t.Logf("%d creates were answered, %d epochs, %d changes of members", acked, epochs, changes)
}

// The same seed is the same run, to the last message.
func TestTortureTwice(t *testing.T) {
	for seed := range uint64(5) {
		var sums [2]uint64
		for i := range sums {
			x := newTorture(t, seed)
			h := fnv.New64a()
			x.watch = func(from, to int64, m *ensemble.Message) bool {
				_, err := fmt.Fprintf(h, "%v %d %d %v %d %d\n", x.now, from, to, m, m.Link, m.Seq)
				return err == nil
			}
			x.torment(10 * time.Second)
			sums[i] = h.Sum64()
		}
		is(t, "trace", sums[0], sums[1])
	}
}
