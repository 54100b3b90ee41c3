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

func TestPowerOff(t *testing.T) {
	w := newWire(t, 1)
	c, s := w.pair()
	s.write("a") // is on its way
	w.d.Advance(0)
	w.server.PowerOff()
	c.write("b")
	attempt := w.dial()
	w.d.Advance(time.Minute)
	c.saw("1 a")
	attempt.saw()

	w.begun = w.d.Now()
	w.server = w.server.Restart()
	w.listen()
	w.d.Advance(time.Minute)
	c.saw("1 a") // and nobody tells until it asks
	c.log = nil
	w.begun = w.d.Now()
	c.write("c")
	w.d.Advance(time.Minute)
	c.saw("1 reset")
	s.saw()
	w.pair()
}

// A client that dies leaves a server with a connection that ends, or does not.
func TestDialerDies(t *testing.T) {
	w := newWire(t, 1)
	_, s := w.pair()
	w.client.Kill()
	w.d.Advance(10 * time.Millisecond)
	s.saw("1 reset")
	w.client = w.client.Restart()
	_, s = w.pair()
	w.client.PowerOff()
	w.d.Advance(time.Minute)
	s.saw()
	w.client = w.client.Restart()
	late := w.dial()
	w.client.Kill() // while it dials
	w.d.Advance(time.Minute)
	late.saw()
}

// The news of a death goes the way of everything else.
func TestDeathOverBadLinks(t *testing.T) {
	w := newWire(t, 1)
	stalled, _ := w.pair()
	back := w.nw.Link(w.server, w.client)
	back.Stall()
	w.server.Kill()
	w.d.Advance(10 * time.Millisecond)
	stalled.saw()
	back.Flow()
	w.d.Advance(10 * time.Millisecond)
	stalled.saw("10 reset")

	w.server = w.server.Restart()
	w.listen()
	halfOpen, _ := w.pair()
	back.Lose(true)
	w.server.Kill()
	w.d.Advance(10 * time.Millisecond)
	back.Lose(false)
	halfOpen.write("anybody there?")
	w.d.Advance(time.Minute)
	halfOpen.saw()
}

func TestRestartIsForTheDead(t *testing.T) {
	d := handler.NewDeterministic(1)
	refuses := func(n *handler.Node) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Error("did not panic")
			}
		}()
		n.Restart()
	}
	n := d.Node("n")
	refuses(n)
	n.Kill()
	again := n.Restart()
	refuses(n)
	refuses(again)
	d.Stop()
	<-d.Stopped()
	again.Kill()
	<-again.Restart().Stopped()
}

// A process that kills its own node goes on until it waits.
func TestSuicide(t *testing.T) {
	d := handler.NewDeterministic(1, handler.Schedule(handler.FIFO))
	n := d.Node("n")
	var log []string
	n.Spawn(func() {
		defer func() { log = append(log, "unwound") }()
		n.Kill()
		log = append(log, "goes on")
		future.NewPromise[int](n.Lane("a")).Future().Wait()
		log = append(log, "has waited")
	})
	n.Lane("b").Dispatch(future.Func(func() { n.Lane("b").Dispatch(future.Func(func() {})) }))
	d.Run()
	if _, err := n.Resolve(context.Background(), "n").Wait(); err == nil {
		t.Error("a dead node resolved a name")
	}
	d.Run()
	<-n.Stopped()
	if got := strings.Join(log, ", "); got != "goes on, unwound" {
		t.Errorf("saw %s", got)
	}
	d.Stop()
	<-d.Stopped()
}

// Whatever goes on on a node, it dies, leaves nothing behind, and does so in the same way every time.
func TestKillAtAnyTime(t *testing.T) {
	for seed := range uint64(100) {
		var hashes [2]uint64
		for i := range hashes {
			d := handler.NewDeterministic(seed)
			chaos := d.Node("chaos").Rand("when")
			victims := []string{"server", "client0", "client1"}
			for range 10 {
				after, name, how := time.Duration(chaos.IntN(20_000))*time.Microsecond, victims[chaos.IntN(3)], chaos.IntN(4)
				d.Node("chaos").AfterFunc(after, future.Func(func() {
					switch n := d.Node(name); how {
					case 0:
						n.Kill()
					case 1:
						n.PowerOff()
						n.Restart()
					case 2:
						n.Pause()
					default:
						n.Resume()
					}
				}))
			}
			scenario(d)
			d.Stop()
			<-d.Stopped()
			hashes[i] = d.TraceHash()
		}
		if hashes[0] != hashes[1] {
			t.Errorf("seed %d: two runs differ", seed)
		}
	}
}
