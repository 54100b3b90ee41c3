package handler_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

func TestLoopRunEnds(t *testing.T) {
	l := handler.NewLoop()
	ctx, cancel := context.WithCancel(context.Background())
	ran := 0
	for range 3 {
		l.Post(func() { ran++ })
	}
	l.Post(cancel)
	l.Post(func() { ran++ })
	if err := l.Run(ctx); err != context.Canceled {
		t.Errorf("Run returned %v", err)
	}
	if ran != 3 {
		t.Errorf("%d tasks ran before ctx ended, not 3", ran)
	}
	l.Post(l.Stop)
	if err := l.Run(context.Background()); err != nil {
		t.Errorf("Run returned %v after Stop", err)
	}
	if ran != 4 {
		t.Errorf("%d tasks ran, not 4", ran)
	}
	<-l.Stopped()
	if err := l.Run(context.Background()); err != nil {
		t.Errorf("Run on a stopped loop returned %v", err)
	}
	if l.Post(func() {}) {
		t.Error("a stopped loop took a task")
	}
}

func TestLoopOneRun(t *testing.T) {
	l := handler.NewLoop()
	running, ended := make(chan struct{}), make(chan error)
	l.Post(func() { close(running) })
	go func() { ended <- l.Run(context.Background()) }()
	<-running
	if err := l.Run(context.Background()); err != handler.ErrRunning {
		t.Errorf("a second Run returned %v", err)
	}
	inner := make(chan error, 1)
	l.Post(func() { inner <- l.Run(context.Background()) })
	if err := <-inner; err != handler.ErrRunning {
		t.Errorf("Run in a task returned %v", err)
	}
	l.Stop()
	if err := <-ended; err != nil {
		t.Errorf("Run returned %v", err)
	}
}

// Run takes over from a Wait that drives, and a Wait from a Run that ends.
func TestLoopRunAndWait(t *testing.T) {
	l := handler.NewLoop()
	lane := l.Lane("a")
	var at atomic.Value // the name of the goroutine that a task ran on
	where := func() string {
		p := future.NewPromise[int](lane)
		lane.Dispatch(future.Func(func() {
			buf := make([]byte, 10_000)
			buf = buf[:runtime.Stack(buf, false)]
			for _, name := range []string{"waitHere", "runHere"} {
				if strings.Contains(string(buf), name) {
					at.Store(name)
				}
			}
			p.Complete(0, nil)
		}))
		<-p.Future().Done()
		return at.Load().(string)
	}
	p := future.NewPromise[int](lane)
	waited := make(chan error)
	go func() { waited <- waitHere(p.Future()) }()
	if w := where(); w != "waitHere" {
		t.Errorf("the loop is at %s, not in the Wait", w)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error)
	go func() { ran <- runHere(ctx, l) }()
	for where() != "runHere" { // it takes over when it comes
	}
	cancel()
	if err := <-ran; err != context.Canceled {
		t.Errorf("Run returned %v", err)
	}
	if w := where(); w != "waitHere" {
		t.Errorf("the loop is at %s, not in the Wait", w)
	}
	p.Complete(0, nil)
	if err := <-waited; err != nil {
		t.Errorf("Wait returned %v", err)
	}
	l.Stop()
	<-l.Stopped()
}

// Run does not wait for what the present driver has taken out of the queue.
func TestLoopRunTakesOverBetweenTasks(t *testing.T) {
	l := handler.NewLoop()
	lane := l.Lane("a")
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 2)
	p := future.NewPromise[string](lane)
	lane.DispatchAll([]future.Task{
		future.Func(func() {
			for range 2 {
				go func() { ran <- runHere(ctx, l) }()
			}
			if err := <-ran; err != handler.ErrRunning { // so the other is waiting
				t.Errorf("Run returned %v", err)
			}
		}),
		future.Func(func() {
			buf := make([]byte, 10_000)
			p.Complete(string(buf[:runtime.Stack(buf, false)]), nil)
		}),
	})
	if stack, err := p.Future().Wait(); err != nil || !strings.Contains(stack, "runHere") {
		t.Errorf("%v: the second task did not run in Run:\n%s", err, stack)
	}
	cancel()
	if err := <-ran; err != context.Canceled {
		t.Errorf("Run returned %v", err)
	}
	l.Stop()
	<-l.Stopped()
}

//go:noinline
func waitHere(f *future.Future[int]) error { return f.WaitErr() }

//go:noinline
func runHere(ctx context.Context, l *handler.Loop) error { return l.Run(ctx) }

