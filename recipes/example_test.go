package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// connect returns a client of an in-process server, for examples; yours is zk.Connect(ctx, "host1:2181,host2:2181").
func connect() (cl *zk.Client, closeAll func()) {
	srv := zktest.Start()
	cl, err := zk.Connect(context.Background(), srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	return cl, func() {
		_ = cl.Close(context.Background()).WaitErr()
		srv.Close()
	}
}

// One of many does the work at a time. What it writes elsewhere carries the token, so that a resource that remembers the
// greatest one can refuse who has lost the lock and does not know.
func ExampleLock() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	lock := recipes.NewLock(cl, "/locks/report", recipes.WithIdentifier("worker-1"))
	err := lock.Do(ctx, func(ctx context.Context, held *recipes.Held) error {
		fmt.Println("held:", held.Err() == nil, "token is positive:", held.Token() > 0)
		_, err := lock.TryAcquire(ctx).Wait()
		fmt.Println(errors.Is(err, recipes.ErrNotAcquired))
		return nil
	})
	fmt.Println(err)
	// Output:
	// held: true token is positive: true
	// true
	// <nil>
}

// The time for which the lock is waited for is that of Acquire's context. What is held does not end with that.
func ExampleLock_Acquire() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	acquire := func(wait time.Duration) (*recipes.Held, error) {
		soon, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		return recipes.NewLock(cl, "/locks/report").Acquire(soon).Wait()
	}
	held, err := acquire(time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	_, err = acquire(100 * time.Millisecond)
	fmt.Println("in vain:", errors.Is(err, context.DeadlineExceeded))
	fmt.Println("held:", held.Err() == nil)
	fmt.Println(held.Release(ctx).WaitErr())
	// Output:
	// in vain: true
	// held: true
	// <nil>
}

// Many read at the same time, one writes alone.
func ExampleNewReadLock() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	one, err := recipes.NewReadLock(cl, "/table").Acquire(ctx).Wait()
	if err != nil {
		log.Fatal(err)
	}
	two, err := recipes.NewReadLock(cl, "/table").Acquire(ctx).Wait()
	if err != nil {
		log.Fatal(err)
	}
	writer := recipes.NewWriteLock(cl, "/table").Acquire(ctx) // waits behind both
	one.Release(ctx)
	two.Release(ctx)
	_, err = writer.Wait()
	fmt.Println("written:", err == nil)
	// Output: written: true
}

// At most two work at the same time.
func ExampleSemaphore() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	places := recipes.NewSemaphore(cl, "/workshop", 2, recipes.WithIdentifier("worker-1"))
	for range 3 {
		held, err := places.TryAcquire(ctx).Wait()
		fmt.Println(held != nil, errors.Is(err, recipes.ErrNotAcquired))
	}
	holders, err := places.Holders(ctx).Wait()
	fmt.Println(len(holders), holders[0].Identifier, err)
	// Output:
	// true false
	// true false
	// false true
	// 2 worker-1 <nil>
}

// One of many leads, until it has done its work or loses the leadership; then another one does.
func ExampleElection() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	election := recipes.NewElection(cl, "/scheduler", recipes.WithIdentifier("node-1"), recipes.Requeue())
	err := election.Run(ctx, func(ctx context.Context, term *recipes.Held) error {
		leader, err := election.Leader(ctx).Wait()
		if err != nil {
			return err
		}
		fmt.Println("led by", leader.Identifier)
		return nil // resigns
	})
	fmt.Println(err)
	// Output:
	// led by node-1
	// <nil>
}

// Everybody else can see who leads.
func ExampleElection_Observe() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	election := recipes.NewElection(cl, "/scheduler", recipes.WithIdentifier("node-1"))
	for leader := range election.Observe(ctx) {
		if leader != nil {
			fmt.Println("led by", leader.Identifier)
			break
		}
		fmt.Println("led by nobody")
		election.Campaign(ctx)
	}
	// Output:
	// led by nobody
	// led by node-1
}

// A configuration is followed as it changes.
func ExampleDataWatch() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	watch := recipes.NewDataWatch(cl, "/config")
	for u := range watch.Updates(ctx) {
		switch {
		case !u.Exists:
			fmt.Println("no configuration")
			cl.Create(ctx, "/config", []byte("blue"))
		case string(u.Data) == "blue":
			fmt.Println("blue")
			cl.Set(ctx, "/config", []byte("green"), u.Stat.Version)
		default:
			fmt.Println(string(u.Data))
			watch.Stop()
		}
	}
	// Output:
	// no configuration
	// blue
	// green
}

// A callback gets what is there whenever it changes, on a lane of its own.
func ExampleChildrenWatch() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	if err := cl.Create(ctx, "/services/web", nil, zk.MakeParents()).WaitErr(); err != nil {
		log.Fatal(err)
	}
	seen := make(chan []string, 1)
	watch := recipes.NewChildrenWatch(cl, "/services")
	stop := watch.OnUpdate(func(u recipes.ChildrenUpdate) { seen <- u.Names })
	fmt.Println(<-seen)
	cl.Create(ctx, "/services/mail", nil)
	fmt.Println(<-seen)
	stop().Wait()
	watch.Stop().Wait()
	// Output:
	// [web]
	// [mail web]
}

// Who starts together with others waits until all are there.
func ExamplePatientChildrenWatch() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	for _, name := range []string{"a", "b", "c"} {
		if err := cl.Create(ctx, "/members/"+name, nil, zk.MakeParents()).WaitErr(); err != nil {
			log.Fatal(err)
		}
	}
	settled, err := recipes.NewPatientChildrenWatch(cl, "/members", 100*time.Millisecond).Start(ctx).Wait()
	fmt.Println(len(settled.Value.Names), err)
	cl.Delete(ctx, "/members/b", zk.AnyVersion)
	ev, err := settled.Changed.Wait()
	fmt.Println(ev.Path, err)
	// Output:
	// 3 <nil>
	// /members <nil>
}

// Something is done once an hour, by whoever comes first.
func ExampleLease() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	for _, who := range []string{"node-1", "node-2"} {
		_, err := recipes.NewLease(cl, "/clean-up", time.Hour, recipes.WithIdentifier(who)).Acquire(ctx).Wait()
		var taken *recipes.TakenError
		if errors.As(err, &taken) {
			fmt.Println(who, "leaves it to", taken.Holder)
		} else if err == nil {
			fmt.Println(who, "cleans up")
		}
	}
	// Output:
	// node-1 cleans up
	// node-2 leaves it to node-1
}

// Two of many may do it.
func ExampleMultiLease() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	for _, who := range []string{"node-1", "node-2", "node-3"} {
		_, err := recipes.NewMultiLease(cl, "/mirrors", 2, time.Hour, recipes.WithIdentifier(who)).Acquire(ctx).Wait()
		fmt.Println(who, err == nil)
	}
	// Output:
	// node-1 true
	// node-2 true
	// node-3 false
}
