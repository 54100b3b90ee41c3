package recipes_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// sleep suspends a process of a world.
func sleep(n *handler.Node, d time.Duration) {
	p := future.NewPromise[struct{}](n.Lane("sleep"))
	n.AfterFunc(d, future.Func(func() { p.Complete(struct{}{}, nil) }))
	_ = p.Future().WaitErr()
}

// In many worlds clients take turns while connections are cut and the server falls silent: never do
// two believe at the same time that they hold the lock, what is written by Held.Txn is written in the
// order of the tokens, everybody gets his turns, and nothing is left behind.
//
// In every other world the server also ends sessions before their time, which it must not do: then two
// may believe for a moment, and only tokens and transactions are right.
func TestNeverTwoHolders(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, func(t *testing.T) { contend(t, seed) })
		})
	}
}

func contend(t *testing.T, seed uint64) {
	const clients, turns = 3, 5
	honest := seed%2 == 0
	w := newWorld(t, seed)
	believers := map[*recipes.Held]string{}
	var newest int64
	left := clients
	var cls []*zk.Client
	for i := range clients {
		cl := w.client(t)
		cls = append(cls, cl)
		n := w.Node(fmt.Sprint("user", i))
		n.Spawn(func() {
			defer func() { left-- }()
			for turn := 0; turn < turns; {
				held, err := recipes.NewLock(cl, "/lock").Acquire(ctx).Wait()
				if err != nil {
					t.Errorf("client %d: %v", i, err)
					return
				}
				if held.Err() == nil {
					believers[held] = fmt.Sprint("client ", i)
				}
				sleep(n, time.Duration(n.Rand("work").Int64N(int64(time.Second))))
				tx := held.Txn() // also after a loss, as somebody would who has not noticed
				tx.Create(fmt.Sprintf("/work/%d-", held.Token()), nil, zk.Sequential)
				switch err := tx.Commit(ctx).WaitErr(); {
				case err == nil:
					if held.Token() < newest {
						t.Errorf("token %d was accepted after %d", held.Token(), newest)
					}
					newest = max(newest, held.Token())
					turn++
				case errors.Is(err, zk.ErrNoNode), errors.Is(err, zk.ErrSessionExpired), errors.Is(err, zk.ErrConnectionLoss):
				default:
					t.Errorf("client %d: %v", i, err)
					return
				}
				if err := held.Release(ctx).WaitErr(); err != nil {
					t.Errorf("client %d: release: %v", i, err)
				}
				delete(believers, held)
			}
		})
	}
	if err := cls[0].EnsurePath(ctx, "/work").WaitErr(); err != nil {
		t.Fatal(err)
	}
	chaos := w.Node("chaos").Rand("faults")
	for steps := 0; left > 0; steps++ {
		if steps > 20000 {
			t.Fatalf("%d clients are not done", left)
		}
		switch id := cls[chaos.IntN(clients)].Session().ID; chaos.IntN(60) {
		case 0, 1, 2:
			w.server.Drop(id)
		case 3:
			if !honest {
				w.server.Expire(id)
			}
		case 4:
			w.server.Pause()
		}
		w.Advance(time.Duration(chaos.Int64N(int64(200 * time.Millisecond))))
		if chaos.IntN(50) == 0 {
			w.server.Resume()
		}
		alive := 0
		for held := range believers {
			if held.Err() == nil {
				alive++
			}
		}
		if honest && alive > 1 {
			t.Fatalf("two believe that they hold the lock: %v", believers)
		}
	}
	w.server.Resume()
	w.Advance(time.Minute)
	if names := kids(t, cls[0], "/lock"); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}
