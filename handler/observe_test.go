package handler_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// An observer sees every step, once, and changes nothing.
func TestObserve(t *testing.T) {
	plain := handler.NewDeterministic(7)
	want := scenario(plain)
	var events []handler.Event
	watched := handler.NewDeterministic(7, handler.Observe(func(e handler.Event) { events = append(events, e) }))
	if got := scenario(watched); got != want || watched.TraceHash() != plain.TraceHash() {
		t.Error("who is watched behaves differently")
	}
	var step uint64
	var at time.Duration
	kinds := make(map[string]int)
	for _, e := range events {
		if e.Step == step+1 {
			step++
		} else if e.Step != step {
			t.Fatalf("after step %d comes %+v", step, e)
		}
		if e.Cause > e.Step || e.At < at {
			t.Fatalf("at %v: %+v", at, e)
		}
		at = e.At
		kinds[e.Kind]++
	}
	if step != watched.Steps() {
		t.Errorf("%d steps were seen of %d", step, watched.Steps())
	}
	for _, kind := range []string{handler.KindTask, handler.KindTimer, handler.KindProcess} {
		if kinds[kind] == 0 {
			t.Errorf("no %s was seen", kind)
		}
	}
}

// Each step names the one that has led to it.
func TestCauses(t *testing.T) {
	var chain []string
	d := handler.NewDeterministic(1, handler.Observe(func(e handler.Event) {
		chain = append(chain, fmt.Sprintf("%d<-%d %s/%s %s", e.Step, e.Cause, e.Node, e.Kind, e.Label))
	}))
	n := d.Node("n")
	l := n.Lane("lane/x")
	p := future.NewPromise[int](l)
	n.Spawn(func() { // step 1
		n.AfterFunc(time.Second, future.Func(func() { // step 2
			l.Dispatch(future.Func(func() { p.Complete(1, nil) })) // step 3
			n.AfterFunc(time.Second, nop)                          // step 5
		}))
		p.Future().Wait() // goes on with step 4
	})
	d.Run()
	want := []string{"1<-0 n/process 1", "2<-1 n/timer ", "3<-2 n/task lane", "4<-3 n/process 1", "5<-2 n/timer "}
	if !slices.Equal(chain, want) {
		t.Errorf("%q", chain)
	}
	d.Stop()
}

// What arrives was caused by the step that sent it, however many things arrive in between.
func TestArrivalCauses(t *testing.T) {
	sent := make(map[string][]uint64) // by peers and label, the steps that have sent bytes
	arrived := 0
	d := handler.NewDeterministic(3, handler.Observe(func(e handler.Event) {
		switch e.Kind {
		case handler.KindSend:
			key := e.Node + e.Label
			sent[key] = append(sent[key], e.Step)
		case handler.KindArrival:
			if len(e.Data) == 0 { // the end of the connection
				return
			}
			key := e.Peer + e.Label
			if len(sent[key]) == 0 || sent[key][0] != e.Cause {
				t.Errorf("%q arrives because of step %d, and was sent in %v", e.Data, e.Cause, sent[key])
				return
			}
			sent[key] = sent[key][1:]
			arrived++
		}
	}))
	scenario(d)
	if arrived < 20 {
		t.Errorf("%d arrivals were seen", arrived)
	}
}

// Digests of two runs agree up to where the runs begin to differ.
func TestDigests(t *testing.T) {
	run := func(different int) []uint64 {
		d := handler.NewDeterministic(1)
		l := d.Lane("a")
		for i := range 10_000 {
			if i == different {
				d.Spawn(func() {})
				d.Run()
			}
			l.Dispatch(nop)
			d.Step()
		}
		d.Stop()
		return d.Digests()
	}
	a, b := run(-1), run(4_500)
	if len(a) != 10 || len(b) != 10 || !slices.Equal(a[:4], b[:4]) {
		t.Fatalf("%x\n%x", a, b)
	}
	for i := range a[4:] {
		if a[4+i] == b[4+i] {
			t.Errorf("digest %d is the same", 4+i)
		}
	}
}

func TestBusyLimit(t *testing.T) {
	d := handler.NewDeterministic(1)
	d.BusyLimit(100)
	n := d.Node("n")
	l := n.Lane("spinning/x")
	spin := false
	var again future.Func
	again = func() {
		if spin {
			l.Dispatch(again)
		}
	}
	n.AfterFunc(time.Second, future.Func(func() { l.Dispatch(again) }))
	for range 1000 {
		n.AfterFunc(time.Millisecond, nop)
		d.Advance(time.Millisecond) // many steps, but never many at once
	}
	spin = true
	for name, drive := range map[string]func() error{
		"Run":      d.Run,
		"Advance":  func() error { return d.Advance(time.Second) },
		"RunUntil": func() error { return d.RunUntil(func() bool { return false }) },
		"Wait":     future.NewPromise[int](d.Lane("b")).Future().WaitErr,
	} {
		steps := d.Steps()
		l.Dispatch(again)
		err := drive()
		var busy *handler.BusyError
		if !errors.As(err, &busy) || busy.Node != "n" || busy.Label != "task spinning" || busy.Step != d.Steps() || busy.At != time.Second {
			t.Errorf("%s: %v", name, err)
		}
		if n := d.Steps() - steps; n > 101 {
			t.Errorf("%s: %d steps", name, n)
		}
	}
	spin = false
	if err := d.Run(); err != nil {
		t.Errorf("when it is over: %v", err)
	}
	d.Stop()
	<-d.Stopped()
}
