package zktest_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A load is workers that use one client as hard as they can, each a directory of its own, and know afterwards what
// must be there. A third of them wait for futures, a third chain callbacks, a third are coroutines.
//
// What a write has come to is one of three fates: it was acknowledged; it failed and may have been applied; it
// failed and must not have been applied. Nobody but the worker writes into its directory, and the session's order is
// its order, so the state of its nodes at the end follows from these up to the "may".
type load struct {
	t       *testing.T
	cl      *zk.Client
	workers []*worker
	stop    atomic.Bool
	calm    atomic.Bool // the workers take a break after each batch
	issued  atomic.Int64
	ended   atomic.Int64
	acked   atomic.Int64 // writes
	running sync.WaitGroup

	mu    sync.Mutex // guards fails
	fails map[string]int
}

// A worker's fields belong to whoever runs it, and to the test once that has ended.
type worker struct {
	load *load
	id   int
	dir  string
	rng  *rand.Rand

	nodes   map[string]fate // by name
	old     []string        // nodes that may be deleted, oldest first
	next    int
	reg     register // set alone
	counter register // set in transactions, each with the creation of a node
	watches []*watched
}

type fate int

const (
	absent fate = iota
	maybe       // the create is in doubt
	present
	doubted // the delete is in doubt
)

// A register is a node whose data counts the Sets that were issued, and its version those that were applied.
type register struct {
	issued  int
	acked   int   // the newest one acknowledged
	oks     int   // how many were
	doubts  []int // in doubt
	read    int   // the newest value that was read
	version int32 // by the newest reply
}

// A watched is a watch and what the node was when it was set.
type watched struct {
	path    string
	kind    string // "get", "exists", "children"
	zxid    int64  // of the last change; 0: the node was not there
	changed *future.Future[zk.Event]
}

func startLoad(t *testing.T, cl *zk.Client, workers int) *load {
	t.Helper()
	l := &load{t: t, cl: cl, fails: make(map[string]int)}
	var made []*future.Future[zk.Created]
	for i := range workers {
		w := &worker{load: l, id: i, dir: dirOf(i), rng: rand.New(rand.NewPCG(1, uint64(i))), nodes: make(map[string]fate)}
		l.workers = append(l.workers, w)
		made = append(made, cl.Create(bg, w.dir, nil), cl.Create(bg, w.dir+"/reg", []byte("0")), cl.Create(bg, w.dir+"/counter", []byte("0")))
	}
	got(t, future.All(made...))
	t.Cleanup(func() { // whatever happened, before the client is closed
		l.stop.Store(true)
		l.running.Wait()
	})
	for i, w := range l.workers {
		l.running.Add(1)
		switch i % 3 {
		case 0:
			go w.futures()
		case 1:
			w.callbacks()
		case 2:
			future.Async(bg, cl.Handler().Lane(fmt.Sprintf("worker-%d/body", i)), w.coroutine)
		}
	}
	return l
}

func dirOf(i int) string { return fmt.Sprintf("/w%02d", i) }

// finish stops the workers and checks that everything they started has ended.
func (l *load) finish() {
	l.t.Helper()
	l.stop.Store(true)
	over := make(chan struct{})
	go func() {
		l.running.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(realPatience):
		l.t.Fatalf("of %d operations %d have not ended within %v", l.issued.Load(), l.issued.Load()-l.ended.Load(), realPatience)
	}
	eventually(l.t, "no operation in flight", func() bool { return l.cl.InFlight() == 0 })
	l.t.Logf("%d operations, %d writes acknowledged, failures: %v", l.ended.Load(), l.acked.Load(), l.fails)
}

// progress waits until so many more writes are acknowledged.
func (l *load) progress(n int64) {
	l.t.Helper()
	before := l.acked.Load()
	eventually(l.t, "progress", func() bool { return l.acked.Load() >= before+n })
}

// The three styles. A batch is issued without waiting in between, and its results are looked at in its order.

func (w *worker) futures() {
	defer w.load.running.Done()
	for !w.load.stop.Load() {
		for _, p := range w.batch() {
			p.wait()
		}
	}
}

