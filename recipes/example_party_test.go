package recipes_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// Workers say that they are there, and somebody watches who is.
func ExampleParty() {
	srv := zktest.Start() // or a real ZooKeeper
	defer srv.Close()
	ctx := context.Background()
	cl, err := zk.Connect(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()

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
