package curator

import (
	"context"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/game"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

func TestMain(m *testing.M) { server.Main(m) }

var games = []game.Game{
	{Kind: "lock", Limit: 1, Ordered: true, Join: func(cl *zk.Client, _ int, who recipes.Option) func(context.Context) *future.Future[*recipes.Held] {
		return recipes.NewLock(cl, game.Contest, who, recipes.CuratorNames()).Acquire
	}},
	{Kind: "readwrite", Limit: game.Everybody, Shared: game.Alternate, Join: func(cl *zk.Client, number int, who recipes.Option) func(context.Context) *future.Future[*recipes.Held] {
		if game.Alternate(number) {
			return recipes.NewReadLock(cl, game.Contest, who, recipes.CuratorNames()).Acquire
		}
		return recipes.NewWriteLock(cl, game.Contest, who, recipes.CuratorNames()).Acquire
	}},
	{Kind: "election", Limit: 1, Ordered: true, Join: func(cl *zk.Client, _ int, who recipes.Option) func(context.Context) *future.Future[*recipes.Held] {
		return recipes.NewElection(cl, game.Contest, who, recipes.CuratorNames()).Campaign
	}},
}

// Two clients of each kind, or four with GAZOO_INTEROP=full: then there are 100 turns of each kind and more, 200 rounds at
// the barrier, 200 additions of each kind and more.
func TestRealCurator(t *testing.T) {
	curator := install(t)
	ens := zktest.StartZooKeeper(t, 1)
	each, turns, rounds, quota := 2, 10, 8, 20
	if server.Full() {
		each, turns, rounds, quota = 4, 100, 200, 200
	}
	t.Run("order", func(t *testing.T) { testOrder(t, ens, curator) })
	for _, g := range games {
		t.Run(g.Kind, func(t *testing.T) {
			g.Play(t, ens, game.Guest{Name: "curator", Command: curator.command}, each, turns)
		})
	}
	t.Run("barrier", func(t *testing.T) { testBarrier(t, ens, curator, each, rounds) })
	t.Run("counter", func(t *testing.T) { testCounter(t, ens, curator, each, quota) })
}
