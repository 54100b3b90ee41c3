package future_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// A signal is something to wait for that is not a future.
type signal struct {
	mu    sync.Mutex
	ready bool
	tasks []future.Task
	late  bool // whoever asks is told that it is not ready, and then it is
}

func (s *signal) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready
}

func (s *signal) Notify(t future.Task) (drop func() bool) {
	if s.late {
		s.set()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready {
		t.Run()
		return func() bool { return false }
	}
	s.tasks = append(s.tasks, t)
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return !s.ready
	}
}

func (s *signal) set() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = true
	for _, t := range s.tasks {
		t.Run()
	}
}

func TestBlock(t *testing.T) {
	ended, cancel := context.WithCancelCause(background)
	cancel(errA)
	pending, ready, waiting := future.NewPromise[int](nil), future.NewPromise[int](nil), newOperation(nil, background)
	ready.Complete(0, errA)
	open := make(chan struct{})
	for _, tt := range []struct {
		name    string
		ctx     context.Context
		w       future.Waitable
		stopped <-chan struct{}
		want    error
	}{
		{"ready", background, ready.Future(), nil, nil},
		{"ready beats all", ended, ready.Future(), closed, nil},
		{"context", ended, pending.Future(), open, context.Canceled},
		{"stopped", background, pending.Future(), closed, future.ErrStopped},
		{"context of what is promised", ended, waiting.Future(), closed, context.Canceled},
		{"ready signal", ended, &signal{ready: true}, closed, nil},
		{"late signal", background, &signal{late: true}, open, nil},
		{"context of a signal", ended, &signal{}, open, context.Canceled},
		{"stopped signal", background, &signal{}, closed, future.ErrStopped},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var k future.Parking
			for range 3 { // what it keeps must be as good as new
				if err := k.Block(tt.ctx, tt.w, tt.stopped); err != tt.want {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			}
			if err := future.Block(tt.ctx, tt.w, tt.stopped); err != tt.want {
				t.Errorf("without keeping: got %v, want %v", err, tt.want)
			}
		})
	}
	wantPending(t, pending.Future())
}

// A stop ends a Wait only if nobody has promised that the result will come.
func TestWaitOnStoppedHandler(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		plain := future.NewPromise[int](l).Future()
		same := func(v int) (int, error) { return v, nil }
		further := future.Compose(future.Value(1).On(l), func(int) *future.Future[int] { return plain })
		flush(t, l)
		hopeless := map[string]*future.Future[int]{
			"a promise":                 plain,
			"derived from a promise":    future.Then(plain, same),
			"further derived":           future.Then(future.Then(plain, same), same),
			"on another lane":           plain.On(h.Lane("b")),
			"first of promises":         future.First(plain, plain),
			"composed":                  future.Compose(plain, func(int) *future.Future[int] { return plain }),
			"composed of what succeeds": further,
		}
		h.Stop()
		for name, f := range hopeless {
			if err := f.WaitErr(); err != future.ErrStopped {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
}

// A source keeps its promise also when the handler stops, and what comes from it comes, too.
func TestWaitForSourceOnStoppedHandler(t *testing.T) {
	onShared(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		o := newOperation(l, background)
		same := func(v int) (int, error) { return v, nil }
		composed := future.Compose(future.Value(1).On(l), func(int) *future.Future[int] { return o.Future() })
		flush(t, l)
		first := future.First(o.Future(), o.Future().On(l))
		promised := []struct {
			name string
			f    *future.Future[int]
			want error
		}{
			{"the operation", o.Future(), nil},
			{"on another lane", o.Future().On(h.Lane("b")), nil},
			{"first", first, nil},
			{"composed", composed, nil},
			{"derived", future.Then(o.Future(), same), future.ErrStopped}, // for this a task would have to run
			{"further derived", future.Then(first, same), future.ErrStopped},
		}
		h.Stop()
		<-h.Stopped() // the operation is not of this handler's making
		var wg, begun sync.WaitGroup
		for _, p := range promised {
			begun.Add(1)
			wg.Go(func() {
				begun.Done()
				if v, err := p.f.Wait(); err != p.want || (err == nil) != (v == 1) {
					t.Errorf("%s: got %v, %v", p.name, v, err)
				}
			})
		}
		begun.Wait()
		o.Complete(1, nil)
		wg.Wait()
	})
}

// Parked goroutines come and go, and none is woken by what another has waited for.
func TestParkingAgainstCancel(t *testing.T) {
	var k future.Parking
	onePark := func() {
		p := future.NewPromise[int](nil)
		ctx, cancel := context.WithCancel(background)
		stopped := make(chan struct{})
		park := func() {
			err := k.Block(ctx, p.Future(), stopped)
			switch {
			case err == nil:
				if !p.Future().Ready() {
					t.Error("woken before it was complete")
				}
			case !errors.Is(err, context.Canceled) && err != future.ErrStopped:
				t.Errorf("got %v", err)
			}
		}
		collide(park, park, func() { p.Complete(1, nil) }, cancel, func() { close(stopped) })
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range rounds / 4 {
				onePark()
			}
		})
	}
	wg.Wait()
}

