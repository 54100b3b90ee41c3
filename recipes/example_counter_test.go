package recipes_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// Numbers that are given out once: each Add has values of its own.
func ExampleCounter() {
	srv := zktest.Start() // or a real ZooKeeper
	defer srv.Close()
	ctx := context.Background()
	cl, err := zk.Connect(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()

	invoices := recipes.NewCounter(cl, "/invoices", recipes.WithDefault(1000))
	for range 2 {
		added, err := invoices.Add(ctx, 1).Wait()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("from %d to %d\n", added.Pre, added.Post)
	}
	// Output:
	// from 1000 to 1001
	// from 1001 to 1002
}

// Fractions are added in the same way.
func ExampleFloatCounter() {
	srv := zktest.Start() // or a real ZooKeeper
	defer srv.Close()
	ctx := context.Background()
	cl, err := zk.Connect(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()

	added, err := recipes.NewFloatCounter(cl, "/litres").Add(ctx, 2.5).Wait()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(added.Pre, added.Post)
	// Output: 0 2.5
}
