package recipes_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gazoo-go/gazoo/recipes"
)

// Workers wait until somebody says that they may begin.
func ExampleBarrier() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	migration := recipes.NewBarrier(cl, "/migration")
	if err := migration.Create(ctx).WaitErr(); err != nil {
		log.Fatal(err)
	}
	worker := migration.Wait(ctx)
	_, _, done := worker.Poll()
	fmt.Println("done:", done)

	was, err := migration.Remove(ctx).Wait()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("removed:", was)
	fmt.Println("may begin:", worker.WaitErr() == nil)
	// Output:
	// done: false
	// removed: true
	// may begin: true
}
