package zk_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// Connect, write, read, close.
func Example() {
	srv := zktest.Start() // or a real ZooKeeper
	defer srv.Close()
	ctx := context.Background()

	cl, err := zk.Connect(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()

	if _, err := cl.Create(ctx, "/greeting", []byte("hello")).Wait(); err != nil {
		log.Fatal(err)
	}
	node, err := cl.Get(ctx, "/greeting").Wait()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, version %d\n", node.Data, node.Version)

	_, err = cl.Get(ctx, "/nobody").Wait()
	fmt.Println(errors.Is(err, zk.ErrNoNode), err)
	// Output:
	// hello, version 0
	// true zk: getData /nobody: zookeeper: node does not exist
}

// Operations are ordered when they are called, so a program need not wait in between: this is one
// round trip, and the last read sees all the writes.
func Example_pipelining() {
	srv := zktest.Start()
	defer srv.Close()
	ctx := context.Background()
	cl, err := zk.Connect(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()

	var writes []*future.Future[zk.Created]
	writes = append(writes, cl.Create(ctx, "/jobs", nil))
	for i := range 3 {
		writes = append(writes, cl.Create(ctx, fmt.Sprintf("/jobs/%d", i), nil))
	}
	list := cl.Children(ctx, "/jobs")
	if _, err := future.All(writes...).Wait(); err != nil {
		log.Fatal(err)
	}
	children, err := list.Wait()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(children.Names), "jobs")
	// Output: 3 jobs
}

// A watch is a future. This callback reads again whenever the node has changed, in one round trip
// with the next watch, so that no change is missed.
func ExampleClient_GetAndWatch_callback() {
	srv := zktest.Start()
	defer srv.Close()
	ctx := context.Background()
	cl, err := zk.Connect(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()
	cl.Create(ctx, "/config", []byte("one"))

	seen := make(chan string)
	var follow func()
	follow = func() {
		cl.GetAndWatch(ctx, "/config").OnComplete(func(w zk.Watched[zk.Node], err error) {
			if err != nil {
				return // closed, or the session has ended
			}
			w.Changed.OnComplete(func(_ zk.Event, err error) {
				if err == nil {
					follow()
				}
			})
			seen <- string(w.Value.Data)
		})
	}
	follow()
	fmt.Println(<-seen)
	cl.Set(ctx, "/config", []byte("two"), zk.AnyVersion)
	fmt.Println(<-seen)
	// Output:
	// one
	// two
}

// A watch as a channel, for select.
func ExampleClient_ExistsAndWatch_channel() {
	srv := zktest.Start()
	defer srv.Close()
	ctx := context.Background()
	cl, err := zk.Connect(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()

	watched, err := cl.ExistsAndWatch(ctx, "/ready").Wait()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("there:", watched.Value != nil)
	cl.Create(ctx, "/ready", nil)
	select {
	case r := <-watched.Changed.Chan():
		fmt.Println(r.Value.Type == zk.NodeCreated, r.Value.Path, r.Err)
	case <-ctx.Done():
	}
	// Output:
	// there: false
	// true /ready <nil>
}

// A watch in a coroutine: straight-line code that occupies no goroutine while it waits.
func ExampleClient_ChildrenAndWatch_coroutine() {
	srv := zktest.Start()
	defer srv.Close()
	ctx := context.Background()
	cl, err := zk.Connect(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()
	cl.Create(ctx, "/workers", nil)

	complete := future.Async(ctx, cl.Handler().Lane("example"), func(co *future.Co) (int, error) {
		for {
			list, err := future.Await(co, cl.ChildrenAndWatch(ctx, "/workers"))
			if err != nil {
				return 0, err
			}
			if n := len(list.Value.Names); n == 2 {
				_, err := future.Await(co, list.Unwatch(ctx))
				return n, err
			}
			if _, err := future.Await(co, list.Changed); err != nil {
				return 0, err
			}
		}
	})
	cl.Create(ctx, "/workers/w-", nil, zk.Ephemeral|zk.Sequential)
	cl.Create(ctx, "/workers/w-", nil, zk.Ephemeral|zk.Sequential)
	fmt.Println(complete.Wait())
	// Output: 2 <nil>
}

// All or nothing: the job moves from one list to the other, unless somebody else has changed it.
func ExampleClient_Txn() {
	srv := zktest.Start()
	defer srv.Close()
	ctx := context.Background()
	cl, err := zk.Connect(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()
	cl.Create(ctx, "/todo", nil)
	cl.Create(ctx, "/done", nil)
	cl.Create(ctx, "/todo/job", []byte("work"))

	move := func() error {
		tx := cl.Txn()
		tx.Delete("/todo/job", 0)
		moved := tx.Create("/done/job-", []byte("work"), zk.Sequential)
		if err := tx.Commit(ctx).WaitErr(); err != nil {
			return err
		}
		created, err := moved.Wait()
		fmt.Println("moved to", created.Path)
		return err
	}
	fmt.Println(move())
	err = move()
	var refused *zk.TxnError
	fmt.Println(errors.As(err, &refused), refused.Index, errors.Is(err, zk.ErrNoNode))
	// Output:
	// moved to /done/job-0000000000
	// <nil>
	// true 0 true
}

// An ephemeral node goes away with its session. Protected makes sure that there is exactly one, also
// when the connection is lost before the answer.
func ExampleClient_Create_ephemeral() {
	srv := zktest.Start()
	defer srv.Close()
	ctx := context.Background()
	worker, err := zk.Connect(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	observer, err := zk.Connect(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { observer.Close(ctx).Wait() }()

	created, err := worker.Create(ctx, "/members/w-", []byte("10.0.0.1"), zk.Ephemeral|zk.Sequential, zk.Protected(), zk.MakeParents()).Wait()
	if err != nil {
		log.Fatal(err)
	}
	watched, err := observer.ExistsAndWatch(ctx, created.Path).Wait()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("member:", watched.Value.EphemeralOwner == worker.Session().ID)
	worker.Close(ctx).Wait()
	event, err := watched.Changed.Wait()
	fmt.Println("gone:", event.Type == zk.NodeDeleted, err)
	// Output:
	// member: true
	// gone: true <nil>
}

// A view that retries gets through lost connections. What it must not do twice needs help: a marker tells whether
// a transaction was carried out.
func ExampleClient_WithRetry() {
	srv := zktest.Start()
	defer srv.Close()
	ctx := context.Background()
	cl, err := zk.Connect(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()
	view := cl.WithRetry(zk.RetryPolicy{MaxTries: 5, Deadline: time.Minute})
	if err := future.Join(view.EnsurePath(ctx, "/orders"), view.EnsurePath(ctx, "/ops")).WaitErr(); err != nil {
		log.Fatal(err)
	}

	tx := view.Txn()
	tx.Once("/ops/" + cl.GUID())
	tx.Create("/orders/order-", []byte("tea"), zk.Sequential)
	committed := tx.Commit(ctx)
	srv.Drop(cl.Session().ID) // before the answer or behind it, who knows
	if err := committed.WaitErr(); err != nil {
		log.Fatal(err)
	}
	orders, err := view.Children(ctx, "/orders").Wait()
	fmt.Println(len(orders.Names), err)

	// What takes several operations is run again as a whole.
	version, err := zk.Retry(ctx, cl, zk.RetryPolicy{}, func(co *future.Co) (int32, error) {
		node, err := future.Await(co, view.Get(ctx, "/orders"))
		if err != nil {
			return 0, err
		}
		st, err := future.Await(co, view.Set(ctx, "/orders", []byte("open"), node.Version))
		if errors.Is(err, zk.ErrBadVersion) {
			err = zk.ErrForceRetry // somebody was faster
		}
		return st.Version, err
	}).Wait()
	fmt.Println(version, err)
	// Output:
	// 1 <nil>
	// 1 <nil>
}

// A cache of a subtree: what an event names is read again, and everything after a Resync.
func ExampleClient_Subscribe() {
	srv := zktest.Start()
	defer srv.Close()
	ctx := context.Background()
	cl, err := zk.Connect(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()

	sub, err := cl.Subscribe(ctx, "/config", zk.PersistentRecursiveWatch).Wait()
	if err != nil {
		log.Fatal(err)
	}
	defer sub.Close(ctx)
	cl.Create(ctx, "/config", nil)
	cl.Create(ctx, "/config/a", []byte("1"))
	cl.Set(ctx, "/config/a", []byte("2"), zk.AnyVersion)
	cl.Delete(ctx, "/config/a", zk.AnyVersion)

	for ev := range sub.Events(ctx) { // or sub.OnEvent(func(ev zk.Event) { … }), or <-sub.C()
		if ev.Type == zk.Resync {
			fmt.Println("read everything again")
			continue
		}
		fmt.Println(ev.Type, ev.Path)
		if ev.Type == zk.NodeDeleted {
			break
		}
	}
	// Output:
	// NodeCreated /config
	// NodeCreated /config/a
	// NodeDataChanged /config/a
	// NodeDeleted /config/a
}
