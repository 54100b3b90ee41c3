package handler_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// A scenario with everything in it: nodes, processes, coroutines, timers, contexts, connections.
// It returns what happened, as its tasks saw it.
func scenario(d *handler.Deterministic) string {
	var log strings.Builder
	note := func(n *handler.Node, what string) {
		fmt.Fprintf(&log, "%v %s %s\n", n.Now().Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)), n.Name(), what)
	}
	server := d.Node("server")
	server.Listen(":1", func(remote netip.AddrPort, c handler.Conn) handler.Sink {
		s := newSink()
		var out []byte
		s.received = func(b []byte) int { out = append(out, b...); c.Wake(); return len(b) }
		s.pull = func(buf []byte) []byte { buf = append(buf, out...); out = nil; return buf }
		return s
	})
	for i := range 4 {
		n := d.Node(fmt.Sprint("client", i))
		r := n.Rand("jitter")
		lanes := []handler.Lane{n.Lane("a/x"), n.Lane("a/y"), n.Lane("b")}
		n.Spawn(func() {
			for j := range 5 {
				ctx, cancel := n.WithTimeout(context.Background(), time.Duration(1+r.IntN(5))*time.Millisecond)
				p := future.NewPromise[int](lanes[j%3])
				lanes[r.IntN(3)].AfterFunc(time.Duration(r.IntN(5))*time.Millisecond, future.Func(func() { p.Complete(j, nil) }))
				v, err := p.Future().WaitContext(ctx)
				cancel()
				note(n, fmt.Sprint("process ", v, err))
			}
		})
		s := newSink()
		sent := 0
		s.pull = func(buf []byte) []byte {
			if sent < 3 {
				sent++
				buf = fmt.Appendf(buf, "message %d of %s ", sent, n.Name())
			}
			return buf
		}
		s.received = func(b []byte) int { note(n, fmt.Sprintf("%q", b)); return len(b) }
		n.Dial(context.Background(), handler.Target{Address: "server:1"}, s).Wake()
		future.Async(context.Background(), lanes[2], func(co *future.Co) (int, error) {
			for j := range 3 {
				p := future.NewPromise[int](lanes[0])
				lanes[1].Dispatch(future.Func(func() { p.Complete(j, nil) }))
				future.Await(co, p.Future())
				note(n, "body")
			}
			return 0, nil
		})
	}
	d.Advance(100 * time.Millisecond)
	d.Stop()
	return log.String()
}

func TestSameSeedSameWorld(t *testing.T) {
	seeds := uint64(100)
	if testing.Short() {
		seeds = 10
	}
	hashes := make(map[uint64]bool)
	logs := make(map[string]bool)
	for seed := range seeds {
		a, b := handler.NewDeterministic(seed), handler.NewDeterministic(seed)
		logA, logB := scenario(a), scenario(b)
		if a.TraceHash() != b.TraceHash() || a.Steps() != b.Steps() || logA != logB {
			t.Fatalf("seed %d: two runs differ: %x after %d steps, %x after %d\n%s\n%s",
				seed, a.TraceHash(), a.Steps(), b.TraceHash(), b.Steps(), logA, logB)
		}
		if a.Steps() < 100 {
			t.Fatalf("seed %d: only %d steps", seed, a.Steps())
		}
		<-a.Stopped()
		<-b.Stopped()
		hashes[a.TraceHash()], logs[logA] = true, true
	}
	if len(hashes) != int(seeds) || len(logs) != int(seeds) {
		t.Errorf("%d seeds made %d different traces and %d different logs", seeds, len(hashes), len(logs))
	}
}

