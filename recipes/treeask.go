package recipes

import (
	"errors"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// pump sends what there is room for, and tells when everything was read.
func (t *TreeCache) pump() {
	var some []*treeRead
	for t.head < len(t.todo) && t.inFlight+len(some) < t.window && !t.paused && !t.ended && !t.closed.Load() {
		n := t.todo[t.head]
		t.todo[t.head] = nil
		t.head++
		n.queued = false
		if n.gone {
			continue
		}
		if r := t.choose(n); r.what != readData || t.sub == nil || t.opt.noData || n.alone {
			t.ask(r)
		} else if some = append(some, r); len(some) == treeBatch {
			t.askTogether(some)
			some = nil
		}
	}
	t.askTogether(some)
	if t.head == len(t.todo) || t.head > 1<<16 { // else it would grow as long as there is always something to read
		t.todo = t.todo[:copy(t.todo, t.todo[t.head:])]
		t.head = 0
	}
	if t.owed && t.missing == 0 && !t.down && !t.closed.Load() {
		t.owed = false
		t.tell(Initialized, nil)
		t.ready.Complete(struct{}{}, nil)
	}
}

// treeBatch is of how many nodes the data is read by one request. It is most of what makes loading fast: a request costs a
// server more than a small node.
const treeBatch = 64

// askTogether reads the data of several nodes by one request. If that fails, because it is too large perhaps, each of them is
// asked for by one of its own from then on.
func (t *TreeCache) askTogether(some []*treeRead) {
	if len(some) < 2 {
		for _, r := range some {
			t.ask(r)
		}
		return
	}
	paths := make([]string, len(some))
	for i, r := range some {
		paths[i] = r.n.path
	}
	t.inFlight += len(some)
	t.cl.MultiGet(t.ctx, paths...).On(t.work).OnComplete(func(nodes []future.Result[zk.Node], err error) {
		t.inFlight -= len(some)
		if t.closed.Load() {
			return
		}
		for i, r := range some {
			switch {
			case err == nil:
				r.node, r.dataErr = nodes[i].Value, nodes[i].Err
			case errors.Is(err, zk.ErrClosed), errors.Is(err, zk.ErrAuthFailed):
				r.dataErr = err
			default:
				r.n.alone, r.dataErr = true, zk.ErrConnectionLoss // as if
			}
			t.answered(r)
		}
		t.pump()
	})
}

// choose decides what is read of a node.
func (t *TreeCache) choose(n *treeNode) *treeRead {
	t.asked++
	r := &treeRead{n: n, what: n.want, due: n.due, at: t.asked}
	n.want, n.busy = 0, true
	if r.what&(readCheck|readStat) != 0 && (n.node.Load() == nil || r.what&(readData|readList) == readData|readList) {
		r.what = r.what&^(readCheck|readStat) | readData
	}
	if !t.deep(n) {
		r.what &^= readList
	}
	if r.what&readData != 0 {
		r.what &^= readExist // which is for when that finds nothing
	}
	if r.what&^readStat != 0 {
		r.what &^= readStat // there is a Stat in every answer
	}
	return r
}

// ask reads what is wanted of a node, in one go.
func (t *TreeCache) ask(r *treeRead) {
	n := r.n
	shots := t.sub == nil
	if r.what&readData != 0 {
		switch armed := n.data.Changed != nil; {
		case shots && !armed && t.opt.noData:
			send(t, r, t.cl.ExistsAndWatch(t.ctx, n.path), func(w zk.Watched[*zk.Stat], err error) {
				r.stat(w.Value, err)
				if err == nil && (w.Value != nil || n == t.root) {
					t.arm(n, &n.data, watching{w.Changed, w.Unwatch}, readData)
				} else {
					w.Unwatch(t.ctx) // of a node that is not there: its parent tells if it comes
				}
			})
		case shots && !armed:
			send(t, r, t.cl.GetAndWatch(t.ctx, n.path), func(w zk.Watched[zk.Node], err error) {
				if r.node, r.dataErr = w.Value, err; err == nil {
					t.arm(n, &n.data, watching{w.Changed, w.Unwatch}, readData)
				}
			})
		case t.opt.noData:
			send(t, r, t.cl.Exists(t.ctx, n.path), r.stat)
		default:
			send(t, r, t.cl.Get(t.ctx, n.path), func(node zk.Node, err error) { r.node, r.dataErr = node, err })
		}
	}
	switch {
	case r.what&readStat != 0:
		send(t, r, t.cl.Exists(t.ctx, n.path), func(st *zk.Stat, err error) { r.exists, r.existErr = st, err })
	case r.what&readExist != 0:
		send(t, r, t.cl.ExistsAndWatch(t.ctx, n.path), func(w zk.Watched[*zk.Stat], err error) {
			if r.exists, r.existErr = w.Value, err; err == nil {
				t.arm(n, &n.data, watching{w.Changed, w.Unwatch}, readData)
			}
		})
	case r.what&readList != 0 && shots && n.list.Changed == nil:
		send(t, r, t.cl.ChildrenAndWatch(t.ctx, n.path), func(w zk.Watched[zk.ChildList], err error) {
			if r.list, r.listErr = w.Value, err; err == nil {
				t.arm(n, &n.list, watching{w.Changed, w.Unwatch}, readList)
			}
		})
	case r.what&(readList|readCheck) != 0:
		send(t, r, t.cl.Children(t.ctx, n.path), func(list zk.ChildList, err error) { r.list, r.listErr = list, err })
	}
	if r.left == 0 { // a list that is not wanted
		n.busy = false
		t.settle(n, r.due)
	}
}

// stat takes the answer of a read without data.
func (r *treeRead) stat(st *zk.Stat, err error) {
	switch r.dataErr = err; {
	case err != nil:
	case st == nil:
		r.dataErr = zk.ErrNoNode
	default:
		r.node.Stat = *st
	}
}

// send counts a request of r, and has its answer taken.
func send[T any](t *TreeCache, r *treeRead, f *future.Future[T], take func(T, error)) {
	r.left++
	t.inFlight++
	f.On(t.work).OnComplete(func(v T, err error) {
		take(v, err)
		t.inFlight--
		if r.left--; r.left > 0 || t.closed.Load() {
			return
		}
		t.answered(r)
		t.pump()
	})
}

// answered learns what the answers say.
func (t *TreeCache) answered(r *treeRead) {
	n := r.n
	n.busy = false
	if n.gone || t.ended {
		return
	}
	more := t.learn(r)
	t.touch(n, more)
	if more == 0 && n.held == nil {
		t.settle(n, r.due)
	}
	if r.same && !n.gone {
		t.vouch(n, r.at)
	}
}

// settle says that a node was looked at, in a reading of everything that it was due in.
func (t *TreeCache) settle(n *treeNode, due uint64) {
	if due != 0 && n.due == due {
		n.due = 0
		t.missing--
	}
}
