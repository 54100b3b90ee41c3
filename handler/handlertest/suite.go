package handlertest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// A Factory says how to make the handlers to test, and what they promise beyond the contract.
type Factory struct {
	// New makes a handler at work. Every case stops the one that it gets.
	New func(t *testing.T) handler.Handler
	// NewWithHook makes one whose panic hook is hook. Nil when there is no such thing.
	NewWithHook func(t *testing.T, hook func(v any, stack []byte)) handler.Handler
	// Serve makes a server that h can connect to, at the returned target, until the test ends.
	// Nil means a TCP server on the loopback interface.
	Serve func(t *testing.T, h handler.Handler, accept func() handler.Sink) handler.Target
	// Around runs a case, for example in a bubble of testing/synctest. Nil calls it.
	Around func(t *testing.T, run func(t *testing.T))

	// OneOrder: the tasks of lanes that belong together run in the order of their dispatch.
	OneOrder bool
	// NoWaitInTask: a Wait in a task fails with a DeadlockError unless its future is ready.
	NoWaitInTask bool
	// OneWaiter: only one goroutine may wait at a time, besides functions given to Spawn.
	OneWaiter bool
	// Repeatable: handlers made alike have the same random streams.
	Repeatable bool
}

// limit is how long a case may wait for something. Only a broken handler needs more.
const limit = 30 * time.Second

// Test runs every case against handlers made by f.
func Test(t *testing.T, f Factory) {
	for _, group := range []struct {
		name  string
		cases []testCase
	}{
		{"Lane", laneCases}, {"Panic", panicCases}, {"Stop", stopCases}, {"Park", parkCases}, {"Cancel", cancelCases},
		{"Timer", timerCases}, {"Rand", randCases}, {"Conn", connCases}, {"Resolve", resolveCases}, {"Future", futureCases},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) { f.runCase(t, c) })
			}
		})
	}
}

type testCase struct {
	name string
	run  func(s *suite)
}

func (f Factory) runCase(t *testing.T, c testCase) {
	around := f.Around
	if around == nil {
		around = func(t *testing.T, run func(*testing.T)) { run(t) }
	}
	around(t, func(t *testing.T) {
		s := &suite{T: t, f: f, h: f.New(t)}
		defer s.stop()
		c.run(s)
	})
}

// A suite is one case at work.
type suite struct {
	*testing.T
	f Factory
	h handler.Handler
}

// stop stops the handler and waits until it has stopped.
func (s *suite) stop() {
	s.Helper()
	s.h.Stop()
	s.receive(s.h.Stopped(), "the handler to stop")
}

// receive waits for a channel to be closed, where the handler runs by itself.
func (s *suite) receive(c <-chan struct{}, what string) {
	s.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c:
	case <-timer.C:
		s.Fatalf("timed out waiting for %s", what)
	}
}

// An event is something that a case waits for.
type event = future.Promise[int]

// event makes one. Waiting for it drives a handler that nobody runs.
func (s *suite) event() *event { return future.NewPromise[int](s.h.Lane("handlertest")) }

func done(e *event) { e.Complete(0, nil) }

func (s *suite) wait(e *event) int {
	s.Helper()
	v, err := wait(e)
	if err != nil {
		s.Fatalf("waiting: %v", err)
	}
	return v
}

func wait(e *event) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return e.Future().WaitContext(ctx)
}

// flush waits until everything queued on the lanes so far has run.
func (s *suite) flush(lanes ...handler.Lane) {
	s.Helper()
	for _, l := range lanes {
		e := s.event()
		if !l.Dispatch(future.Func(func() { done(e) })) {
			s.Fatal("Dispatch refused a task")
		}
		s.wait(e)
	}
}

// elsewhere runs fn on a goroutine of its own and waits until that has ended, in whatever way.
func elsewhere(fn func()) {
	var wg sync.WaitGroup
	wg.Go(func() {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			fn()
		}()
		<-ended
	})
	wg.Wait()
}

func task(fn func()) future.Task { return future.Func(fn) }
