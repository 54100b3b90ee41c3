package recipes_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// A copy of a tree tells what changes, and is read without asking anybody.
func ExampleTreeCache() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()
	cl.Create(ctx, "/config", nil)
	cl.Create(ctx, "/config/db", []byte("db1:5432"))

	cache := recipes.NewTreeCache(cl, "/config")
	events := make(chan recipes.TreeEvent, 100)
	cache.OnEvent(func(ev recipes.TreeEvent) { events <- ev })
	if err := cache.Start(ctx).WaitErr(); err != nil { // everything is there when it completes
		log.Fatal(err)
	}
	node, _ := cache.Get("/config/db")
	names, _ := cache.Children("/config")
	fmt.Printf("%s %v\n", node.Data, names)

	cl.Set(ctx, "/config/db", []byte("db2:5432"), zk.AnyVersion)
	for ev := range events {
		fmt.Printf("%v %q %q\n", ev.Type, ev.Node.Path, ev.Node.Data)
		if ev.Type == recipes.NodeUpdated {
			break
		}
	}
	cache.Close(ctx).Wait()
	// Output:
	// db1:5432 [db]
	// NodeAdded "/config" ""
	// NodeAdded "/config/db" "db1:5432"
	// Initialized "" ""
	// NodeUpdated "/config/db" "db2:5432"
}
