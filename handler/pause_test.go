package handler_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

func TestPause(t *testing.T) {
	for seed := range uint64(20) {
		w := newWire(t, seed, handler.Latency{Kind: handler.ConstantLatency, Min: time.Millisecond})
		c, s := w.pair()
		n := w.server
		at := func() int64 { return w.d.Now().Sub(w.begun).Milliseconds() }
		n.AfterFunc(5*time.Millisecond, future.Func(func() { s.note("timer") }))
		n.AfterFunc(3*time.Millisecond, future.Func(func() { s.note("earlier timer") }))
		n.Lane("a").AfterFunc(4*time.Millisecond, future.Func(func() { s.note("task") }))
		n.Spawn(func() {
			future.NewPromise[int](n.Lane("b")).Future().WaitErr()
		})
		w.d.Advance(time.Millisecond)
		n.Pause()
		c.write("a")
		w.d.Advance(time.Millisecond)
		c.write("b")
		late := w.dial()
		w.d.Advance(10 * time.Millisecond)
		s.saw()
		late.saw("4 opened") // by the kernel
		late.write("c")
		if len(w.accepted) != 1 {
			t.Error("a paused node accepted")
		}
		begun := at()
		w.d.Advance(10 * time.Millisecond)
		if at() != begun+10 || n.Now() != w.d.Now() {
			t.Error("the clock has stopped")
		}
		n.Resume()
		n.Resume()
		w.d.Advance(10 * time.Millisecond)
		s.saw("22 a", "22 b", "22 earlier timer", "22 timer", "22 task")
		if len(w.accepted) != 2 {
			t.Fatal("what the kernel has accepted was forgotten")
		}
		w.accepted[1].saw("22 opened", "22 c")
	}
}

// A pause in the middle of catching up keeps what is left, in its order.
func TestPauseAgain(t *testing.T) {
	d := handler.NewDeterministic(1)
	n := d.Node("n")
	var log []string
	for i := range 6 {
		n.AfterFunc(time.Duration(i)*time.Millisecond, future.Func(func() {
			log = append(log, string(rune('a'+i)))
			if i == 2 {
				n.Pause()
			}
		}))
	}
	n.Pause()
	d.Advance(time.Second)
	n.Resume()
	n.Pause()
	n.Resume()
	d.Advance(time.Second)
	if got := strings.Join(log, ""); got != "abc" {
		t.Errorf("saw %s", got)
	}
	n.AfterFunc(0, future.Func(func() { log = append(log, "g") }))
	n.Resume()
	d.Advance(time.Second)
	if got := strings.Join(log, ""); got != "abcdefg" {
		t.Errorf("saw %s", got)
	}
	d.Stop()
	<-d.Stopped()
}

// A paused node can be killed and stopped.
func TestPausedNodeEnds(t *testing.T) {
	d := handler.NewDeterministic(1)
	a, b := d.Node("a"), d.Node("b")
	var log []string
	for _, n := range []*handler.Node{a, b} {
		n.Pause()
		n.Lane("x").Dispatch(future.Func(func() { log = append(log, n.Name()) }))
	}
	a.Kill()
	a.Resume()
	d.Run()
	<-a.Stopped()
	b.Stop()
	<-b.Stopped()
	if !slices.Equal(log, []string{"deterministic/b"}) {
		t.Errorf("ran %v", log)
	}
	d.Stop()
}
