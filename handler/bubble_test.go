package handler_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// inBubble runs fn with a world in a bubble, for some seeds.
func inBubble(t *testing.T, seeds uint64, fn func(t *testing.T, d *handler.Deterministic)) (hashes map[uint64]bool) {
	t.Helper()
	hashes = make(map[uint64]bool)
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			d := handler.NewDeterministic(seed)
			d.Bubble(synctest.Wait)
			fn(t, d)
			d.Stop()
			<-d.Stopped()
			hashes[d.TraceHash()] = true
		})
	}
	return hashes
}

// Goroutines that the test starts itself, and that one event wakes, go on one after the other in an order
// that the seed picks, the same each time.
func TestGoroutinesWakeInTurns(t *testing.T) {
	orders := make(map[string]bool)
	for seed := range uint64(30) {
		var first string
		for range 3 {
			var log []byte
			synctest.Test(t, func(t *testing.T) {
				d := handler.NewDeterministic(seed)
				d.Bubble(synctest.Wait)
				l := d.Lane("a")
				p := future.NewPromise[int](l)
				for i := range 5 {
					go func() {
						time.Sleep(time.Duration(i) * time.Millisecond) // one after the other
						p.Future().Wait()
						log = append(log, byte('a'+i)) // no race: only one runs
						d.Lane(fmt.Sprint(i)).Dispatch(future.Func(func() { log = append(log, byte('A'+i)) }))
					}()
				}
				d.AfterFunc(time.Second, future.Func(func() { p.Complete(1, nil) }))
				if err := d.RunUntil(func() bool { return len(log) == 10 }); err != nil {
					t.Error(err)
				}
				d.Stop()
			})
			if first == "" {
				first = string(log)
			}
			if string(log) != first {
				t.Fatalf("seed %d: %s, and before it was %s", seed, log, first)
			}
		}
		orders[first] = true
	}
	if len(orders) < 15 {
		t.Errorf("30 seeds made %d orders", len(orders))
	}
}

// Processes may sleep, use channels, and wait with a context of package time.
func TestProcessesInBubble(t *testing.T) {
	inBubble(t, 5, func(t *testing.T, d *handler.Deterministic) {
		n := d.Node("n")
		begun := n.Now()
		passed := func() time.Duration { return n.Now().Sub(begun) }
		ch := make(chan time.Duration)
		n.Spawn(func() {
			time.Sleep(3 * time.Second)
			ch <- passed()
		})
		var got time.Duration
		n.Spawn(func() { got = <-ch })
		var err error
		var gaveUp time.Duration
		n.Spawn(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			_, err = future.NewPromise[int](n.Lane("a")).Future().WaitContext(ctx)
			gaveUp = passed()
		})
		if err := d.Run(); err != nil { // though there is no event but those of package time
			t.Error(err)
		}
		if got != 3*time.Second {
			t.Errorf("slept until %v", got)
		}
		if gaveUp != 5*time.Second || err != context.DeadlineExceeded {
			t.Errorf("at %v: %v", gaveUp, err)
		}
	})
}

// A process that has slept goes on waiting as before, and a Wait of a goroutine that it has started is not its own.
func TestProcessStartsGoroutines(t *testing.T) {
	inBubble(t, 5, func(t *testing.T, d *handler.Deterministic) {
		n := d.Node("n")
		l := n.Lane("a")
		helped := make(chan int, 1)
		sum := 0
		n.Spawn(func() {
			p := future.NewPromise[int](l)
			time.Sleep(time.Second)
			l.AfterFunc(2*time.Second, future.Func(func() { p.Complete(7, nil) }))
			go func() {
				v, _ := p.Future().Wait()
				helped <- v + 1
			}()
			v, _ := p.Future().Wait()
			sum = v + <-helped
		})
		if err := d.RunUntil(func() bool { return sum != 0 }); err != nil || sum != 15 {
			t.Errorf("%v, sum %d", err, sum)
		}
		if at := d.Now().Second(); at != 3 {
			t.Errorf("after %d s", at)
		}
	})
}

// ends runs fn, which must not return, and says how it ended.
func ends(fn func()) (panicked any, returned bool) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer func() { panicked = recover() }()
		fn()
		returned = true
	}()
	<-over
	return panicked, returned
}

