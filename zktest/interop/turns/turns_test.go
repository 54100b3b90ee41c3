package turns

import (
	"context"
	"os/exec"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/internal/java"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/game"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/python"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

func TestMain(m *testing.M) { server.Main(m) }

const (
	each       = 4 // contenders of each client
	leases     = 3
	fullTurns  = 100
	shortTurns = 25
)

var games = []game.Game{
	{Kind: "lock", Limit: 1, Ordered: true, Join: func(cl *zk.Client, _ int, who recipes.Option) func(context.Context) *future.Future[*recipes.Held] {
		return recipes.NewLock(cl, game.Contest, who).Acquire
	}},
	{Kind: "readwrite", Limit: game.Everybody, Shared: game.Alternate, Join: func(cl *zk.Client, number int, who recipes.Option) func(context.Context) *future.Future[*recipes.Held] {
		if game.Alternate(number) {
			return recipes.NewReadLock(cl, game.Contest, who).Acquire
		}
		return recipes.NewWriteLock(cl, game.Contest, who).Acquire
	}},
	{Kind: "semaphore", Limit: leases, Shared: func(int) bool { return true }, Join: func(cl *zk.Client, _ int, who recipes.Option) func(context.Context) *future.Future[*recipes.Held] {
		return recipes.NewSemaphore(cl, game.Contest, leases, who).Acquire
	}},
	{Kind: "election", Limit: 1, Ordered: true, Join: func(cl *zk.Client, _ int, who recipes.Option) func(context.Context) *future.Future[*recipes.Held] {
		return recipes.NewElection(cl, game.Contest, who).Campaign
	}},
}

// Four clients of each kind take turns: at least 25 of each, or 100 with GAZOO_INTEROP=full. Without that, the releases of Kazoo
// that are not installed only play for the lock and for the read-write lock.
func TestRealTurns(t *testing.T) {
	if _, err := java.Find(); err != nil {
		server.Missing(t, "%v", err)
	}
	ens := zktest.StartZooKeeper(t, 1)
	turns := shortTurns
	if server.Full() {
		turns = fullTurns
	}
	python.Each(t, "..", func(t *testing.T, kazoo python.Kazoo) {
		guest := game.Guest{Name: "kazoo", Command: func(args ...string) *exec.Cmd {
			return kazoo.Command(append([]string{"testdata/turns.py"}, args...)...)
		}}
		for _, g := range games {
			if !kazoo.IsInstalled() && g.Kind != "lock" && g.Kind != "readwrite" && !server.Full() {
				continue
			}
			t.Run(g.Kind, func(t *testing.T) { g.Play(t, ens, guest, each, turns) })
		}
	})
}