// A blockingLane is a slowLane on which waiting for an operation needs no Park.
type blockingLane struct {
	*slowLane
	parks atomic.Int32
}

func (l *blockingLane) Blocking() *future.Parking { return &l.parking }

func (l *blockingLane) Park(ctx context.Context, w future.Waitable) error {
	l.parks.Add(1)
	return l.slowLane.Park(ctx, w)
}

// On a Blocker, a Wait for an operation that nothing but its completion ends is not the lane's business. All others are.
func TestBlocker(t *testing.T) {
	l := &blockingLane{slowLane: newSlowLane()}
	ended, cancel := context.WithCancel(background)
	cancel()
	o := newOperation(l, background)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if v, err := o.Future().Wait(); v != 7 || err != nil {
				t.Errorf("got %v, %v", v, err)
			}
			if err := o.Future().WaitErr(); err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := o.Future().WaitContext(ended); !errors.Is(err, context.Canceled) || l.parks.Swap(0) != 1 {
		t.Errorf("with a context that has ended: %v", err)
	}
	o.Complete(7, nil)
	all.Wait()
	if n := l.parks.Load(); n != 0 {
		t.Errorf("parked %d times for an operation", n)
	}

	o = newOperation(l, ended)
	if err := o.Future().WaitErr(); !errors.Is(err, context.Canceled) || l.parks.Swap(0) != 1 || o.cancelled.Load() != 1 {
		t.Errorf("for an operation whose context has ended: %v, cancelled %d times", err, o.cancelled.Load())
	}
	close(l.stopped)
	if err := future.NewPromise[int](l).Future().WaitErr(); err != future.ErrStopped || l.parks.Load() != 1 {
		t.Errorf("for nobody, on a lane that has stopped: %v", err)
	}
	o = newOperation(l, background) // whose source keeps its promise also then
	all.Go(func() { o.Complete(8, nil) })
	if v, err := o.Future().Wait(); v != 8 || err != nil {
		t.Errorf("on a lane that has stopped: %v, %v", v, err)
	}
	all.Wait()
}

func TestNotify(t *testing.T) {
	p := future.NewPromise[int](nil)
	n := 0
	task := future.Func(func() { n++ })
	first, second := p.Future().Notify(task), p.Future().Notify(task)
	if !first() {
		t.Error("could not be dropped in time")
	}
	if first() {
		t.Error("dropped twice")
	}
	p.Complete(1, nil)
	if n != 1 || second() || first() {
		t.Errorf("ran %d times", n)
	}
	if p.Future().Notify(task)() || n != 2 {
		t.Errorf("ran %d times", n)
	}
}
