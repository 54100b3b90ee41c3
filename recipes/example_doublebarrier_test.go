package recipes_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
)

// Two parts of a computation begin together and end together.
func ExampleDoubleBarrier() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	var parts []*future.Future[struct{}]
	for range 2 { // mostly on different machines
		parts = append(parts, future.Async(ctx, cl.Handler().Lane("part"), func(co *future.Co) (none struct{}, err error) {
			barrier := recipes.NewDoubleBarrier(cl, "/computation", 2)
			if _, err = future.Await(co, barrier.Enter(ctx)); err != nil {
				return none, err
			}
			fmt.Println("computes")
			if _, err = future.Await(co, barrier.Leave(ctx)); err != nil {
				return none, err
			}
			fmt.Println("both are done")
			return none, nil
		}))
	}
	if _, err := future.All(parts...).Wait(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// computes
	// computes
	// both are done
	// both are done
}
