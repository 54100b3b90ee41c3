package zktest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// How fast a world is: a real client reads from a server in the same world, bytes, frames, sessions,
// latencies and all.

func worldClients(b *testing.B, n int) (*handler.Deterministic, []*handler.Node, []*zk.Client) {
	b.Helper()
	b.Cleanup(zktest.LessGarbageCollection())
	world := handler.NewDeterministic(1)
	b.Cleanup(world.Stop)
	if _, err := zktest.InWorld(world.Node("server"), ":2181"); err != nil {
		b.Fatal(err)
	}
	world.Horizon(1 << 60)
	var nodes []*handler.Node
	var clients []*zk.Client
	for i := range n {
		node := world.Node(fmt.Sprint("client", i))
		cl, err := zk.Connect(context.Background(), "server:2181", zk.WithHandler(node))
		if err != nil {
			b.Fatal(err)
		}
		nodes, clients = append(nodes, node), append(clients, cl)
	}
	if err := clients[0].Create(context.Background(), "/node", make([]byte, 64)).WaitErr(); err != nil {
		b.Fatal(err)
	}
	return world, nodes, clients
}

// Callbacks start the next read: clients with so many reads under way each.
func BenchmarkWorldCallbacks(b *testing.B) {
	for _, depth := range []int{1, 32} {
		b.Run(fmt.Sprint("depth", depth), func(b *testing.B) {
			world, _, clients := worldClients(b, 5)
			ctx := context.Background()
			steps := world.Steps()
			left, pending := b.N, 0
			b.ReportAllocs()
			b.ResetTimer()
			for _, cl := range clients {
				var next func(zk.Node, error)
				start := func() {
					if left > 0 {
						left--
						pending++
						cl.Get(ctx, "/node").OnComplete(next)
					}
				}
				next = func(_ zk.Node, err error) {
					if err != nil {
						b.Error(err)
					}
					pending--
					start()
				}
				for range depth {
					start()
				}
			}
			if err := world.RunUntil(func() bool { return pending == 0 }); err != nil {
				b.Fatal(err)
			}
			report(b, world.Steps()-steps)
		})
	}
}

// Processes wait for each read.
func BenchmarkWorldProcesses(b *testing.B) {
	world, nodes, clients := worldClients(b, 5)
	ctx := context.Background()
	steps := world.Steps()
	left, running := b.N, len(clients)
	b.ReportAllocs()
	b.ResetTimer()
	for i, cl := range clients {
		nodes[i].Spawn(func() {
			for ; left > 0; left-- {
				if _, err := cl.Get(ctx, "/node").Wait(); err != nil {
					b.Error(err)
				}
			}
			running--
		})
	}
	if err := world.RunUntil(func() bool { return running == 0 }); err != nil {
		b.Fatal(err)
	}
	report(b, world.Steps()-steps)
}

// Coroutines await each read.
func BenchmarkWorldCoroutines(b *testing.B) {
	world, nodes, clients := worldClients(b, 5)
	ctx := context.Background()
	steps := world.Steps()
	left, running := b.N, len(clients)
	b.ReportAllocs()
	b.ResetTimer()
	for i, cl := range clients {
		future.Async(ctx, nodes[i].Lane("bench"), func(co *future.Co) (int, error) {
			for ; left > 0; left-- {
				if _, err := future.Await(co, cl.Get(ctx, "/node")); err != nil {
					b.Error(err)
				}
			}
			running--
			return 0, nil
		})
	}
	if err := world.RunUntil(func() bool { return running == 0 }); err != nil {
		b.Fatal(err)
	}
	report(b, world.Steps()-steps)
}

func report(b *testing.B, steps uint64) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64(steps)/float64(b.N), "steps/op")
}
