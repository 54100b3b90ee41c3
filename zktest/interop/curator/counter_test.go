package curator

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/game"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

// What an addition adds, so that one number counts both kinds apart.
const (
	ours   = 1
	theirs = 1 << 16
)

// An addition is what somebody is told of his.
type addition struct {
	who       string
	pre, post int64
}

// A tally is all of them.
type tally struct {
	t *testing.T

	mu    sync.Mutex // guards what follows
	added []addition
}

func (l *tally) add(a addition) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.added = append(l.added, a)
}

func (l *tally) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.added)
}

// hear understands a line of Adder.java.
func (l *tally) hear(line string) error {
	var what string
	var a addition
	_, err := fmt.Sscan(line, &what, &a.who, &a.pre, &a.post)
	if what == "version" {
		return nil
	}
	if err == nil && what != "added" {
		err = fmt.Errorf("no %s", what)
	}
	l.add(a)
	return err
}

// All add to one counter, until both kinds have added so often, in the long form first while nothing happens, then while
// connections are cut. gazoo's additions are all there, once; so are Curator's as long as no answer is lost, and then at
// least once.
func testCounter(t *testing.T, ens *zktest.Ensemble, curator program, each, quota int) {
	for _, cut := range []bool{false, true} {
		if !cut && !server.Full() {
			continue
		}
		t.Run(map[bool]string{false: "quiet", true: "cut"}[cut], func(t *testing.T) {
			ways := game.Ways(t, ens.Addr(0), 2*each)
			l := &tally{t: t}
			begun := time.Now()
			var clients []*zk.Client
			for _, way := range ways[:each] {
				clients = append(clients, game.Connect(t, way.Addr()+ens.Chroot(t)))
			}
			args := []string{"counter", fmt.Sprint(theirs), fmt.Sprint(quota)}
			for _, way := range ways[each:] {
				args = append(args, way.Addr()+ens.Chroot(t))
			}
			child := game.Start(t, curator.command(args...), l.hear)
			game.Await(t, "Curator's connections", child.Begun)
			adders := l.adders(clients, quota)
			stop := func() int { return 0 }
			if cut {
				stop = game.Cutting(ways, uint64(quota), l.count)
			}
			adders.Wait()
			game.Await(t, "Curator's additions", child.Done)
			cuts := stop()

			observer := ens.Client(t)
			sum, err := recipes.NewCounter(observer, "/counter", recipes.CuratorNames()).Value(t.Context()).Wait()
			if err != nil {
				t.Fatal(err)
			}
			game.WantEmpty(t, observer, clients, "/counter-ops")
			child.Leave(t)
			l.check(sum, cuts)
			t.Logf("%v", time.Since(begun).Round(100*time.Millisecond))
		})
	}
}

func (l *tally) adders(clients []*zk.Client, quota int) *sync.WaitGroup {
	var adders sync.WaitGroup
	for i, cl := range clients {
		counter := recipes.NewCounter(cl, "/counter", recipes.CuratorNames())
		adders.Go(func() {
			for post := int64(0); post/theirs < int64(quota) || post%theirs < int64(quota); {
				sum, err := counter.Add(l.t.Context(), ours).Wait()
				if err != nil {
					l.t.Errorf("gazoo%d: %v", i, err)
					return
				}
				post = sum.Post
				l.add(addition{fmt.Sprint("gazoo", i), sum.Pre, post})
			}
		})
	}
	return &adders
}

// check compares what was told with the sum in the end.
func (l *tally) check(sum int64, cuts int) {
	slices.SortFunc(l.added, func(a, b addition) int { return cmp.Compare(a.post, b.post) })
	crossed := 0
	var told [2]int64 // gazoo's, Curator's
	for i, a := range l.added {
		if i > 0 && a.pre < l.added[i-1].post {
			l.t.Errorf("%v after %v", a, l.added[i-1])
		}
		if i > 0 && a.who[0] != l.added[i-1].who[0] {
			crossed++
		}
		if a.who[0] == 'g' {
			told[0]++
		} else {
			told[1]++
		}
	}
	if got := sum % theirs; got != told[0] {
		l.t.Errorf("gazoo's additions are %d, told of %d", got, told[0])
	}
	twice := sum/theirs - told[1]
	if twice < 0 || twice > int64(cuts) {
		l.t.Errorf("Curator's additions are %d more than the %d that it tells of; connections were cut %d times", twice, told[1], cuts)
	}
	l.t.Logf("curator %s, counter: %d and %d additions, %d from one client to the other; %d cuts; Curator has added twice %d times",
		version, told[0], told[1], crossed, cuts, twice)
}
