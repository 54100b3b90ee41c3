package handler_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

func TestKill(t *testing.T) {
	w := newWire(t, 1)
	c, s := w.pair()
	n := w.server
	var log []string
	note := func(what string) { log = append(log, what) }
	l := n.Lane("a")
	never := future.NewPromise[int](l)
	n.AfterFunc(time.Second, future.Func(func() { note("timer") }))
	l.AfterFunc(time.Second, future.Func(func() { note("lane timer") }))
	n.Spawn(func() {
		defer note("process unwound")
		defer func() {
			ran := false
			n.Spawn(func() { ran = true })
			if l.Dispatch(future.Func(func() { ran = true })) || ran {
				t.Error("a dead node's lane takes tasks")
			}
			s.write("from the dead")
			n.Dial(context.Background(), handler.Target{Address: "client:1"}, s)
			w.nw.Send(n, w.client, 1, "", func() { t.Error("a dead node sends") })
		}()
		never.Future().Wait()
		note("the process went on")
	})
	co := future.Async(context.Background(), l, func(co *future.Co) (int, error) {
		defer note("coroutine unwound")
		_, err := future.Await(co, never.Future())
		if err != future.ErrStopped {
			t.Errorf("Await returned %v", err)
		}
		future.Await(co, never.Future())
		note("the coroutine went on")
		return 0, nil
	})
	var other error
	w.client.Spawn(func() { other = co.WaitErr() })
	w.d.Advance(10 * time.Millisecond)
	s.write("z")
	w.d.Advance(0)
	l.Dispatch(future.Func(func() { note("task") }))
	n.Spawn(func() { note("a process began") })
	n.Kill()
	n.Kill()
	w.d.Advance(time.Minute)
	if got := strings.Join(log, ", "); got != "process unwound, coroutine unwound" && got != "coroutine unwound, process unwound" {
		t.Errorf("saw %s", got)
	}
	if other != future.ErrStopped {
		t.Errorf("another node's process got %v", other)
	}
	if err := never.Future().WaitErr(); err != future.ErrStopped {
		t.Errorf("Wait returned %v", err)
	}
	<-n.Stopped()
	c.saw("11 z", "11 reset")
	s.saw()

	w.begun = w.d.Now()
	c = w.dial()
	w.d.Advance(10 * time.Millisecond)
	c.saw("2 refused")
	w.server = n.Restart()
	if w.d.Node("server") != w.server || w.server.Addr() != n.Addr() || w.server.Name() != n.Name() {
		t.Error("a restarted node is somebody else")
	}
	if w.server.Rand("x").Uint64() == n.Rand("x").Uint64() {
		t.Error("a restarted node draws the same numbers")
	}
	w.listen()
	c, s = w.pair()
	c.write("w")
	w.d.Advance(10 * time.Millisecond)
	s.saw("1 w")
}