func (w *worker) callbacks() {
	batch := w.batch()
	var left atomic.Int64
	left.Store(int64(len(batch)))
	for _, p := range batch {
		p.call(func() { // on the client's completion lane, but for a rest
			if left.Add(-1) > 0 {
				return
			}
			if w.load.stop.Load() {
				w.load.running.Done()
				return
			}
			w.callbacks()
		})
	}
}

func (w *worker) coroutine(co *future.Co) (struct{}, error) {
	defer w.load.running.Done()
	for !w.load.stop.Load() {
		for _, p := range w.batch() {
			p.await(co)
		}
	}
	return struct{}{}, nil
}

// A pending is an operation on its way, whatever its type.
type pending struct {
	wait  func()
	call  func(then func())
	await func(co *future.Co)
}

func pend[T any](w *worker, f *future.Future[T], record func(T, error)) pending {
	w.load.issued.Add(1)
	note := func(v T, err error) {
		w.load.note(err)
		record(v, err)
		w.load.ended.Add(1)
	}
	return pending{
		wait:  func() { note(f.Wait()) },
		call:  func(then func()) { f.OnComplete(func(v T, err error) { note(v, err); then() }) },
		await: func(co *future.Co) { note(future.Await(co, f)) },
	}
}

// note counts failures, and reports those that a lost connection does not explain.
func (l *load) note(err error) {
	if err == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	text := "not applied"
	if zk.MaybeApplied(err) {
		text = "maybe applied"
	}
	var oe *zk.OpError
	if errors.As(err, &oe) {
		text = fmt.Sprint(oe.Op, ": ", oe.Err, ", ", text)
	}
	l.fails[text]++
	// A server may refuse what reaches it before the news that the session has moved to it: seen of multis, on 3.4.
	explained := errors.Is(err, zk.ErrConnectionLoss) || errors.Is(err, zk.ErrSessionMoved) && !zk.MaybeApplied(err)
	if !explained && !l.stop.Swap(true) { // the first one tells enough
		l.t.Errorf("unexpected: %v", err)
	}
}

// keptNodes is how many nodes a worker lets stand.
const keptNodes = 30

// batch issues one to six operations.
func (w *worker) batch() (batch []pending) {
	for range 1 + w.rng.IntN(6) {
		var p pending
		switch kind := w.rng.IntN(8); {
		case kind < 4 && len(w.old) > keptNodes:
			p = w.remove()
		case kind < 2:
			p = w.create()
		case kind < 4:
			p = w.txn()
		case kind < 5:
			p = w.set()
		case kind < 7:
			p = w.get()
		default:
			p = w.watch()
		}
		batch = append(batch, p)
	}
	if w.load.calm.Load() {
		batch = append(batch, w.rest(time.Duration(w.rng.Int64N(int64(time.Second)))))
	}
	return batch
}

// rest is an operation that only takes its time.
func (w *worker) rest(d time.Duration) pending {
	lane := w.load.cl.Handler().Lane(fmt.Sprintf("worker-%d/rest", w.id))
	p := future.NewPromise[struct{}](lane)
	lane.AfterFunc(d, future.Func(func() { p.Complete(struct{}{}, nil) }))
	return pend(w, p.Future(), func(struct{}, error) {})
}

func (w *worker) name() string {
	w.next++
	return fmt.Sprintf("n%06d", w.next)
}

// wrote is the fate of a write with this outcome: yes, perhaps, or no.
func (w *worker) wrote(err error, yes, perhaps, no fate) fate {
	switch {
	case err == nil:
		w.load.acked.Add(1)
		return yes
	case zk.MaybeApplied(err):
		return perhaps
	}
	return no
}

func (w *worker) create() pending {
	name, opts := w.name(), []zk.CreateOption(nil)
	if w.rng.IntN(4) == 0 {
		opts = append(opts, zk.Ephemeral)
	}
	w.nodes[name] = maybe
	return pend(w, w.load.cl.Create(bg, w.dir+"/"+name, []byte(name), opts...), func(c zk.Created, err error) {
		w.made(name, err)
		if err == nil && c.Path != w.dir+"/"+name {
			w.load.t.Errorf("created %s, want %s", c.Path, w.dir+"/"+name)
		}
	})
}

func (w *worker) made(name string, err error) {
	if w.nodes[name] = w.wrote(err, present, maybe, absent); err == nil {
		w.old = append(w.old, name)
	}
}