// Which lane, which timer and which process comes next is the seed's choice and nobody else's.
func TestSeedPicks(t *testing.T) {
	const seeds = 50
	order := func(prepare func(d *handler.Deterministic, i int, t future.Task)) int {
		orders := make(map[string]bool)
		for seed := range uint64(seeds) {
			d := handler.NewDeterministic(seed)
			var got []byte
			for i := range 5 {
				prepare(d, i, future.Func(func() { got = append(got, byte('a'+i)) }))
			}
			d.Run()
			if len(got) != 5 {
				t.Fatalf("%q ran", got)
			}
			orders[string(got)] = true
		}
		return len(orders)
	}
	for name, prepare := range map[string]func(d *handler.Deterministic, i int, t future.Task){
		"lanes":     func(d *handler.Deterministic, i int, t future.Task) { d.Lane(fmt.Sprint(i)).Dispatch(t) },
		"timers":    func(d *handler.Deterministic, i int, t future.Task) { d.AfterFunc(time.Second, t) },
		"processes": func(d *handler.Deterministic, i int, t future.Task) { d.Spawn(t.Run) },
		"nodes":     func(d *handler.Deterministic, i int, t future.Task) { d.Node(fmt.Sprint(i)).Lane("a").Dispatch(t) },
	} {
		if n := order(prepare); n < seeds/2 {
			t.Errorf("%s: %d orders from %d seeds", name, n, seeds)
		}
	}
	if n := order(func(d *handler.Deterministic, i int, t future.Task) { d.Lane(fmt.Sprint("a/", i)).Dispatch(t) }); n != 1 {
		t.Errorf("lanes that belong together: %d orders", n)
	}
}

// A lane's timer queues its task like any other: until the lane comes to it, Stop is in time.
func TestTimerIsQueuedOnLane(t *testing.T) {
	d := handler.NewDeterministic(1)
	ran := false
	tm := d.Lane("a").AfterFunc(time.Second, future.Func(func() { ran = true }))
	begun := d.Now()
	if !d.Step() || d.Now().Sub(begun) != time.Second || ran {
		t.Errorf("after one step it is %v later, and the task ran: %v", d.Now().Sub(begun), ran)
	}
	if !tm.Stop() {
		t.Error("could not stop in time")
	}
	d.Run()
	if ran {
		t.Error("a stopped timer fired")
	}
	d.Stop()
}

// What is taken back in time does not happen at all.
func TestStoppedTimerIsNoStep(t *testing.T) {
	d := handler.NewDeterministic(1)
	for _, after := range []time.Duration{0, time.Second} {
		tm := d.AfterFunc(after, future.Func(func() { t.Error("a stopped timer fired") }))
		if !tm.Stop() || d.Step() {
			t.Errorf("a timer of %v, stopped at once, was a step", after)
		}
	}
	d.Stop()
}

// The same world in a bubble, where the tasks take their turns exactly as outside.
func TestSameWorldInBubble(t *testing.T) {
	for seed := range uint64(10) {
		outside := handler.NewDeterministic(seed)
		want := scenario(outside)
		synctest.Test(t, func(t *testing.T) {
			d := handler.NewDeterministic(seed)
			d.Bubble(synctest.Wait)
			if got := scenario(d); got != want || d.TraceHash() != outside.TraceHash() {
				t.Errorf("seed %d: another world in the bubble:\n%s\n%s", seed, got, want)
			}
		})
	}
}

// What one owner draws, and whether there are other nodes, changes nothing for another.
func TestStreamsAreKeyed(t *testing.T) {
	draw := func(prepare func(*handler.Deterministic)) []uint64 {
		d := handler.NewDeterministic(5)
		prepare(d)
		r := d.Node("n").Rand("owner")
		return []uint64{r.Uint64(), r.Uint64(), r.Uint64()}
	}
	plain := draw(func(*handler.Deterministic) {})
	if other := draw(func(d *handler.Deterministic) {
		d.Node("m").Rand("owner").Uint64()
		d.Node("n").Rand("other").Uint64()
		d.Rand("owner").Uint64()
	}); !slices.Equal(plain, other) {
		t.Error("other owners changed the stream")
	}
	d := handler.NewDeterministic(5)
	if d.Node("m").Rand("owner").Uint64() == plain[0] || d.Rand("owner").Uint64() == plain[0] {
		t.Error("nodes share a stream")
	}
	if handler.NewDeterministic(6).Node("n").Rand("owner").Uint64() == plain[0] {
		t.Error("the seed does not matter")
	}
	if d.Node("n").Addr() != handler.NewDeterministic(9).Node("n").Addr() {
		t.Error("a node's address depends on the seed")
	}
}

