package curator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/game"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

// Who has acquired the first, and who then wants the second.
var orders = []struct {
	first, second string
	together      bool
}{
	{first: "lock", second: "lock"},
	{first: "read", second: "read", together: true},
	{first: "read", second: "write"},
	{first: "write", second: "read"},
	{first: "write", second: "write"},
	{first: "lead", second: "lead"},
	{first: "downgrade", second: "write"}, // a way from writing to reading that only Curator has
	{first: "downgrade", second: "read", together: true},
}

// A hand does what it is told, one thing after another, and says so when it is done.
type hand struct {
	name string
	tell func(order, path string)
	said chan string
}

// One client holds something, and a client of the other kind wants it: it queues up behind the first, and gets it when that
// has released it, and not before, or at once if both only read. The second also sees
// who leads.
func testOrder(t *testing.T, ens *zktest.Ensemble, curator program) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*server.Patience)
	defer cancel()
	root := ens.Chroot(t)
	theirs := hand{name: "curator0", said: make(chan string, 1)}
	child := game.Start(t, curator.command("hands", "0", "0", ens.Addr(0)+root), func(line string) error {
		switch words := strings.Fields(line); words[0] {
		case "version":
		case "leader":
			theirs.said <- words[1]
		default:
			theirs.said <- words[0]
		}
		return nil
	})
	game.Await(t, "Curator's connection", child.Begun)
	theirs.tell = func(order, path string) { child.Tell(t, fmt.Sprintf("0 %s %s", order, path)) }
	cl := ens.Client(t)
	ours := handOf(t, ctx, cl)
	for i, o := range orders {
		for _, pair := range [][2]hand{{ours, theirs}, {theirs, ours}} {
			first, second := pair[0], pair[1]
			if o.first == "downgrade" && first.name == ours.name {
				continue
			}
			t.Run(fmt.Sprintf("%s-%s-%s-%s", first.name, o.first, second.name, o.second), func(t *testing.T) {
				path := fmt.Sprintf("/order-%d-%s", i, first.name)
				await := func(h hand, what string) {
					t.Helper()
					select {
					case said := <-h.said:
						if said != what {
							t.Fatalf("%s: %s, want %s", h.name, said, what)
						}
					case <-ctx.Done():
						t.Fatalf("%s has not %s in time", h.name, what)
					}
				}
				first.tell(o.first, path)
				await(first, "acquired")
				if o.first == "lead" {
					second.tell("leader", path)
					await(second, first.name)
				}
				kids, err := cl.Children(ctx, path).Wait()
				if err != nil || len(kids.Names) != 1 {
					t.Fatalf("nodes %q, %v", kids.Names, err)
				}
				node := path + "/" + kids.Names[0]
				watchers := watchersOf(ens, root+node)
				second.tell(o.second, path)
				if !o.together {
					for watchersOf(ens, root+node) == watchers {
						select {
						case <-second.said:
							t.Fatal("both have it")
						case <-ctx.Done():
							t.Fatal("nobody queues up")
						default:
						}
					}
					if len(second.said) > 0 {
						t.Fatal("both have it")
					}
					first.tell("release", path)
					await(first, "released")
				}
				await(second, "acquired")
				second.tell("release", path)
				await(second, "released")
				if o.together {
					first.tell("release", path)
					await(first, "released")
				}
			})
		}
	}
}

// handOf is Hand.java in Go.
func handOf(t *testing.T, ctx context.Context, cl *zk.Client) hand {
	h := hand{name: "gazoo0", said: make(chan string, 1)}
	names, id := recipes.CuratorNames(), recipes.WithIdentifier(h.name)
	var held *recipes.Held
	h.tell = func(order, path string) {
		var acquired *future.Future[*recipes.Held]
		switch order {
		case "release":
			held.Release(ctx).OnComplete(func(_ struct{}, err error) { h.done(t, "released", err) })
			return
		case "leader":
			recipes.NewElection(cl, path, names).Leader(ctx).OnComplete(func(leader *recipes.Contender, err error) {
				if err == nil && leader == nil {
					err = errors.New("nobody leads")
				}
				if err != nil {
					h.done(t, "", err)
					return
				}
				h.done(t, leader.Identifier, nil)
			})
			return
		case "lock":
			acquired = recipes.NewLock(cl, path, names, id).Acquire(ctx)
		case "read":
			acquired = recipes.NewReadLock(cl, path, names, id).Acquire(ctx)
		case "write":
			acquired = recipes.NewWriteLock(cl, path, names, id).Acquire(ctx)
		default:
			acquired = recipes.NewElection(cl, path, names, id).Campaign(ctx)
		}
		acquired.OnComplete(func(got *recipes.Held, err error) {
			held = got
			h.done(t, "acquired", err)
		})
	}
	return h
}

// done says what was done, unless it has failed.
func (h hand) done(t *testing.T, what string, err error) {
	if err != nil {
		t.Errorf("%s: %v", h.name, err)
	}
	h.said <- what
}

// watchersOf counts the sessions that watch a node. They are listed below its path.
func watchersOf(ens *zktest.Ensemble, path string) (n int) {
	_, after, _ := strings.Cut(ens.FourLetter(0, "wchp"), path+"\n")
	for line := range strings.Lines(after) {
		if !strings.HasPrefix(line, "\t") {
			break
		}
		n++
	}
	return n
}
