package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

func (d *demo) pipeline(ctx context.Context, cl *zk.Client) error {
	const n = 1000
	since := time.Now()
	creates := make([]*future.Future[zk.Created], n)
	for i := range creates {
		creates[i] = cl.Create(ctx, fmt.Sprintf("/item-%04d", i), fmt.Appendf(nil, "value %d", i))
	}
	reads := make([]*future.Future[zk.Node], n)
	for i := range reads {
		reads[i] = cl.Get(ctx, fmt.Sprintf("/item-%04d", i))
	}
	d.say("%d calls have returned after %v; each is ordered already", 2*n, took(since))
	nodes, err := future.All(reads...).Wait()
	if err != nil {
		return errors.Join(err, future.Join(creates[0], creates[n-1]).WaitErr())
	}
	d.say("all reads are here after %v; the last one says %q", took(since), nodes[n-1].Data)

	since = time.Now()
	for i := range 100 {
		if err := cl.Get(ctx, fmt.Sprintf("/item-%04d", i)).WaitErr(); err != nil {
			return err
		}
	}
	d.say("for comparison: 100 reads, one after the other, take %v", took(since))
	return nil
}

func (d *demo) watch(ctx context.Context, cl *zk.Client) error {
	if err := cl.Create(ctx, "/weather", []byte("sun")).WaitErr(); err != nil {
		return err
	}
	byCallback, byChannel := cl.GetAndWatch(ctx, "/weather"), cl.GetAndWatch(ctx, "/weather")

	called := future.NewPromise[struct{}](cl.Handler().Lane("demo"))
	byCallback.OnComplete(func(w zk.Watched[zk.Node], err error) {
		if err != nil {
			called.Complete(struct{}{}, err)
			return
		}
		w.Changed.OnComplete(func(ev zk.Event, err error) {
			d.say("callback:  %v %s", ev.Type, ev.Path)
			called.Complete(struct{}{}, err)
		})
	})

	watching := future.NewPromise[struct{}](cl.Handler().Lane("demo"))
	told := future.Async(ctx, cl.Handler().Lane("demo"), func(co *future.Co) (struct{}, error) {
		w, err := future.Await(co, cl.GetAndWatch(ctx, "/weather"))
		if err != nil {
			return struct{}{}, err
		}
		watching.Complete(struct{}{}, nil)
		ev, err := future.Await(co, w.Changed)
		if err != nil {
			return struct{}{}, err
		}
		node, err := future.Await(co, cl.Get(ctx, "/weather"))
		if err != nil {
			return struct{}{}, err
		}
		d.say("coroutine: %v %s; it is %s now", ev.Type, ev.Path, node.Data)
		return struct{}{}, nil
	})

	w, err := byChannel.Wait()
	if err != nil {
		return err
	}
	if _, err := future.Join(byCallback, watching.Future()).WaitContext(ctx); err != nil {
		return err
	}
	d.say("the weather is %s; three watches are set; changing it", w.Value.Data)
	if err := cl.Set(ctx, "/weather", []byte("rain"), w.Value.Version).WaitErr(); err != nil {
		return err
	}
	select {
	case r := <-w.Changed.Chan():
		d.say("channel:   %v %s", r.Value.Type, r.Value.Path)
	case <-ctx.Done():
		return ctx.Err()
	}
	return future.Join(called.Future(), told).WaitErr()
}

func (d *demo) transaction(ctx context.Context, cl *zk.Client) error {
	if err := future.Join(cl.Create(ctx, "/alice", []byte("10")), cl.Create(ctx, "/bob", []byte("0"))).WaitErr(); err != nil {
		return err
	}
	tx := cl.Txn()
	tx.Set("/alice", []byte("3"), 0)
	paid := tx.Set("/bob", []byte("7"), 0)
	if err := tx.Commit(ctx).WaitErr(); err != nil {
		return err
	}
	st, err := paid.Wait()
	if err != nil {
		return err
	}
	d.say("alice paid bob 7: bob's node is at version %d", st.Version)

	tx = cl.Txn()
	tx.Set("/alice", []byte("-4"), zk.AnyVersion)
	tx.Check("/bob", 0)
	err = tx.Commit(ctx).WaitErr()
	if !errors.Is(err, zk.ErrBadVersion) {
		return fmt.Errorf("a stale check should have been refused, but: %w", err)
	}
	d.say("a second transaction is refused: %v", err)
	node, err := cl.Get(ctx, "/alice").Wait()
	if err != nil {
		return err
	}
	d.say("and alice still has %s", node.Data)
	return nil
}

func (d *demo) ephemeral(ctx context.Context, cl *zk.Client) error {
	other, err := d.connect(ctx)
	if err != nil {
		return err
	}
	made, err := other.Create(ctx, "/worker", nil, zk.Ephemeral).Wait()
	if err != nil {
		return err
	}
	w, err := cl.ExistsAndWatch(ctx, "/worker").Wait()
	if err != nil {
		return err
	}
	if w.Value == nil {
		return errors.New("the ephemeral node is not there")
	}
	d.say("%s belongs to session %#x", made.Path, uint64(w.Value.EphemeralOwner))
	since := time.Now()
	if err := other.Close(ctx).WaitErr(); err != nil {
		return err
	}
	ev, err := w.Changed.Wait()
	if err != nil {
		return err
	}
	d.say("its client is closed; %v later: %v %s", took(since), ev.Type, ev.Path)
	return nil
}
