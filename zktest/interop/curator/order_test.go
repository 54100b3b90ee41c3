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
	downgrade     bool // who has it reads on while the other waits, which only Curator can
}{
	{first: "lock", second: "lock"},
	{first: "read", second: "read", together: true},
	{first: "read", second: "write"},
	{first: "write", second: "read"},
	{first: "write", second: "write"},
	{first: "lead", second: "lead"},
	{first: "write", second: "write", downgrade: true},
	{first: "write", second: "read", downgrade: true},
}

// A hand does what it is told, one thing after another, and says so when it is done.
type hand struct {
	t    *testing.T
	name string
	tell func(order, path string)
	said chan string
}

// One client holds something, and a client of the other kind wants it: it queues up behind the first, and gets it when that
// has released it, and not before, or at once if both only read. The second also sees who leads.
func testOrder(t *testing.T, ens *zktest.Ensemble, curator program) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*server.Patience)
	defer cancel()
	root := ens.Chroot(t)
	theirs := hand{t: t, name: "curator0", said: make(chan string, 1)}
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
			if o.downgrade && first.name == ours.name {
				continue
			}
			what := fmt.Sprintf("%s %s, %s %s, %v", first.name, o.first, second.name, o.second, o.downgrade)
			path := fmt.Sprintf("/order-%d-%s", i, first.name)
			node := func() (full string) { // of the first, before there is another
				kids, err := cl.Children(ctx, path).Wait()
				if err != nil || len(kids.Names) != 1 {
					t.Fatalf("%s: nodes %q, %v", what, kids.Names, err)
				}
				return root + path + "/" + kids.Names[0]
			}
			waits := func(watched func() bool) {
				for !watched() {
					select {
					case <-second.said:
						t.Fatalf("%s: both have it", what)
					case <-ctx.Done():
						t.Fatalf("%s: nobody queues up", what)
					default:
					}
				}
			}
			do := func(h hand, order, done string) {
				h.tell(order, path)
				h.await(ctx, what, done)
			}

			do(first, o.first, "acquired")
			if o.first == "lead" {
				do(second, "leader", first.name)
			}
			held := node()
			before := watchersOf(ens, held)
			second.tell(o.second, path)
			if !o.together {
				waits(func() bool { return watchersOf(ens, held) > before })
				if o.downgrade {
					do(first, "downgrade", "acquired")
				}
			}
			if o.downgrade && o.second == "write" {
				waits(func() bool { return reads(t, ctx, cl, path, ens, root) })
			}
			shared := o.together || o.downgrade && o.second == "read"
			if !shared {
				do(first, "release", "released")
			}
			second.await(ctx, what, "acquired")
			do(second, "release", "released")
			if shared {
				do(first, "release", "released")
			}
		}
	}
}

// reads reports whether somebody watches the node of who reads.
func reads(t *testing.T, ctx context.Context, cl *zk.Client, path string, ens *zktest.Ensemble, root string) bool {
	kids, err := cl.Children(ctx, path).Wait()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range kids.Names {
		if strings.Contains(name, "-__READ__") && watchersOf(ens, root+path+"/"+name) > 0 {
			return true
		}
	}
	return false
}

// await fails the test at once unless that is done next, and in time.
func (h hand) await(ctx context.Context, what, done string) {
	h.t.Helper()
	select {
	case said := <-h.said:
		if said != done {
			h.t.Fatalf("%s: %s has %q, want %s", what, h.name, said, done)
		}
	case <-ctx.Done():
		h.t.Fatalf("%s: %s has not %s in time", what, h.name, done)
	}
}

// handOf is Hand.java in Go.
func handOf(t *testing.T, ctx context.Context, cl *zk.Client) hand {
	h := hand{t: t, name: "gazoo0", said: make(chan string, 1)}
	names, id := recipes.CuratorNames(), recipes.WithIdentifier(h.name)
	var held *recipes.Held
	h.tell = func(order, path string) {
		var acquired *future.Future[*recipes.Held]
		switch order {
		case "release":
			held.Release(ctx).OnComplete(func(_ struct{}, err error) { h.done("released", err) })
			return
		case "leader":
			recipes.NewElection(cl, path, names).Leader(ctx).OnComplete(func(leader *recipes.Contender, err error) {
				if err == nil && leader == nil {
					err = errors.New("nobody leads")
				}
				if err != nil {
					h.done("", err)
					return
				}
				h.done(leader.Identifier, nil)
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
			h.done("acquired", err)
		})
	}
	return h
}

// done says what was done, unless it has failed.
func (h hand) done(what string, err error) {
	if err != nil {
		h.t.Errorf("%s: %v", h.name, err)
	}
	h.said <- what
}

// watchersOf counts the sessions that watch a node.
func watchersOf(ens *zktest.Ensemble, path string) int {
	return server.Watchers(ens.FourLetter(0, "wchp"), path)
}