func TestAdvance(t *testing.T) {
	d := handler.NewDeterministic(1)
	var fired []time.Duration
	begun := d.Now()
	for _, after := range []time.Duration{3, 1, 2, 5} {
		d.AfterFunc(after*time.Second, future.Func(func() { fired = append(fired, d.Now().Sub(begun)) }))
	}
	d.Advance(2500 * time.Millisecond)
	if !slices.Equal(fired, []time.Duration{1e9, 2e9}) || d.Now().Sub(begun) != 2500*time.Millisecond {
		t.Errorf("at %v fired %v", d.Now().Sub(begun), fired)
	}
	if !d.Step() || d.Now().Sub(begun) != 3*time.Second {
		t.Errorf("a step led to %v", d.Now().Sub(begun))
	}
	d.Run()
	if len(fired) != 4 || d.Now().Sub(begun) != 5*time.Second {
		t.Errorf("at %v fired %v", d.Now().Sub(begun), fired)
	}
	if d.Step() {
		t.Error("a step with nothing to do")
	}
	d.Stop()
}

func TestHorizon(t *testing.T) {
	d := handler.NewDeterministic(1)
	l := d.Lane("a")
	pings := 0
	var ping func()
	ping = func() { pings++; l.AfterFunc(time.Second, future.Func(ping)) }
	l.Dispatch(future.Func(ping))
	begun := d.Now()
	never := future.NewPromise[int](l)
	var de *future.DeadlockError
	if err := never.Future().WaitErr(); !errors.As(err, &de) || de.Lane != "a" {
		t.Errorf("Wait returned %v", err)
	}
	if passed := d.Now().Sub(begun); passed > time.Hour || passed < time.Hour-time.Second || pings != 3601 {
		t.Errorf("gave up after %v and %d pings", passed, pings)
	}
	d.Horizon(time.Minute)
	begun = d.Now()
	if err := d.RunUntil(func() bool { return false }); !errors.As(err, &de) {
		t.Errorf("RunUntil returned %v", err)
	}
	if passed := d.Now().Sub(begun); passed > time.Minute {
		t.Errorf("gave up after %v", passed)
	}
	if err := d.RunUntil(func() bool { return pings >= 3670 }); err != nil {
		t.Errorf("RunUntil returned %v", err)
	}
	begun = d.Now()
	d.Run()
	if passed := d.Now().Sub(begun); passed != time.Minute {
		t.Errorf("Run went on for %v", passed)
	}
	d.Stop()
	<-d.Stopped()
}

// Nothing is left that could happen, so there is no need to wait for the horizon.
func TestNothingLeft(t *testing.T) {
	d := handler.NewDeterministic(1)
	begun := d.Now()
	var de *future.DeadlockError
	if err := future.NewPromise[int](d.Lane("a")).Future().WaitErr(); !errors.As(err, &de) || d.Now() != begun {
		t.Errorf("after %v Wait returned %v", d.Now().Sub(begun), err)
	}
	d.Stop()
}

func TestOneDriver(t *testing.T) {
	d := handler.NewDeterministic(1)
	for name, drive := range map[string]func(){
		"Step": func() { d.Step() }, "Run": func() { d.Run() }, "Advance": func() { d.Advance(1) }, "RunUntil": func() { d.RunUntil(func() bool { return true }) },
	} {
		d.Lane("a").Dispatch(future.Func(func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s in a task did not panic", name)
				}
			}()
			drive()
		}))
		d.Run()
	}
	// A goroutine that the world does not know may not wait while another drives.
	p := future.NewPromise[int](d.Lane("a"))
	d.Lane("a").Dispatch(future.Func(func() {
		err := make(chan error)
		go func() { err <- p.Future().WaitErr() }()
		var de *future.DeadlockError
		if err := <-err; !errors.As(err, &de) {
			t.Errorf("Wait returned %v", err)
		}
	}))
	// Nor may a goroutine that a process has started switch the process's stack.
	d.Spawn(func() {
		err := make(chan error)
		go func() { err <- p.Future().WaitErr() }()
		var de *future.DeadlockError
		if err := <-err; !errors.As(err, &de) {
			t.Errorf("Wait returned %v", err)
		}
	})
	d.Run()
	d.Stop()
	<-d.Stopped()
}

