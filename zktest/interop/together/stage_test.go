package together

import (
	"context"
	"fmt"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/internal/java"
	"github.com/gazoo-go/gazoo/zktest/internal/proxy"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/game"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/python"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

func TestMain(m *testing.M) { server.Main(m) }

const each = 4 // members of each client

var plays = []struct {
	name string
	play func(s *stage)
}{
	{"Queue", playQueue},
	{"LockingQueue", playLockingQueue},
	{"Barrier", playBarrier},
	{"DoubleBarrier", playDoubleBarrier},
	{"Counter", playCounter},
	{"FloatCounter", playFloatCounter},
	{"CuratorCounter", playCuratorCounter},
	{"Lease", playLease},
	{"MultiLease", playMultiLease},
	{"Party", playParty},
	{"ShallowParty", playShallowParty},
	{"SetPartitioner", playPartitioner},
}

// Four clients of each kind play each recipe together. Kazoo is the release that gazoo is modelled on, and the newest; with
// GAZOO_INTEROP=full the installed one, too.
func TestRealTogether(t *testing.T) {
	if _, err := java.Find(); err != nil {
		server.Missing(t, "%v", err)
	}
	ens := zktest.StartZooKeeper(t, 1)
	python.Each(t, "..", func(t *testing.T, release python.Kazoo) {
		if release.IsInstalled() && !server.Full() {
			t.Skip("only with GAZOO_INTEROP=full")
		}
		snake := startSnake(t, release)
		for _, p := range plays {
			t.Run(p.name, func(t *testing.T) { p.play(newStage(t, ens, snake)) })
		}
	})
}

// rounds is how often something is played: few times, or many with GAZOO_INTEROP=full.
func rounds(few, many int) int {
	if server.Full() {
		return many
	}
	return few
}

// A stage is a place for one recipe, with clients of both kinds. Its ctx bounds everything.
type stage struct {
	*testing.T
	ens      *zktest.Ensemble
	ctx      context.Context
	observer *zk.Client // of which no connection is cut
	ours     []*zk.Client
	theirs   []*kazoo
	ourWays  []*proxy.Proxy
}

func newStage(t *testing.T, ens *zktest.Ensemble, sn *snake) *stage {
	t.Helper()
	patience := 2 * server.Patience
	if server.Full() {
		patience = 10 * server.Patience
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	s := &stage{T: t, ens: ens, ctx: ctx, observer: ens.Client(t)}
	s.ourWays = game.Ways(t, ens.Addr(0), each)
	for _, way := range s.ourWays {
		s.ours = append(s.ours, game.Connect(t, way.Addr()+ens.Chroot(t)))
	}
	for i, way := range game.Ways(t, ens.Addr(0), each) {
		k := &kazoo{snake: sn, ctx: ctx, who: fmt.Sprint("kazoo", i), way: way}
		t.Cleanup(func() { s.leave(k) })
		s.must(k.do("connect(%q)", way.Addr()+ens.Chroot(t)))
		s.theirs = append(s.theirs, k)
	}
	return s
}

// leave ends a client of Kazoo.
func (s *stage) leave(k *kazoo) {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), server.Patience)
	defer cancel()
	if _, err := k.tell(ctx, order{Who: k.who, Leave: true}); err != nil {
		s.Error(err)
	}
}

// members are made of clients of both kinds, of one and of the other by turns.
func members[M any](s *stage, our func(cl *zk.Client, who string) M, their func(k *kazoo) M) (all []M) {
	for i, cl := range s.ours {
		all = append(all, our(cl, fmt.Sprint("gazoo", i)), their(s.theirs[i]))
	}
	return all
}

// cutting cuts gazoo's connections now and then until the test ends.
func (s *stage) cutting() {
	stop := game.Cutting(s.ourWays, 1, nil)
	s.Cleanup(func() { s.Logf("%d cuts", stop()) })
}

func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// A call is one that waits, of either client.
type call[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func begin[T any](f func() (T, error)) *call[T] {
	c := &call[T]{done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.value, c.err = f()
	}()
	return c
}

func (c *call[T]) isDone() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// beginAll begins what does not return a value.
func beginAll[M any](all []M, f func(M) error) (calls []*call[struct{}]) {
	for _, m := range all {
		calls = append(calls, begin(func() (struct{}, error) { return struct{}{}, f(m) }))
	}
	return calls
}

// end waits for calls that have to succeed.
func end[T any](s *stage, calls ...*call[T]) (values []T) {
	s.Helper()
	for _, c := range calls {
		<-c.done // its ctx ends
		s.must(c.err)
		values = append(values, c.value)
	}
	return values
}

// watchers counts the sessions that watch a node on the server.
func (s *stage) watchers(path string) int {
	s.Helper()
	text, err := s.observer.FourLetter(s.ctx, "wchp").Wait()
	s.must(err)
	return server.Watchers(text, s.ens.Chroot(s.T)+path)
}

// until asks again and again, until it is so.
func (s *stage) until(what string, is func() bool) {
	s.Helper()
	for !is() {
		if s.ctx.Err() != nil {
			s.Fatalf("not in time: %s", what)
		}
	}
}
