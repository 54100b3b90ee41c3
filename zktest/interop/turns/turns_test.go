package turns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/internal/java"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/python"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

func TestMain(m *testing.M) { server.Main(m) }

const (
	each       = 4 // contenders of each client
	timeout    = 20 * time.Second
	meanLife   = 150 * time.Millisecond // between two cuts of anybody's connection
	leases     = 3
	everybody  = 1 << 30
	fullTurns  = 400
	shortTurns = 100
)

// A game is a recipe that both clients take turns at.
type game struct {
	kind    string // as turns.py calls it
	limit   int    // how many may have their turn together, if none of them wants to be alone
	ordered bool   // whether tokens are, too
	join    func(cl *zk.Client, number int, who recipes.Option) (acquire func(context.Context) *future.Future[*recipes.Held])
}

const contest = "/contest"

var games = []game{
	{"lock", 1, true, func(cl *zk.Client, _ int, who recipes.Option) func(context.Context) *future.Future[*recipes.Held] {
		return recipes.NewLock(cl, contest, who).Acquire
	}},
	{"readwrite", everybody, false, func(cl *zk.Client, number int, who recipes.Option) func(context.Context) *future.Future[*recipes.Held] {
		if number%2 == 0 {
			return recipes.NewReadLock(cl, contest, who).Acquire
		}
		return recipes.NewWriteLock(cl, contest, who).Acquire
	}},
	{"semaphore", leases, false, func(cl *zk.Client, _ int, who recipes.Option) func(context.Context) *future.Future[*recipes.Held] {
		return recipes.NewSemaphore(cl, contest, leases, who).Acquire
	}},
	{"election", 1, true, func(cl *zk.Client, _ int, who recipes.Option) func(context.Context) *future.Future[*recipes.Held] {
		return recipes.NewElection(cl, contest, who).Campaign
	}},
}

// shared reports whether a contender does not want to be alone.
func (g game) shared(number int) bool {
	return g.kind == "semaphore" || g.kind == "readwrite" && number%2 == 0
}

// The releases of Kazoo: the one that is installed, the one that gazoo is modelled on, and the newest.
var releases = []struct{ name, version string }{{"installed", ""}, {"2.6.1", "2.6.1"}, {"2.11.0", "2.11.0"}}

// Four clients of each kind take turns: 100 of them, or 400 with GAZOO_INTEROP=full. Without that, the releases of Kazoo
// that are not installed only play for the lock and for the read-write lock.
func TestRealTurns(t *testing.T) {
	if _, err := java.Find(); err != nil {
		server.Missing(t, "%v", err)
	}
	ens := zktest.StartZooKeeper(t, 1)
	for _, release := range releases {
		t.Run(release.name, func(t *testing.T) {
			interpreter, path := python.Kazoo(t, "..", release.version)
			for _, g := range games {
				if release.version != "" && g.kind != "lock" && g.kind != "readwrite" && !server.Full() {
					continue
				}
				t.Run(g.kind, func(t *testing.T) { play(t, ens, g, interpreter, path) })
			}
		})
	}
}

func play(t *testing.T, ens *zktest.Ensemble, g game, interpreter, pythonPath string) {
	turns := shortTurns
	if server.Full() {
		turns = fullTurns
	}
	observer := ens.Client(t)
	for _, path := range []string{"/inside", "/turns"} {
		if err := observer.Create(t.Context(), path, nil).WaitErr(); err != nil {
			t.Fatal(err)
		}
	}
	ways := waysTo(t, ens.Addr(0), 2*each)
	s := &score{t: t, game: g}
	begun := time.Now()
	python := startPython(t, s, interpreter, pythonPath, turns, ways[each:], ens.Chroot(t))
	await(t, "Kazoo's connections", python.begun)
	players := startPlayers(t, s, turns, ways[:each], ens.Chroot(t))
	stop := cutting(ways, uint64(turns), s.count)
	players.Wait()
	if !ends(python.done, patience) {
		t.Error("Kazoo's turns do not end")
	}
	cuts := stop()

	// All sessions last, and nobody plays: so there is nothing.
	wantEmpty(t, observer, s.sessions, "/inside", contest, contest+"-__lock__")
	python.leave()
	await(t, "the end of Kazoo", python.ended)
	s.check(turns)
	s.report(cuts, time.Since(begun))
}

// wantEmpty checks that nodes have no children, or are not there.
func wantEmpty(t *testing.T, cl *zk.Client, ours []int64, paths ...string) {
	t.Helper()
	for _, path := range paths {
		kids, err := cl.Children(t.Context(), path).Wait()
		if err != nil && !errors.Is(err, zk.ErrNoNode) {
			t.Error(err)
		}
		for _, name := range kids.Names {
			owner := "Kazoo"
			if st, err := cl.Exists(t.Context(), path+"/"+name).Wait(); err == nil && st != nil && slices.Contains(ours, st.EphemeralOwner) {
				owner = "gazoo"
			}
			t.Errorf("%s has left %s/%s behind", owner, path, name)
		}
	}
}

// check reports what contradicts the rules of the game.
func (s *score) check(turns int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortFunc(s.turns, func(a, b turn) int { return cmp.Compare(a.zxid, b.zxid) })
	had := make(map[string]int)
	for i, turn := range s.turns {
		had[strings.TrimRight(turn.who, "0123456789")]++
		if i > 0 && s.game.ordered && turn.token <= s.turns[i-1].token {
			s.t.Errorf("turn %d: %v after %v", i, turn, s.turns[i-1])
		}
		if i > 0 && s.turns[i-1].who[0] != turn.who[0] {
			s.crossed++
		}
		s.most = max(s.most, turn.inside)
	}
	if len(s.turns)+s.lost < turns {
		s.t.Errorf("%d turns and %d lost, want %d", len(s.turns), s.lost, turns)
	}
	for _, client := range []string{"gazoo", "kazoo"} {
		if had[client] < turns/8 {
			s.t.Errorf("%s has had %d turns", client, had[client])
		}
	}
}

// report says what there was.
func (s *score) report(cuts int, lasted time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.t.Logf("Kazoo %s, %s: %d turns in %v, %d from one client to the other, %d lost; %d cuts; at most %d together",
		s.kazoo, s.game.kind, len(s.turns), lasted.Round(100*time.Millisecond), s.crossed, s.lost, cuts, s.most)
}

func (x turn) String() string {
	return fmt.Sprintf("%s's at zxid %#x with token %#x", x.who, x.zxid, x.token)
}