// Contexts are noticed in the order in which they were armed, whatever kind they are.
func TestContextsInArmingOrder(t *testing.T) {
	d := handler.NewDeterministic(1)
	l := d.Lane("a")
	parent, cancel := context.WithCancel(context.Background())
	var got []int
	for i := range 30 {
		ctx := parent
		switch i % 3 {
		case 1:
			child, cancelChild := context.WithCancel(parent)
			defer cancelChild()
			ctx = child
		case 2:
			ctx = uncomparable{parent, nil}
		}
		l.OnCancel(ctx, future.Func(func() { got = append(got, i) }))
	}
	l.Dispatch(future.Func(cancel))
	d.Step()
	for i, v := range got {
		if v != i {
			t.Fatalf("the order is %v", got)
		}
	}
	if len(got) != 30 {
		t.Errorf("%d of 30 ran", len(got))
	}
	d.Stop()
}

// uncomparable is a context that cannot be the key of a map.
type uncomparable struct {
	context.Context
	_ []int
}

func TestNodeStops(t *testing.T) {
	d := handler.NewDeterministic(1)
	a, b := d.Node("a"), d.Node("b")
	accepted := newSink()
	if _, err := b.Listen("b:1", func(netip.AddrPort, handler.Conn) handler.Sink { return accepted }); err != nil {
		t.Fatal(err)
	}
	s := newSink()
	a.Dial(context.Background(), handler.Target{Address: "b:1"}, s)
	opened := false
	s.opened = func(handler.Conn) { opened = true }
	var err error
	a.Spawn(func() { err = future.NewPromise[int](b.Lane("x")).Future().WaitErr() }) // of another node
	if err := d.RunUntil(func() bool { return opened }); err != nil {
		t.Fatal(err)
	}
	a.Stop()
	<-a.Stopped()
	if err != future.ErrStopped {
		t.Errorf("the process got %v", err)
	}
	select {
	case <-b.Stopped():
		t.Error("the other node stopped")
	case <-d.Stopped():
		t.Error("the world stopped")
	default:
	}
	d.Advance(time.Second)
	if err := <-accepted.closed; err.Error() != "EOF" {
		t.Errorf("the other side closed with %v", err)
	}
	d.Stop()
	<-b.Stopped()
	<-d.Stopped()
	late := d.Node("late")
	<-late.Stopped()
}

// A process that panics takes whoever drives with it, and shows where it was.
func TestProcessPanics(t *testing.T) {
	d := handler.NewDeterministic(1)
	d.Spawn(guilty)
	func() {
		defer func() {
			se, ok := recover().(*handler.StepError)
			var pe *future.PanicError
			if !ok || !errors.As(se, &pe) || pe.Value != "it was me" || !strings.Contains(string(pe.Stack), "handler_test.guilty") {
				t.Errorf("recovered %v", se)
			}
		}()
		d.Run()
	}()
	d.Stop()
	<-d.Stopped()
}

// A burst on one lane is taken in order, and its queue does not grow with what has run.
func TestGroupBurst(t *testing.T) {
	d := handler.NewDeterministic(1)
	l := d.Lane("a")
	const n = 30_000
	ran := 0
	var next func()
	next = func() { // two new ones for each, up to n
		ran++
		for i := 2*ran - 1; i < min(2*ran+1, n); i++ {
			l.Dispatch(future.Func(next))
		}
	}
	l.Dispatch(future.Func(next))
	d.Run()
	if ran != n {
		t.Errorf("%d of %d tasks ran", ran, n)
	}
	d.Stop()
	if l.DispatchAll(nil) {
		t.Error("a stopped lane takes tasks")
	}
}

func TestNobodyAnswers(t *testing.T) {
	d := handler.NewDeterministic(1)
	n := d.Node("n")
	if _, err := n.Listen(":1", func(netip.AddrPort, handler.Conn) handler.Sink { return newSink() }); err != nil {
		t.Fatal(err)
	}
	dial := func(address string) error {
		s := newSink()
		d.Dial(context.Background(), handler.Target{Address: address}, s)
		d.Run()
		return <-s.closed
	}
	if err := dial("n:2"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("where nobody listens: %v", err)
	}
	var de *net.DNSError
	if err := dial("nobody:1"); !errors.As(err, &de) {
		t.Errorf("a name that is not known: %v", err)
	}
	if err := dial("n"); err == nil {
		t.Error("no port")
	}
	n.Stop()
	if err := dial("n:1"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("where the node has stopped: %v", err)
	}
	if _, err := n.Listen(":3", nil); err == nil {
		t.Error("a stopped node listens")
	}
	d.Stop()
}

