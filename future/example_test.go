package future_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// fetch stands for an operation of a client: it returns at once, and its result comes later.
func fetch(l future.Executor, key string) *future.Future[string] {
	p := future.NewPromise[string](l)
	go func() {
		if key == "" {
			p.Complete("", errors.New("no key"))
			return
		}
		p.Complete("value of "+key, nil)
	}()
	return p.Future()
}

// One future, three ways to use it.
func ExampleFuture() {
	h := handler.NewPool()
	defer h.Stop()
	l := h.Lane("example")
	f := fetch(l, "a")

	called := future.NewPromise[bool](l)
	f.OnComplete(func(v string, err error) { // a callback, on the lane
		fmt.Println("called with", v, err)
		called.Complete(true, nil)
	})
	called.Future().Wait()

	v, err := f.Wait() // any number of times, from any goroutine
	fmt.Println("waited for", v, err)

	select { // where a channel is wanted
	case r := <-f.Chan():
		fmt.Println("received", r.Value, r.Err)
	case <-context.Background().Done():
	}
	// Output:
	// called with value of a <nil>
	// waited for value of a <nil>
	// received value of a <nil>
}

// Then transforms a result where it arrives, and may change its type. Errors pass by.
func ExampleThen() {
	h := handler.NewPool()
	defer h.Stop()
	l := h.Lane("example")
	length := func(s string) (int, error) { return len(s), nil }

	fmt.Println(future.Then(fetch(l, "a"), length).Wait())
	fmt.Println(future.Then(fetch(l, ""), length).Wait())
	// Output:
	// 10 <nil>
	// 0 no key
}

// Compose goes on with another operation, and Recover does where one has failed.
func ExampleCompose() {
	h := handler.NewPool()
	defer h.Stop()
	l := h.Lane("example")

	both := future.Compose(fetch(l, "a"), func(v string) *future.Future[string] {
		return fetch(l, v)
	})
	fmt.Println(both.Wait())

	instead := future.Recover(fetch(l, ""), func(err error) *future.Future[string] {
		return future.Value("nothing: " + err.Error())
	})
	fmt.Println(instead.Wait())
	// Output:
	// value of value of a <nil>
	// nothing: no key <nil>
}

// All collects what was started at the same time. The operations are ordered by their calls; none
// waits for the one before it.
func ExampleAll() {
	h := handler.NewPool()
	defer h.Stop()
	l := h.Lane("example")

	fmt.Println(future.All(fetch(l, "a"), fetch(l, "b"), fetch(l, "c")).Wait())
	fmt.Println(future.All(fetch(l, "a"), fetch(l, "")).Wait())
	// Output:
	// [value of a value of b value of c] <nil>
	// [] no key
}

// A coroutine reads like blocking code and blocks nothing. Its lane makes it safe to share n with
// the lane's callbacks and other coroutines without a lock.
func ExampleAsync() {
	h := handler.NewPool()
	defer h.Stop()
	l := h.Lane("example")
	n := 0
	count := func(key string) *future.Future[string] {
		return future.Async(context.Background(), l, func(co *future.Co) (string, error) {
			v, err := future.Await(co, fetch(l, key))
			if err != nil {
				return "", fmt.Errorf("counting: %w", err)
			}
			n++
			return v + " is number " + strconv.Itoa(n), nil
		})
	}
	fmt.Println(count("a").Wait())
	fmt.Println(count("b").Wait())
	fmt.Println(count("").Wait())
	// Output:
	// value of a is number 1 <nil>
	// value of b is number 2 <nil>
	//  counting: no key
}

// When its context ends, a coroutine unwinds. What must still be done then goes into a Shield.
func ExampleCo_Shield() {
	h := handler.NewPool()
	defer h.Stop()
	l := h.Lane("example")
	ctx, cancel := context.WithCancel(context.Background())
	never := future.NewPromise[string](l)

	f := future.Async(ctx, l, func(co *future.Co) (string, error) {
		defer co.Shield(func(context.Context) error {
			v, err := future.Await(co, fetch(l, "the lock"))
			fmt.Println("given back:", v)
			return err
		})
		cancel() // somebody else would do that
		return future.Await(co, never.Future())
	})
	fmt.Println(f.WaitErr())
	// Output:
	// given back: value of the lock
	// context canceled
}

// AsCompleted is for results that are used as they come.
func ExampleAsCompleted() {
	p, q := future.NewPromise[string](nil), future.NewPromise[string](nil)
	q.Complete("second", nil)
	for i, r := range future.AsCompleted(p.Future(), q.Future()) {
		fmt.Println(i, r.Value, r.Err)
		p.Complete("first", nil)
	}
	// Output:
	// 1 second <nil>
	// 0 first <nil>
}
