package future_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// What ends the process is shown in a process of its own: this one again, with the case's name in the
// environment.

const fatalCase = "GAZOO_FATAL_CASE"

var fatalCases = map[string]struct {
	run  func()
	want []string // in what the process prints
}{
	"LockedBody": {
		run: func() {
			l := handler.NewPool().Lane("a")
			p := future.NewPromise[int](l)
			f := future.Async(background, l, func(co *future.Co) (int, error) {
				runtime.LockOSThread()
				later(l, p, 1, nil)
				return future.Await(co, p.Future())
			})
			f.Wait()
		},
		want: []string{"fatal error: coro: OS thread locking must match locking at coroutine creation", "future.Await"},
	},
	"PanicInCallback": {
		run: func() {
			p := future.NewPromise[int](handler.NewPool().Lane("a"))
			p.Future().OnComplete(guiltyCallback)
			p.Complete(1, nil)
			select {} // until the lane panics
		},
		want: []string{"panic: a", "guiltyCallback("},
	},
	"PanicInNotify": { // code of handlers: nobody recovers
		run: func() {
			p := future.NewPromise[int](nil)
			p.Future().Notify(future.Func(func() { panic("notified") }))
			p.Complete(1, nil)
		},
		want: []string{"panic: notified"},
	},
}

func TestFatal(t *testing.T) {
	if c, ok := fatalCases[os.Getenv(fatalCase)]; ok {
		c.run()
		os.Exit(0)
	}
	for name, c := range fatalCases {
		t.Run(name, func(t *testing.T) {
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(self, "-test.run=^TestFatal$")
			cmd.Env = append(os.Environ(), fatalCase+"="+name)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 2 {
				t.Errorf("the process ended with %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("%q is not in\n%s", want, out)
				}
			}
		})
	}
}

// Bodies on a Loop that is run by a goroutine locked to its thread are fine, and so is a body that
// unlocks before it awaits.
func TestLockedThread(t *testing.T) {
	loop := handler.NewLoop()
	l := loop.Lane("a")
	ctx, cancel := context.WithCancel(background)
	ran := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		ran <- loop.Run(ctx)
	}()
	f := future.Async(background, l, func(co *future.Co) (int, error) {
		for i := range 10 {
			p := future.NewPromise[int](l)
			later(l, p, i, nil)
			if v, err := future.Await(co, p.Future()); v != i || err != nil {
				t.Errorf("awaited %v, %v", v, err)
			}
		}
		return 1, nil
	})
	<-f.Done()
	wantValue(t, f, 1)
	cancel()
	if err := <-ran; err != context.Canceled {
		t.Errorf("Run returned %v", err)
	}
	loop.Stop()
	<-loop.Stopped()

	h := handler.NewPool()
	l = h.Lane("a")
	wantValue(t, future.Async(background, l, func(co *future.Co) (int, error) {
		runtime.LockOSThread()
		runtime.UnlockOSThread()
		p := future.NewPromise[int](l)
		later(l, p, 1, nil)
		return future.Await(co, p.Future())
	}), 1)
	h.Stop()
	<-h.Stopped()
}