func TestListen(t *testing.T) {
	d := handler.NewDeterministic(1)
	defer d.Stop()
	n := d.Node("n")
	accept := func(netip.AddrPort, handler.Conn) handler.Sink { return nil }
	stop, err := n.Listen(":1", accept)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{":1", "n:1", n.Addr().String() + ":1", "other:2", "10.0.0.9:2", "n", "n:x"} {
		if _, err := n.Listen(address, accept); err == nil {
			t.Errorf("may listen at %q", address)
		}
	}
	s := newSink()
	d.Dial(context.Background(), handler.Target{Address: "n:1"}, s)
	d.Run()
	if err := <-s.closed; err.Error() != "EOF" {
		t.Errorf("a connection that was not wanted closed with %v", err)
	}
	stop()
	if _, err := n.Listen("n:1", accept); err != nil {
		t.Error(err)
	}
	if addrs, err := d.Resolve(context.Background(), "n").Wait(); err != nil || addrs[0] != n.Addr() {
		t.Errorf("n resolves to %v, %v", addrs, err)
	}
	if _, err := d.Resolve(context.Background(), "nobody").Wait(); err == nil {
		t.Error("nobody was found")
	}
}

// Writes of one moment go out together, and bytes travel as long as they are told to.
func TestSimulatedStream(t *testing.T) {
	d := handler.NewDeterministic(3, handler.Latency{Min: time.Second, Max: time.Second})
	var got []byte
	var times []time.Duration
	begun := d.Now()
	d.Node("n").Listen(":1", func(netip.AddrPort, handler.Conn) handler.Sink {
		s := newSink()
		s.received = func(b []byte) int {
			got = append(got, b...)
			times = append(times, d.Now().Sub(begun))
			return len(b)
		}
		return s
	})
	s := newSink()
	pulls := 0
	var pending []byte
	s.pull = func(buf []byte) []byte { pulls++; buf = append(buf, pending...); pending = nil; return buf }
	opened := false
	s.opened = func(handler.Conn) { opened = true }
	c := d.Dial(context.Background(), handler.Target{Address: "n:1"}, s)
	d.RunUntil(func() bool { return opened })
	for range 100 {
		pending = append(pending, 'x')
		c.Wake()
	}
	d.Run()
	if len(got) != 100 || pulls != 2 {
		t.Errorf("%d bytes in %d pulls", len(got), pulls)
	}
	for _, at := range times {
		if at != 3*time.Second {
			t.Errorf("bytes at %v", times)
		}
	}
	d.Stop()
}

// In a bubble goroutines wait, sleep and wake each other while one of them drives.
func TestBubbleGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := handler.NewDeterministic(1)
		d.Bubble(synctest.Wait)
		l := d.Lane("a")
		begun := time.Now()
		results := make(chan time.Duration, 3)
		for i := range 3 {
			go func() {
				p := future.NewPromise[int](l)
				time.Sleep(time.Duration(i) * time.Second)
				l.AfterFunc(1500*time.Millisecond, future.Func(func() { p.Complete(0, nil) }))
				if err := p.Future().WaitErr(); err != nil {
					t.Error(err)
				}
				results <- time.Since(begun)
			}()
		}
		if err := d.RunUntil(func() bool { return len(results) == 3 }); err != nil {
			t.Error(err)
		}
		for i := range 3 {
			if got, want := <-results, time.Duration(i)*time.Second+1500*time.Millisecond; got != want {
				t.Errorf("goroutine %d was through after %v, not %v", i, got, want)
			}
		}
		if d.Now().Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) != 3500*time.Millisecond {
			t.Errorf("it is %v", d.Now())
		}
		d.Stop()
		<-d.Stopped()
	})
}
