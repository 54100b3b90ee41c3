package curator

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/internal/proxy"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/game"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

const barrier = "/gate/barrier"

// A gate is the barrier and all who use it. Who it tells to do something says so when it is done.
type gate struct {
	t     *testing.T
	ctx   context.Context
	ens   *zktest.Ensemble
	root  string // where all happens
	tell  []func(what string)
	heard chan report
}

// A report says that somebody has "set" or "removed" the barrier or has "passed" it, and then a zxid of after that.
type report struct {
	what, who string
	zxid      int64
}

// In each round one puts the barrier up, all but another wait, every other time a connection is cut, and that other one removes
// the barrier: clients of both kinds in turn.
func testBarrier(t *testing.T, ens *zktest.Ensemble, curator program, each, rounds int) {
	// Curator takes half a second to come back.
	ctx, cancel := context.WithTimeout(t.Context(), server.Patience+time.Duration(rounds)*2*time.Second)
	defer cancel()
	observer := ens.Client(t)
	for _, path := range []string{"/gate", "/passed"} {
		if err := observer.Create(ctx, path, nil).WaitErr(); err != nil {
			t.Fatal(err)
		}
	}
	ways := game.Ways(t, ens.Addr(0), 2*each)
	g := &gate{t: t, ctx: ctx, ens: ens, root: ens.Chroot(t), tell: make([]func(string), 2*each), heard: make(chan report, 2*each)}
	begun := time.Now()
	args := []string{"hands", "0", "0"}
	for _, way := range ways[each:] {
		args = append(args, way.Addr()+ens.Chroot(t))
	}
	child := game.Start(t, curator.command(args...), g.hear)
	game.Await(t, "Curator's connections", child.Begun)
	for i := range each {
		g.tell[i] = g.gazoo(game.Connect(t, ways[i].Addr()+ens.Chroot(t)), fmt.Sprint("gazoo", i))
		g.tell[each+i] = func(what string) { child.Tell(t, fmt.Sprintf("%d %s %s /passed", i, what, barrier)) }
	}
	cuts := 0
	for round := range rounds {
		sets, removes := round%2*each+round%each, (round/2+1)%2*each+round/2%each
		g.round(observer, sets, removes, func() {
			if round%2 == 0 {
				cuts += ways[round/2%len(ways)].Cut(proxy.Ending(round / 4 % 2))
			}
		})
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	child.Leave(t)
	t.Logf("curator %s, barrier: %d rounds of %d in %v; %d cuts", version, rounds, len(ways), time.Since(begun).Round(100*time.Millisecond), cuts)
}

func (g *gate) round(observer *zk.Client, sets, removes int, cut func()) {
	g.t.Helper()
	g.tell[sets]("set")
	g.await("set")
	for i, tell := range g.tell {
		if i != removes {
			tell("wait")
		}
	}
	for watchersOf(g.ens, g.root+barrier) < len(g.tell)-1 {
		select {
		case r := <-g.heard:
			g.t.Fatalf("%v while the barrier is up", r)
		case <-g.ctx.Done():
			g.t.Fatalf("%d watch the barrier", watchersOf(g.ens, g.root+barrier))
		default:
		}
	}
	cut()
	g.tell[removes]("remove")
	var waited []report
	for range g.tell {
		r := g.await("removed", "passed")
		if r.what == "passed" {
			waited = append(waited, r)
		}
	}
	parent, err := observer.Exists(g.ctx, "/gate").Wait()
	if err != nil {
		g.t.Fatal(err)
	}
	for _, r := range waited {
		if r.zxid <= parent.Pzxid { // which is that of the removal
			g.t.Errorf("%s has passed before zxid %#x, the barrier was removed at %#x", r.who, r.zxid, parent.Pzxid)
		}
	}
	if len(waited) != len(g.tell)-1 {
		g.t.Fatalf("%d have passed", len(waited))
	}
}

// await returns what is heard next, which must be one of these.
func (g *gate) await(what ...string) report {
	g.t.Helper()
	select {
	case r := <-g.heard:
		for _, w := range what {
			if r.what == w {
				return r
			}
		}
		g.t.Fatalf("%v, want %s", r, strings.Join(what, " or "))
	case <-g.ctx.Done():
		g.t.Fatalf("not in time: %s", strings.Join(what, " or "))
	}
	return report{}
}

// say reports what was done.
func (g *gate) say(r report) {
	select {
	case g.heard <- r:
	case <-g.ctx.Done():
	}
}

// hear understands a line of Hand.java.
func (g *gate) hear(line string) error {
	var r report
	if n, err := fmt.Sscan(line, &r.what, &r.who, &r.zxid); n < 2 {
		return err
	}
	if r.what != "version" {
		g.say(r)
	}
	return nil
}

// gazoo does what Hand.java does.
func (g *gate) gazoo(cl *zk.Client, who string) (tell func(what string)) {
	b := recipes.NewBarrier(cl, barrier, recipes.CuratorNames())
	doing := map[string]func() report{
		"set": func() report {
			if err := b.Create(g.ctx).WaitErr(); err != nil {
				g.t.Errorf("%s: %v", who, err)
			}
			return report{"set", who, 0}
		},
		"remove": func() report {
			if was, err := b.Remove(g.ctx).Wait(); err != nil || !was {
				g.t.Errorf("%s has removed: %v, %v", who, was, err)
			}
			return report{"removed", who, 0}
		},
		"wait": func() report {
			if err := b.Wait(g.ctx).WaitErr(); err != nil {
				g.t.Errorf("%s: %v", who, err)
			}
			st, err := cl.WithRetry(zk.RetryPolicy{MaxTries: zk.TryForever}).Set(g.ctx, "/passed", nil, zk.AnyVersion, zk.Idempotent()).Wait()
			if err != nil {
				g.t.Errorf("%s: %v", who, err)
			}
			return report{"passed", who, st.Mzxid}
		},
	}
	return func(what string) { go func() { g.say(doing[what]()) }() }
}
