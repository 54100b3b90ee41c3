package recipes_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gazoo-go/gazoo/recipes"
)

// Numbers that are given out once: each Add has values of its own.
func ExampleCounter() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

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
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	added, err := recipes.NewFloatCounter(cl, "/litres").Add(ctx, 2.5).Wait()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(added.Pre, added.Post)
	// Output: 0 2.5
}
