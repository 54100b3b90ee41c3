package zktest_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// TestSimSubscribe is what subscriptions promise, under every fault and on servers whose modes of watches live side by
// side or kill each other: who reads everything again at each Resync, and what an event names at each event, has the
// tree in the end; events tell of what can have happened, in an order in which it can; and there is one Resync for
// every lost connection and session, after which nothing older is told. Other users of the same client come and go on
// the same paths, with subscriptions and with one-shot watches.
func TestSimSubscribe(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		version := []core.Version{core.V3_8, core.V3_9}[s.Seed()%2]
		mirrors := mirroring(s, version, 300*time.Millisecond, func(p *zktest.Process, cl *zk.Client) []*mirror {
			return []*mirror{
				newMirror(s, p, cl, zk.PersistentRecursiveWatch, 1<<16),
				newMirror(s, p, cl, zk.PersistentRecursiveWatch, 2),
				newMirror(s, p, cl, zk.PersistentWatch, 1<<16),
			}
		})
		s.Eventually(time.Minute, "every connection has brought one Resync", func() bool {
			return !slices.ContainsFunc(mirrors(), func(m *mirror) bool { return m.exact && m.synced != m.ups })
		})
	})
}

// mirroring has two processes write a tree, with up to that pause between two writes, and one subscribe to it, and checks
// that the mirrors that are made have it in the end. opts are for the other users of the subscriber's client.
func mirroring(s *zktest.Sim, version core.Version, pause time.Duration, subscribe func(*zktest.Process, *zk.Client) []*mirror,
	opts ...zk.SubscribeOption) (mirrors func() []*mirror) {
	ens := s.Ensemble(3, func(c *core.Config) {
		c.Version = version
		c.FirstSequence = 0 // else a parent's pzxid may stand still
	})
	over := false
	var writers []*zktest.Process
	for range 2 {
		writers = append(writers, s.Process("writer", func(p *zktest.Process) {
			cl := p.Connect(ens)
			for !over {
				write(p, cl)
				p.Sleep(p.Between(0, pause))
			}
		}))
	}
	var all []*mirror // nil: they are being made
	var shots []*shot
	s.Process("subscriber", func(p *zktest.Process) {
		cl := p.Connect(ens)
		all, shots = nil, nil
		all = subscribe(p, cl)
		for p.Context().Err() == nil {
			if !over {
				comeAndGo(p, cl, &shots, opts...)
			}
			p.Sleep(p.Between(0, 500*time.Millisecond))
		}
	})
	s.Faults(zktest.Swarm().And(zktest.Expire))
	s.Run(30 * time.Second)
	s.Heal()
	over = true
	s.Eventually(10*time.Minute, "the writers are done", func() bool {
		return allDone(writers)
	})
	s.Eventually(10*time.Minute, "the mirrors show the tree", func() bool {
		return all != nil && !slices.ContainsFunc(all, func(m *mirror) bool { return !m.shows(ens) })
	})
	s.Eventually(time.Minute, "every watch whose node has changed fires", func() bool {
		return !slices.ContainsFunc(shots, func(w *shot) bool { return w.missed(ens) })
	})
	return func() []*mirror { return all }
}

// simTree is the node that is subscribed to.
const simTree = "/t"

// simNodes are the nodes that are written, parents first, and a node that is called like one and is none of them.
var simNodes = []string{"/t", "/t/a", "/t/b", "/t/a/c", "/t/a/d", "/tt"}

func write(p *zktest.Process, cl *zk.Client) {
	path := simNodes[p.Rand().IntN(len(simNodes))]
	ctx := p.Context()
	switch p.Rand().IntN(6) {
	case 0, 1:
		_ = cl.Create(ctx, path, nil).WaitErr()
	case 2:
		_ = cl.Delete(ctx, path, zk.AnyVersion).WaitErr()
	case 3:
		_ = cl.DeleteAll(ctx, path).WaitErr()
	default:
		_ = cl.Set(ctx, path, []byte(p.Name()), zk.AnyVersion).WaitErr()
	}
}

// comeAndGo is what other users of the client do on the same paths.
func comeAndGo(p *zktest.Process, cl *zk.Client, shots *[]*shot, opts ...zk.SubscribeOption) {
	ctx := p.Context()
	path := []string{"/t", "/t/a", "/tt"}[p.Rand().IntN(3)]
	mode := []zk.WatchType{zk.PersistentWatch, zk.PersistentRecursiveWatch}[p.Rand().IntN(2)]
	switch p.Rand().IntN(6) {
	case 0, 1:
		if w, err := cl.GetAndWatch(ctx, path).Wait(); err != nil {
		} else if *shots = append(*shots, &shot{path: path, zxid: w.Value.Mzxid, changed: w.Changed}); p.Rand().IntN(3) == 0 {
			_ = w.Unwatch(ctx).WaitErr()
		}
	case 2, 3:
		if w, err := cl.ChildrenAndWatch(ctx, path).Wait(); err != nil {
		} else if *shots = append(*shots, &shot{path: path, children: true, zxid: w.Value.Pzxid, changed: w.Changed}); p.Rand().IntN(3) == 0 {
			_ = w.Unwatch(ctx).WaitErr()
		}
	default:
		short, cancel := p.Handler().WithTimeout(ctx, p.Between(0, 2*time.Second))
		defer cancel()
		if sub, err := cl.Subscribe(short, path, mode, opts...).Wait(); err == nil {
			p.Sleep(p.Between(0, time.Second))
			_ = sub.Close(ctx).WaitErr()
		}
	}
}

