package zktest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimRetry is what views that retry promise, under every fault: three processes write through such views, each piece of
// data once, and in the end what is there says how often each write was carried out: what has succeeded once,
// what has failed not at all, and what is in doubt once or not at all.
func TestSimRetry(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		all := &retriers{}
		over := false
		var ps []*zktest.Process
		for range 3 {
			ps = append(ps, s.Process("retrier", func(p *zktest.Process) {
				r := &retrier{s: s, p: p, all: all, cl: p.Connect(ens).WithRetry(retrierPolicy)}
				r.prepare()
				for !over {
					r.act()
					p.Sleep(p.Between(0, 300*time.Millisecond))
				}
			}))
		}
		s.Faults(zktest.Swarm().And(zktest.Expire))
		s.Run(30 * time.Second)
		s.Heal()
		over = true
		s.Eventually(10*time.Minute, "every request is answered", func() bool {
			return allDone(ps)
		})
		judge := s.Process("judge", func(p *zktest.Process) {
			p2 := retrierPolicy
			p2.IgnoreExpire, p2.MaxTries = true, zk.TryForever
			all.judge(s, p.Context(), p.Connect(ens).WithRetry(p2))
		})
		s.Eventually(time.Minute, "everything can be read", judge.Done)
	})
}

var retrierPolicy = zk.RetryPolicy{MaxTries: 20, Delay: 50 * time.Millisecond, MaxDelay: time.Second}

const (
	plainCreates     = "/plain"
	protectedCreates = "/protected"
	onceCreates      = "/once"
	deletions        = "/deleted"
	versioned        = "/register"
	markers          = "/ops"
)

// A retryFate is what somebody was told of his write.
type retryFate int

const (
	unclear retryFate = iota // he was told nothing, or that it is unknown
	failed
	succeeded
)

// A told is a write whose data nobody else writes.
type told struct {
	parent, data string
	fate         retryFate
}

// retriers are what all of them share.
type retriers struct {
	writes   []*told
	versions map[int32]string // of the versioned, as successful Sets have returned them
}

type retrier struct {
	s     *zktest.Sim
	p     *zktest.Process
	all   *retriers
	cl    *zk.Client
	count int
}

// insist repeats what must be done before anything else.
func (r *retrier) insist(f func() error) {
	for r.p.Context().Err() == nil && f() != nil {
	}
}

func (r *retrier) prepare() {
	for _, path := range []string{plainCreates, protectedCreates, onceCreates, deletions, versioned, markers} {
		r.insist(func() error { return r.cl.EnsurePath(r.p.Context(), path).WaitErr() })
	}
}

// write notes a write before it is made.
func (r *retrier) write(parent string) *told {
	r.count++
	w := &told{parent: parent, data: fmt.Sprintf("%s-%d-%d", r.p.Name(), r.p.Lives(), r.count)}
	r.all.writes = append(r.all.writes, w)
	return w
}

func (w *told) ended(err error) {
	switch {
	case err == nil:
		w.fate = succeeded
	case !zk.MaybeApplied(err):
		w.fate = failed
	}
}

func (r *retrier) act() {
	ctx := r.p.Context()
	switch r.p.Rand().IntN(5) {
	case 0:
		w := r.write(plainCreates)
		w.ended(r.cl.Create(ctx, plainCreates+"/n-", []byte(w.data), zk.Sequential).WaitErr())
	case 1:
		w := r.write(protectedCreates)
		w.ended(r.cl.Create(ctx, protectedCreates+"/n-", []byte(w.data), zk.Sequential, zk.Protected()).WaitErr())
	case 2:
		w := r.write(onceCreates)
		tx := r.cl.Txn()
		tx.Once(markers + "/" + r.cl.GUID())
		tx.Create(onceCreates+"/n-", []byte(w.data), zk.Sequential)
		w.ended(tx.Commit(ctx).WaitErr())
	case 3:
		r.set(ctx)
	case 4:
		r.delete(ctx)
	}
}

// set writes the register, if nobody else is faster.
func (r *retrier) set(ctx context.Context) {
	now, err := r.cl.Get(ctx, versioned).Wait()
	if err != nil {
		return
	}
	w := r.write(versioned)
	st, err := r.cl.Set(ctx, versioned, []byte(w.data), now.Version).Wait()
	w.ended(err)
	if err != nil {
		return
	}
	if r.all.versions == nil {
		r.all.versions = make(map[int32]string)
	}
	if other, taken := r.all.versions[st.Version]; taken || st.Version != now.Version+1 {
		r.s.Errorf("%s has set version %d behind %d, and %q also has", w.data, st.Version, now.Version, other)
	}
	r.all.versions[st.Version] = w.data
}

// delete makes a node and deletes it. Nobody else does.
func (r *retrier) delete(ctx context.Context) {
	made, err := r.cl.Create(ctx, deletions+"/n", nil, zk.Protected()).Wait()
	if err != nil {
		return
	}
	r.count++
	w := &told{parent: deletions, data: made.Path}
	r.all.writes = append(r.all.writes, w)
	err = r.cl.Delete(ctx, made.Path, 0).WaitErr()
	w.ended(err)
	if errors.Is(err, zk.ErrNoNode) {
		r.s.Errorf("%s was made, and its deletion says: %v", made.Path, err)
	}
}

// judge compares what everybody was told with what is there.
func (all *retriers) judge(s *zktest.Sim, ctx context.Context, cl *zk.Client) {
	must := func(err error) {
		if err != nil {
			s.Fatalf("in the end: %v", err)
		}
	}
	must(cl.Sync(ctx, "/").WaitErr())
	there := make(map[string]int)
	for _, parent := range []string{plainCreates, protectedCreates, onceCreates, deletions} {
		kids, err := cl.Children(ctx, parent).Wait()
		must(err)
		for _, name := range kids.Names {
			n, err := cl.Get(ctx, parent+"/"+name).Wait()
			must(err)
			if parent == deletions {
				there[n.Path]++
			}
			there[parent+" "+string(n.Data)]++
		}
	}
	var sets, doubts int32
	for _, w := range all.writes {
		n := there[w.parent+" "+w.data]
		switch w.parent {
		case versioned:
			if w.fate == succeeded {
				sets++
			} else if w.fate == unclear {
				doubts++
			}
			continue
		case deletions:
			n = 1 - there[w.data]
		}
		if n > 1 || w.fate == succeeded && n != 1 || w.fate == failed && n != 0 {
			s.Errorf("%s in %s was carried out %d times, and its writer was told %v", w.data, w.parent, n, w.fate)
		}
	}
	n, err := cl.Get(ctx, versioned).Wait()
	must(err)
	if n.Version < sets || n.Version > sets+doubts {
		s.Errorf("the register was set %d times; %d Sets have succeeded, and %d are in doubt", n.Version, sets, doubts)
	}
	s.Sometimes("something is in doubt", doubts > 0)
}

func (f retryFate) String() string {
	return [...]string{"that it is unknown", "that it has failed", "that it has succeeded"}[f]
}
