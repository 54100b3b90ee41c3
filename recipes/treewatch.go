package recipes

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// begin starts to watch, and to read everything.
func (t *TreeCache) begin(co *future.Co, ctx context.Context) error {
	if err := t.subscribe(co, ctx); err != nil {
		return err
	}
	t.stopState = t.cl.OnState(func(c zk.StateChange) { // from here on: an old server ends the connection at the question
		t.work.Dispatch(future.Func(func() { t.turned(c) }))
	})
	t.readAll()
	t.pump()
	return nil
}

// treeBuffer is how many events may wait for the lane. Of more, a Resync comes and everything is looked at again.
const treeBuffer = 1 << 16

// subscribe takes the subscription, if the server has such a thing.
func (t *TreeCache) subscribe(co *future.Co, ctx context.Context) error {
	for {
		sub, err := awaitOwn(co, t.cl.Subscribe(ctx, t.path, zk.PersistentRecursiveWatch, zk.OnLane(t.work), zk.Buffered(treeBuffer)))
		switch {
		case err == nil && t.closed.Load():
			sub.Close(context.Background())
			return zk.ErrClosed
		case err == nil:
			t.sub = sub
			sub.OnEvent(t.hear)
			sub.Ended().OnComplete(func(_ struct{}, err error) { t.unsubscribed(sub, err) })
			return nil
		case errors.Is(err, zk.ErrUnimplemented):
			t.sub = nil
			return nil
		}
		if err = t.again(co, ctx, t.cl, err); err != nil {
			return err
		}
	}
}

// unsubscribed goes on without a subscription that has ended although nobody has closed it here.
func (t *TreeCache) unsubscribed(sub *zk.Subscription, err error) {
	if t.closed.Load() || t.sub != sub {
		return
	}
	t.sub = nil
	if errors.Is(err, zk.ErrClosed) || errors.Is(err, zk.ErrSessionExpired) {
		t.over(err)
		return
	}
	if !errors.Is(err, zk.ErrUnimplemented) { // not a server that is too old, but RemoveWatches
		t.faults.tell(err)
	}
	future.Async(t.ctx, t.work, func(co *future.Co) (struct{}, error) {
		if err := t.subscribe(co, t.ctx); err != nil {
			t.over(err)
			return struct{}{}, err
		}
		t.readAll()
		t.pump()
		return struct{}{}, nil
	})
}

// turned hears of a change of state.
func (t *TreeCache) turned(c zk.StateChange) {
	if t.closed.Load() {
		return
	}
	switch c.To {
	case zk.Suspended:
		t.down = true
		t.tell(ConnectionSuspended, nil)
	case zk.Lost, zk.AuthFailed, zk.Closed:
		t.down = true
		t.tell(ConnectionLost, nil)
		if c.To != zk.Lost {
			t.over(zk.ErrClosed)
		}
	case zk.Connected, zk.ConnectedReadOnly:
		if !t.down {
			return
		}
		t.down = false
		t.tell(ConnectionReconnected, nil)
		if t.sub != nil {
			t.dueAgain(t.root) // by when that is answered the subscription has had its Resync
		} else {
			t.readAll()
		}
		t.owed = true
		t.pump()
	}
}

// hear reads what an event of the subscription makes necessary.
func (t *TreeCache) hear(ev zk.Event) {
	if t.closed.Load() {
		return
	}
	defer t.stir()
	if ev.Type == zk.Resync {
		t.readAll()
		return
	}
	if n, _ := t.root.find(ev.Path); n != nil {
		t.touch(n, readData)
		return
	}
	if ev.Type != zk.NodeCreated {
		return // of nobody that is to be here; or its creation is still to be read
	}
	cut := strings.LastIndexByte(ev.Path, '/')
	up, _ := t.root.find(ev.Path[:max(cut, 1)])
	switch {
	case up == nil:
	case up.node.Load() == nil:
		t.touch(up, readList) // when it is there
	default:
		t.welcome(up, ev.Path[cut+1:])
	}
}

// arm keeps a one-shot watch in its slot until it fires, and has then read what it is for.
func (t *TreeCache) arm(n *treeNode, slot *watching, w watching, what treeReads) {
	if n.gone || t.closed.Load() || slot.Changed != nil {
		w.Unwatch(context.Background())
		return
	}
	*slot = w
	w.Changed.On(t.work).OnComplete(func(ev zk.Event, err error) {
		if slot.Changed != w.Changed {
			return // it was taken back
		}
		*slot = watching{}
		if n.gone || t.closed.Load() || errors.Is(err, zk.ErrClosed) {
			return
		}
		if ev.Type == zk.NodeDeleted {
			what = readData
		}
		t.touch(n, what)
		t.stir()
	})
}

// disarm takes the watches of a place back, and returns when the server has been told of each.
func (n *treeNode) disarm() (told []future.Outcome) {
	n.forget()
	for _, slot := range []*watching{&n.data, &n.list} {
		if w := *slot; w.Changed != nil {
			*slot = watching{}
			told = append(told, w.Unwatch(context.Background()))
		}
	}
	return told
}

// over is the end that the client brings: nothing can be read any more. What is known stays, until Close.
func (t *TreeCache) over(err error) {
	t.ended = true
	t.ready.Complete(struct{}{}, err)
}

// pause leaves the server alone for a while.
func (t *TreeCache) pause() {
	if t.paused {
		return
	}
	t.paused = true
	t.work.AfterFunc(100*time.Millisecond, future.Func(func() {
		t.paused = false
		t.pump()
	}))
}