// Waits come and go, by result and by context, Runs come and go, and somebody always drives while
// anybody waits: a lost wake-up hangs this test.
func TestLoopHandsOver(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	for round := range rounds {
		l := handler.NewLoop()
		lane := l.Lane("a")
		var wg sync.WaitGroup
		const waiters = 12
		called := 0 // the loop's: no lock
		chain := make([]*future.Promise[int], waiters+1)
		for i := range chain {
			chain[i] = future.NewPromise[int](lane)
		}
		for i := range waiters {
			r := rand.New(rand.NewPCG(uint64(round), uint64(i)))
			spawn, patience, running := r.IntN(2) == 0, time.Duration(r.IntN(300))*time.Microsecond, time.Duration(r.IntN(300))*time.Microsecond
			// Each link is completed by a task, which a callback of the one before queues.
			chain[i].Future().OnComplete(func(v int, err error) {
				called++
				if spawn {
					lane.Dispatch(future.Func(func() { chain[i+1].Complete(v+1, err) }))
				} else {
					l.Spawn(func() { chain[i+1].Complete(v+1, err) })
				}
			})
			wg.Go(func() {
				if v, err := chain[i+1].Future().Wait(); v != i+1 || err != nil {
					t.Errorf("Wait returned %d, %v", v, err)
				}
			})
			if i%3 == 0 {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(context.Background(), patience)
					defer cancel()
					if _, err := chain[waiters].Future().WaitContext(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("Wait returned %v", err)
					}
				})
			}
			if i%4 == 0 {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(context.Background(), running)
					defer cancel()
					if err := l.Run(ctx); err != handler.ErrRunning && !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("Run returned %v", err)
					}
				})
			}
		}
		wg.Go(func() { chain[0].Complete(0, nil) })
		wg.Wait()
		l.Stop()
		<-l.Stopped()
		if called != waiters {
			t.Fatalf("%d of %d callbacks ran", called, waiters)
		}
	}
}

// Coroutines started on a goroutine that is locked to its thread can only be resumed there.
func TestLoopStaysOnLockedThread(t *testing.T) {
	l := handler.NewLoop()
	lane := l.Lane("a")
	const bodies = 10
	p := future.NewPromise[int](lane)
	var fs []*future.Future[int]
	for range bodies {
		fs = append(fs, future.Async(context.Background(), lane, func(co *future.Co) (int, error) {
			future.Await(co, p.Future())
			q := future.NewPromise[int](lane)
			lane.AfterFunc(time.Millisecond, future.Func(func() { q.Complete(1, nil) }))
			return future.Await(co, q.Future())
		}))
	}
	all := future.All(fs...)
	started := future.NewPromise[int](lane)
	lane.Dispatch(future.Func(func() { started.Complete(0, nil) }))

	ctx, cancel := context.WithCancel(context.Background())
	paused, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // and never unlocked, as for a main thread
		l.Run(ctx)
		close(paused)
		<-goOn
		l.Run(context.Background())
	}()
	<-started.Future().Done() // a Wait might run the loop here
	cancel()
	<-paused
	// Nobody runs the loop now, and Waits elsewhere must leave it alone.
	waited := make(chan error)
	go func() { waited <- all.WaitErr() }()
	p.Complete(0, nil)
	short, cancelShort := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancelShort()
	if _, err := all.WaitContext(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait returned %v with nobody to run the loop", err)
	}
	if err := l.Run(context.Background()); err != handler.ErrThread {
		t.Errorf("Run elsewhere returned %v", err)
	}
	close(goOn)
	if err := <-waited; err != nil {
		t.Errorf("Wait returned %v", err)
	}
	l.Stop()
	<-ended
	<-l.Stopped()
}

// Nor can coroutines started elsewhere be resumed on one.
func TestLoopRefusesLockedThread(t *testing.T) {
	l := handler.NewLoop()
	lane := l.Lane("a")
	p, begun := future.NewPromise[int](lane), future.NewPromise[int](lane)
	f := future.Async(context.Background(), lane, func(co *future.Co) (int, error) {
		begun.Complete(0, nil)
		return future.Await(co, p.Future())
	})
	if err := begun.Future().WaitErr(); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error)
	go func() {
		runtime.LockOSThread()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		errs <- l.Run(ctx)
	}()
	if err := <-errs; err != handler.ErrThread {
		t.Errorf("Run returned %v", err)
	}
	p.Complete(0, nil)
	if err := f.WaitErr(); err != nil {
		t.Error(err)
	}
	l.Stop()
	<-l.Stopped()
}

// A panic without a hook reaches whoever runs the loop, who may recover it and go on.
func TestLoopPanicReachesRun(t *testing.T) {
	l := handler.NewLoop()
	lane := l.Lane("a")
	p := future.NewPromise[int](lane)
	lane.Dispatch(future.Func(func() { panic("x") }))
	lane.Dispatch(future.Func(func() { p.Complete(1, nil) }))
	func() {
		defer func() {
			if v := recover(); v != "x" {
				t.Errorf("recovered %v", v)
			}
		}()
		l.Run(context.Background())
	}()
	if v, err := p.Future().Wait(); v != 1 || err != nil {
		t.Errorf("Wait returned %d, %v", v, err)
	}
	l.Stop()
	<-l.Stopped()
}

// A panic without a hook ends the process, with the stack of who panicked, and nothing behind it runs.
func TestPoolPanicEndsProcess(t *testing.T) {
	if os.Getenv("HANDLER_TEST_PANIC") != "" {
		lane := handler.NewPool().Lane("a")
		lane.DispatchAll([]future.Task{
			future.Func(func() { guilty() }),
			future.Func(func() { println("the task behind it ran") }),
		})
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestPoolPanicEndsProcess$")
	cmd.Env = append(os.Environ(), "HANDLER_TEST_PANIC=1")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(out), "panic: it was me") || !strings.Contains(string(out), "handler_test.guilty") {
		t.Errorf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "recovered") || strings.Contains(string(out), "behind it ran") {
		t.Errorf("not the original panic:\n%s", out)
	}
}

//go:noinline
func guilty() { panic("it was me") }