// remove deletes the oldest node whose creation is acknowledged.
func (w *worker) remove() pending {
	name := w.old[0]
	w.old = w.old[1:]
	w.nodes[name] = doubted
	return pend(w, w.load.cl.Delete(bg, w.dir+"/"+name, zk.AnyVersion), func(_ struct{}, err error) {
		if w.nodes[name] = w.wrote(err, absent, doubted, present); err == nil {
			delete(w.nodes, name) // what the map does not name must not be there
		}
	})
}

func (w *worker) set() pending {
	r := &w.reg
	r.issued++
	v := r.issued
	return pend(w, w.load.cl.Set(bg, w.dir+"/reg", []byte(strconv.Itoa(v)), zk.AnyVersion), func(st zk.Stat, err error) {
		w.setDone(r, v, st, err)
	})
}

func (w *worker) setDone(r *register, v int, st zk.Stat, err error) {
	switch w.wrote(err, present, maybe, absent) {
	case present:
		r.acked, r.oks = v, r.oks+1
		if st.Version <= r.version {
			w.load.t.Errorf("%s: set %d got version %d after %d", w.dir, v, st.Version, r.version)
		}
		r.version = st.Version
	case maybe:
		r.doubts = append(r.doubts, v)
	}
}

// get reads the register. The session's order says what must be seen at least and at most.
func (w *worker) get() pending {
	r := &w.reg
	issued := r.issued
	return pend(w, w.load.cl.Get(bg, w.dir+"/reg"), func(n zk.Node, err error) {
		if err != nil {
			if zk.MaybeApplied(err) {
				w.load.t.Errorf("a read may have been applied: %v", err)
			}
			return
		}
		v, _ := strconv.Atoi(string(n.Data))
		if v < r.acked || v < r.read || v > issued {
			w.load.t.Errorf("%s: read %d, when %d was acknowledged, %d read before, %d issued", w.dir, v, r.acked, r.read, issued)
		}
		r.read = v
	})
}

// txn creates a node and sets the counter, both or neither.
func (w *worker) txn() pending {
	r := &w.counter
	r.issued++
	v := r.issued
	name := fmt.Sprintf("t%06d", v)
	w.nodes[name] = maybe
	tx := w.load.cl.Txn()
	tx.Check(w.dir, zk.AnyVersion)
	tx.Create(w.dir+"/"+name, []byte(name))
	set := tx.Set(w.dir+"/counter", []byte(strconv.Itoa(v)), zk.AnyVersion)
	return pend(w, tx.Commit(bg), func(_ struct{}, err error) {
		st, setErr, ready := set.Poll()
		if !ready || (setErr == nil) != (err == nil) {
			w.load.t.Errorf("%s: commit said %v, and its set %v", w.dir, err, setErr)
		}
		w.made(name, err)
		switch {
		case err == nil:
			r.acked, r.oks, r.version = v, r.oks+1, st.Version
		case zk.MaybeApplied(err):
			r.doubts = append(r.doubts, v)
		}
	})
}

// watch watches something of the next worker's.
func (w *worker) watch() pending {
	cl, dir := w.load.cl, dirOf((w.id+1)%len(w.load.workers))
	switch w.rng.IntN(3) {
	case 0:
		return pend(w, cl.GetAndWatch(bg, dir+"/reg"), func(x zk.Watched[zk.Node], err error) {
			if err == nil {
				w.watches = append(w.watches, &watched{dir + "/reg", "get", x.Value.Mzxid, x.Changed})
			}
		})
	case 1:
		return pend(w, cl.ChildrenAndWatch(bg, dir), func(x zk.Watched[zk.ChildList], err error) {
			if err == nil {
				w.watches = append(w.watches, &watched{dir, "children", x.Value.Pzxid, x.Changed})
			}
		})
	default:
		path := fmt.Sprintf("%s/n%06d", dir, w.next+w.rng.IntN(20)) // the next worker's counter is somewhere there
		return pend(w, cl.ExistsAndWatch(bg, path), func(x zk.Watched[*zk.Stat], err error) {
			if err == nil {
				w.watches = append(w.watches, &watched{path, "exists", mzxid(x.Value), x.Changed})
			}
		})
	}
}

func mzxid(st *zk.Stat) int64 {
	if st == nil {
		return 0
	}
	return st.Mzxid
}
