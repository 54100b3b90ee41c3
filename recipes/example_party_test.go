package recipes_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gazoo-go/gazoo/recipes"
)

// Workers say that they are there, and somebody watches who is.
func ExampleParty() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	worker := func(id string) *recipes.Party {
		return recipes.NewShallowParty(cl, "/workers", recipes.WithIdentifier(id))
	}
	anna, ben := worker("anna"), worker("ben")
	if err := anna.Join(ctx).WaitErr(); err != nil {
		log.Fatal(err)
	}
	if err := ben.Join(ctx).WaitErr(); err != nil {
		log.Fatal(err)
	}

	watch := recipes.NewShallowParty(cl, "/workers").Watch() // takes no part
	defer watch.Stop()
	for members := range watch.Updates(ctx) {
		fmt.Println(members)
		if len(members) == 1 {
			break
		}
		anna.Leave(ctx)
	}
	// Output:
	// [anna ben]
	// [ben]
}
