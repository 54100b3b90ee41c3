package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/gazoo-go/gazoo/recipes"
)

// Items come by their priority, and then in the order in which they were put.
func ExampleQueue() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	jobs := recipes.NewQueue(cl, "/jobs")
	jobs.Put(ctx, []byte("first"))
	jobs.Put(ctx, []byte("second"))
	if err := jobs.Put(ctx, []byte("urgent"), recipes.Priority(10)).WaitErr(); err != nil {
		log.Fatal(err)
	}
	for {
		job, err := jobs.TryGet(ctx).Wait()
		if errors.Is(err, recipes.ErrEmpty) {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n", job)
	}
	// Output:
	// urgent
	// first
	// second
}

// A worker consumes an item when it is done with it. If it fails before, somebody else gets the item.
func ExampleLockingQueue() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	work := func(ctx context.Context, data []byte) error { // ctx ends when the item is lost
		fmt.Printf("doing %s\n", data)
		return nil
	}
	jobs := recipes.NewLockingQueue(cl, "/jobs")
	if err := jobs.Put(ctx, []byte("the report")).WaitErr(); err != nil {
		log.Fatal(err)
	}
	item, err := jobs.Get(ctx).Wait()
	if err != nil {
		log.Fatal(err)
	}
	if err := work(item.Context(ctx), item.Data); err != nil {
		item.Release(ctx) // for somebody else
		log.Fatal(err)
	}
	if err := item.Consume(ctx).WaitErr(); err != nil {
		log.Fatal(err)
	}
	left, err := jobs.Len(ctx).Wait()
	fmt.Println("left:", left, err)
	// Output:
	// doing the report
	// left: 0 <nil>
}
