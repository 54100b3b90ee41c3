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
		if r := t.choose(n); !t.joins(r) {
			t.ask(r)
		} else if some = append(some, r); len(some) >= t.together {
			t.askTogether(some)
			some = nil
		}
	}
	t.askTogether(some)
	if t.head == len(t.todo) || t.head > 1<<16 { // else it would grow as long as there is always something to read
		t.todo = t.todo[:copy(t.todo, t.todo[t.head:])]
		t.head = 0
	}
	if t.inFlight == 0 && len(t.todo) == 0 {
		t.window = treeWindow // another time there may be room
	}
	if t.owed && t.missing == 0 && !t.down && !t.closed.Load() {
		t.owed = false
		t.tell(Initialized, nil)
		t.ready.Complete(struct{}{}, nil)
	}
}

// stir has pump called when what is queued on the lane already is done: what comes together is asked for together.
func (t *TreeCache) stir() {
	if !t.stirred {
		t.stirred = true
		t.work.Dispatch(future.Func(func() {
			t.stirred = false
			t.pump()
		}))
	}
}

const (
	// treeBatch is of how many nodes the data is read by one request. A request costs a server twenty times as much as a
	// small node in it.
	treeBatch = 64
	// treeBytes is how much data a request should ask for.
	treeBytes = 1 << 20
	// treeSmall is how much data may be read again to know whether it has changed.
	treeSmall = 1 << 10
)

// joins reports whether r is to be one of several reads in one request.
func (t *TreeCache) joins(r *treeRead) bool {
	if r.what != readData || t.sub == nil || r.n.alone {
		return false
	}
	known := r.n.node.Load()
	return known == nil && !t.opt.noData || known != nil && known.DataLength <= treeSmall
}

// askTogether reads the data of several nodes by one request. If that fails, because it is too long perhaps, each of them is
// asked for by one of its own.
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
		size := 0
		for i, r := range some {
			switch {
			case err == nil:
				r.node, r.dataErr = nodes[i].Value, nodes[i].Err
				size += len(r.node.Data)
			case errors.Is(err, zk.ErrClosed), errors.Is(err, zk.ErrAuthFailed), errors.Is(err, zk.ErrOverloaded), errors.Is(err, zk.ErrThrottled):
				r.dataErr = err
			default:
				r.n.alone, r.dataErr = true, zk.ErrConnectionLoss // as if
			}
			t.answered(r)
		}
		switch {
		case err != nil || size > treeBytes:
			t.together = max(t.together/2, 1)
		case size < treeBytes/4 && len(some) == t.together:
			t.together = min(2*t.together, treeBatch)
		}
		t.stir()
	})
}

// choose decides what is read of a node.
func (t *TreeCache) choose(n *treeNode) *treeRead {
	t.asked++
	r := &treeRead{n: n, what: n.want, due: n.due, at: t.asked}
	n.want, n.busy = 0, true
	if r.what&readStat != 0 && n.node.Load() == nil {
		r.what |= readData
	}
	if !t.deep(n) || n.long != nil && !n.long.again {
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
				t.armStat(n, w, err)
			})
		case shots && !armed:
			send(t, r, t.cl.GetAndWatch(t.ctx, n.path), func(w zk.Watched[zk.Node], err error) {
				if r.node, r.dataErr = w.Value, err; err == nil {
					t.arm(n, &n.data, watched(w), readData)
				}
			})
		case t.opt.noData:
			send(t, r, t.cl.Exists(t.ctx, n.path), r.stat)
		default:
			send(t, r, t.cl.Get(t.ctx, n.path), func(node zk.Node, err error) { r.node, r.dataErr = node, err })
		}
	}
	switch {
	case r.what&readExist != 0 && shots && n.data.Changed == nil:
		send(t, r, t.cl.ExistsAndWatch(t.ctx, n.path), func(w zk.Watched[*zk.Stat], err error) {
			r.exists, r.existErr = w.Value, err
			t.armStat(n, w, err)
		})
	case r.what&(readExist|readStat) != 0:
		send(t, r, t.cl.Exists(t.ctx, n.path), func(st *zk.Stat, err error) { r.exists, r.existErr = st, err })
	case r.what&readList != 0 && shots && n.list.Changed == nil:
		send(t, r, t.cl.ChildrenAndWatch(t.ctx, n.path), func(w zk.Watched[zk.ChildList], err error) {
			if r.list, r.listErr = w.Value, err; err == nil {
				t.arm(n, &n.list, watched(w), readList)
			}
		})
	case r.what&readList != 0:
		send(t, r, t.cl.Children(t.ctx, n.path), func(list zk.ChildList, err error) { r.list, r.listErr = list, err })
	}
	if r.left == 0 { // a list that is not wanted
		n.busy = false
		t.settle(n, r.due)
	}
}

// armStat arms the watch of an answer without data, unless there is no such node: its parent tells if it comes.
func (t *TreeCache) armStat(n *treeNode, w zk.Watched[*zk.Stat], err error) {
	if err == nil && (w.Value != nil || n == t.root) {
		t.arm(n, &n.data, watched(w), readData)
	} else {
		w.Unwatch(t.ctx)
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
		if r.what&readData != 0 && r.dataErr == nil {
			r.n.alone = false
		}
		t.answered(r)
		t.stir()
	})
}

// watched is the watch without what was read with it, which it would keep.
func watched[T any](w zk.Watched[T]) watching {
	var none T
	w.Value = none
	return watching{w.Changed, w.Unwatch}
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
