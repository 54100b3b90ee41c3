package game

import (
	"context"
	"fmt"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

const (
	// Contest is the path of the recipe.
	Contest = "/contest"
	// Everybody is no limit.
	Everybody = 1 << 30

	timeout  = 20 * time.Second
	patience = 3 * server.Patience // how long all turns of a game may take
)

// A Game is a recipe that both clients take turns at.
type Game struct {
	Kind    string // as the guest calls it
	Limit   int    // how many may have their turn together, if none of them wants to be alone
	Ordered bool   // whether tokens are, too
	// Shared reports whether a contender does not want to be alone; nil: everybody wants.
	Shared func(number int) bool
	// Join makes a contender of gazoo's.
	Join func(cl *zk.Client, number int, who recipes.Option) (acquire func(context.Context) *future.Future[*recipes.Held])
}

// Alternate shares with every other.
func Alternate(number int) bool { return number%2 == 0 }

func (g Game) shared(number int) bool { return g.Shared != nil && g.Shared(number) }

// A Guest is the other client.
type Guest struct {
	// Name is what its contenders are called, followed by a number.
	Name string
	// Command makes the process, a [server.Command], from these arguments: the game's kind and limit; how many turns each
	// client is to have; and for each contender where to connect. It says "version V" when all have connected; "turn WHO
	// ZXID TOKEN INSIDE" for each turn (the zxid of the node inside, the token, and how many were inside), "lost WHO" when a
	// turn was over before it was used; what else it says but "done" is what must not be.
	Command func(args ...string) *exec.Cmd
}

// Play has as many contenders of each client as each says take turns, until both clients have had so many, and then checks
// what happened.
func (g Game) Play(t *testing.T, ens *zktest.Ensemble, guest Guest, each, turns int) {
	observer := ens.Client(t)
	for _, path := range []string{"/inside", "/turns", "/turns/gazoo", "/turns/" + guest.Name} {
		if err := observer.Create(t.Context(), path, nil).WaitErr(); err != nil {
			t.Fatal(err)
		}
	}
	ways := Ways(t, ens.Addr(0), 2*each)
	s := &score{t: t, game: g}
	begun := time.Now()
	args := []string{g.Kind, fmt.Sprint(g.Limit), fmt.Sprint(turns)}
	for _, way := range ways[each:] {
		args = append(args, way.Addr()+ens.Chroot(t))
	}
	child := Start(t, guest.Command(args...), s.hear)
	Await(t, guest.Name+"'s connections", child.Begun)
	var clients []*zk.Client
	for _, way := range ways[:each] {
		clients = append(clients, Connect(t, way.Addr()+ens.Chroot(t)))
	}
	var players sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for i, cl := range clients {
		p := &player{score: s, guest: guest.Name, cl: cl, reads: cl.WithRetry(zk.RetryPolicy{MaxTries: zk.TryForever}), who: fmt.Sprint("gazoo", i), number: i}
		players.Go(func() {
			if err := p.play(ctx, turns); err != nil {
				t.Errorf("%s: %v", p.who, err)
			}
		})
	}
	stop := Cutting(ways, uint64(turns), s.count)
	players.Wait()
	if !ends(child.Done, patience) {
		t.Errorf("%s's turns do not end", guest.Name)
	}
	cuts := stop()

	// All sessions last, and nobody plays: so there is nothing.
	WantEmpty(t, observer, clients, "/inside", Contest, Contest+"-__lock__")
	child.Leave(t)
	s.check(turns)
	s.report(guest.Name, cuts, time.Since(begun))
}

// Connect makes a client of gazoo's, which is closed with the test.
func Connect(t *testing.T, addr string) *zk.Client {
	t.Helper()
	return server.Connect(t, addr, zk.WithSessionTimeout(timeout))
}
