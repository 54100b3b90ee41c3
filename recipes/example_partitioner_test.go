package recipes_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
)

// A worker has a part of the shards, until others come or go.
func ExampleSetPartitioner() {
	cl, closeAll := connect()
	defer closeAll()
	ctx := context.Background()

	shards := []string{"shard-1", "shard-2", "shard-3"}
	join := func(id string) *recipes.SetPartitioner {
		return recipes.NewSetPartitioner(cl, "/workers", shards,
			recipes.WithIdentifier(id), recipes.WithTimeBoundary(10*time.Millisecond))
	}
	anna := join("anna")
	var ben *recipes.SetPartitioner
	for part := range anna.Updates(ctx) {
		switch part.State {
		case recipes.PartitionAcquired:
			fmt.Println("anna works at", part.Items)
			if ben == nil {
				ben = join("ben")
				continue
			}
			theirs, err := ben.WaitForAcquire(ctx).Wait()
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println("ben works at", theirs.Items)
			anna.Finish(ctx)
		case recipes.PartitionRelease:
			anna.Release(ctx) // after her work has stopped
		case recipes.PartitionFailure:
			fmt.Println("anna has finished:", part.Err)
		}
	}
	// Output:
	// anna works at [shard-1 shard-2 shard-3]
	// anna works at [shard-1 shard-3]
	// ben works at [shard-2]
	// anna has finished: recipes: released
}