// A shot is a one-shot watch, and what was seen then.
type shot struct {
	path     string
	children bool
	zxid     int64
	changed  *future.Future[zk.Event]
}

// missed reports whether it has not ended although the node is another one now.
func (w *shot) missed(ens *zktest.SimEnsemble) bool {
	if _, _, ended := w.changed.Poll(); ended {
		return false
	}
	for _, n := range ens.Nodes(w.path) {
		if n.Path == w.path {
			return w.children && n.Stat.Pzxid != w.zxid || !w.children && n.Stat.Mzxid != w.zxid
		}
	}
	return true
}

// A mirror is what a subscriber knows. Its callbacks run one at a time. Each answer is newer than the ones before.
type mirror struct {
	s     *zktest.Sim
	cl    *zk.Client
	mode  zk.WatchType
	exact bool // its buffer never overflows

	nodes  map[string]int64 // mzxid by path; for a PersistentWatch, 0 for children
	known  map[string]bool  // whether a node is there, by the events; absent: it cannot be known
	zxid   int64            // of the newest event since the last Resync
	ups    int              // connections since it was subscribed
	synced int              // Resyncs
}

func newMirror(s *zktest.Sim, p *zktest.Process, cl *zk.Client, mode zk.WatchType, buffer int, opts ...zk.SubscribeOption) *mirror {
	m := &mirror{s: s, cl: cl, mode: mode, exact: buffer > 100 && len(opts) == 0, nodes: map[string]int64{}, known: map[string]bool{}}
	cl.OnState(func(c zk.StateChange) {
		if c.To == zk.Connected || c.To == zk.ConnectedReadOnly {
			m.ups++
		}
	})
	for p.Context().Err() == nil {
		f := cl.Subscribe(p.Context(), simTree, mode, append(opts, zk.Buffered(buffer))...)
		f.OnComplete(func(*zk.Subscription, error) { m.ups = 0 })
		if sub, err := f.Wait(); err == nil {
			sub.OnEvent(m.hear)
			m.refresh(simTree)
			break
		}
		p.Sleep(100 * time.Millisecond)
	}
	return m
}

func (m *mirror) hear(ev zk.Event) {
	if ev.Type == zk.Resync {
		if m.synced++; m.exact && (ev.Overflow || m.synced > m.ups) {
			m.s.Errorf("%v: Resync %d, overflow %v, and there were %d connections", m.mode, m.synced, ev.Overflow, m.ups)
		}
		clear(m.known)
		m.zxid = 0
		m.refresh(simTree)
		return
	}
	if ev.Path != simTree && (m.mode == zk.PersistentWatch || !strings.HasPrefix(ev.Path, simTree+"/")) {
		m.s.Errorf("%v of %s: told of %v of %s", m.mode, simTree, ev.Type, ev.Path)
	}
	if ev.Type == zk.NodeChildrenChanged && m.mode == zk.PersistentRecursiveWatch {
		m.s.Errorf("a recursive watch is told of %v of %s", ev.Type, ev.Path)
	}
	if ev.Zxid != -1 && ev.Zxid < m.zxid {
		m.s.Errorf("%v: %v of %s at %#x comes behind %#x", m.mode, ev.Type, ev.Path, ev.Zxid, m.zxid)
	}
	m.zxid = ev.Zxid
	if there, ok := m.known[ev.Path]; ok && there != (ev.Type != zk.NodeCreated) {
		m.s.Errorf("%v: %v of %s, which was there: %v", m.mode, ev.Type, ev.Path, there)
	}
	m.known[ev.Path] = ev.Type != zk.NodeDeleted
	if ev.Type == zk.NodeChildrenChanged {
		m.refresh(ev.Path)
		return
	}
	m.cl.Exists(context.Background(), ev.Path).OnComplete(func(st *zk.Stat, err error) {
		switch {
		case err != nil: // a Resync follows
		case st == nil:
			m.drop(ev.Path)
		default:
			m.nodes[ev.Path] = st.Mzxid
		}
	})
}

// refresh reads a node and what is below it. If that fails the connection is lost, and a Resync follows.
func (m *mirror) refresh(path string) {
	m.cl.Children(context.Background(), path).OnComplete(func(list zk.ChildList, err error) {
		if errors.Is(err, zk.ErrNoNode) {
			m.drop(path)
		}
		if err != nil {
			return
		}
		m.drop(path)
		m.nodes[path] = list.Mzxid
		for _, name := range list.Names {
			if m.mode == zk.PersistentWatch {
				m.nodes[path+"/"+name] = 0
			} else {
				m.refresh(path + "/" + name)
			}
		}
	})
}

func (m *mirror) drop(path string) {
	maps.DeleteFunc(m.nodes, func(at string, _ int64) bool { return at == path || strings.HasPrefix(at, path+"/") })
}

// shows reports whether the mirror is what the tree is.
func (m *mirror) shows(ens *zktest.SimEnsemble) bool {
	want := map[string]int64{}
	for _, n := range ens.Nodes(simTree) {
		switch depth := strings.Count(n.Path, "/"); {
		case m.mode == zk.PersistentRecursiveWatch || depth == 1:
			want[n.Path] = n.Stat.Mzxid
		case depth == 2:
			want[n.Path] = 0
		}
	}
	return maps.Equal(want, m.nodes)
}