// A process that panics or calls Goexit, at once or after a time of its own, ends the driver likewise, and the
// world can say who it was.
func TestProcessFails(t *testing.T) {
	for name, fail := range map[string]func(){
		"panic":  func() { panic("it was me") },
		"Goexit": func() { new(testing.T).FailNow() },
	} {
		for _, in := range []string{"a world", "a bubble", "a bubble, later"} {
			synctest.Test(t, func(t *testing.T) {
				d := handler.NewDeterministic(1)
				if in != "a world" {
					d.Bubble(synctest.Wait)
				}
				n := d.Node("culprit")
				n.Spawn(func() {})
				n.AfterFunc(time.Second, nop)
				n.Spawn(func() {
					n.Lane("a").AfterFunc(0, nop)
					if in == "a bubble, later" {
						time.Sleep(500 * time.Millisecond)
					}
					fail()
				})
				panicked, returned := ends(func() { d.Run() })
				if returned || panicked != nil != (name == "panic") {
					t.Errorf("%s in %s: %v, returned: %v", name, in, panicked, returned)
				}
				var se *handler.StepError
				if !errors.As(d.Failure(), &se) || se.Node != "culprit" || se.Kind != handler.KindProcess || se.Label != "2" || se.Step == 0 {
					t.Errorf("%s in %s: %v", name, in, d.Failure())
				}
				if name == "panic" {
					if pe := new(future.PanicError); panicked != any(d.Failure()) || !errors.As(se, &pe) || pe.Value != "it was me" {
						t.Errorf("in %s: %v", in, panicked)
					}
				} else if !errors.Is(se, future.ErrGoexit) {
					t.Errorf("in %s: %v", in, se)
				}
				d.Stop()
				<-d.Stopped()
			})
		}
	}
}

// A task that fails is named, too; its panic goes up with its own stack.
func TestTaskFails(t *testing.T) {
	d := handler.NewDeterministic(1)
	d.Node("n").Lane("work/x").Dispatch(future.Func(func() { panic("it was me") }))
	if panicked, _ := ends(func() { d.Run() }); panicked != "it was me" {
		t.Errorf("panicked with %v", panicked)
	}
	if err := d.Failure(); err == nil || !strings.Contains(err.Error(), `task work of node "n" ended in step 1`) {
		t.Error(err)
	}
	d.Stop()
	if handler.NewDeterministic(1).Failure() != nil {
		t.Error("a failure of nobody")
	}
}

func TestDeadlockReasons(t *testing.T) {
	d := handler.NewDeterministic(1)
	n := d.Node("n")
	never := future.NewPromise[int](n.Lane("zk/x")).Future()
	expect := func(what string, err error, reason future.DeadlockReason, texts ...string) {
		t.Helper()
		var de *future.DeadlockError
		if !errors.As(err, &de) || de.Reason != reason {
			t.Errorf("%s: %v", what, err)
			return
		}
		for _, text := range texts {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %q is missing in: %v", what, text, err)
			}
		}
	}
	n.Lane("b").Dispatch(future.Func(func() { expect("task", never.WaitErr(), future.WaitInCallback, "zk/x", `node "n"`) }))
	n.Spawn(func() {
		over := make(chan error)
		go func() { over <- never.WaitErr() }()
		expect("stranger", <-over, future.UnknownGoroutine, "Spawn")
		never.Wait()
	})
	d.Run()
	expect("nothing left", never.WaitErr(), future.NothingLeft, `process 1 of node "n" waits on lane "zk/x"`)
	expect("RunUntil", d.RunUntil(func() bool { return false }), future.NothingLeft, "a condition")
	n.AfterFunc(2*time.Hour, nop)
	expect("horizon", never.WaitErr(), future.HorizonPassed, `lane "zk/x" of node "n"`)
	d.Stop()
	<-d.Stopped()
	inBubble(t, 1, func(t *testing.T, d *handler.Deterministic) {
		ch := make(chan int)
		d.Node("n").Spawn(func() { <-ch })
		expect("channel", d.RunUntil(func() bool { return false }), future.HorizonPassed, `process 1 of node "n" waits for something else`)
		close(ch)
	})
}

// Whoever waits for a channel where it may not is named, in a bubble at once: a coroutine in a world
// outside of Bubble mode, a task anywhere.
func TestBlockedIsNamed(t *testing.T) {
	for name, block := range map[string]func(d *handler.Deterministic, ch chan int){
		"process 1": func(d *handler.Deterministic, ch chan int) { d.Node("n").Spawn(func() { <-ch }) },
		"task work": func(d *handler.Deterministic, ch chan int) {
			d.Node("n").Lane("work/x").Dispatch(future.Func(func() { <-ch }))
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			ch := make(chan int)
			var got *handler.StepError
			d := handler.NewDeterministic(1, handler.OnBlocked(func(e *handler.StepError) { got = e; close(ch) }))
			if name != "process 1" {
				d.Bubble(synctest.Wait)
			}
			for range 100 {
				d.AfterFunc(time.Second, nop)
			}
			d.AfterFunc(2*time.Second, future.Func(func() { block(d, ch) }))
			if err := d.Run(); err != nil {
				t.Error(err)
			}
			if !errors.Is(got, handler.ErrBlocked) || got.Node != "n" || got.Kind+" "+got.Label != name || !strings.Contains(got.Error(), "TestBlockedIsNamed") {
				t.Errorf("%s: %v", name, got)
			}
			d.Stop()
		})
	}
}
