package handler_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
)

// A wire is a world of two nodes and what happens on the connections that client makes to server.
type wire struct {
	t              *testing.T
	d              *handler.Deterministic
	nw             *handler.Network
	client, server *handler.Node
	begun          time.Time
	accepted       []*peer
}

// A peer is one side of a connection: it writes what it is told, and notes what it sees, and when.
type peer struct {
	w    *wire
	n    *handler.Node
	conn handler.Conn
	out  []byte
	log  []string
}

func newWire(t *testing.T, seed uint64, options ...handler.DeterministicOption) *wire {
	if options == nil {
		options = append(options, handler.Latency{Kind: handler.ConstantLatency, Min: time.Millisecond})
	}
	d := handler.NewDeterministic(seed, options...)
	w := &wire{t: t, d: d, nw: d.Network(), client: d.Node("client"), server: d.Node("server"), begun: d.Now()}
	w.listen()
	t.Cleanup(func() {
		d.Stop()
		<-d.Stopped()
	})
	return w
}

func (w *wire) listen() {
	w.t.Helper()
	n := w.server
	if _, err := n.Listen(":1", func(_ netip.AddrPort, c handler.Conn) handler.Sink {
		p := &peer{w: w, n: n, conn: c}
		w.accepted = append(w.accepted, p)
		return p
	}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) dial() *peer {
	p := &peer{w: w, n: w.client}
	p.conn = w.client.Dial(context.Background(), handler.Target{Address: "server:1"}, p)
	return p
}

// pair returns both sides of a connection that is open.
func (w *wire) pair() (client, server *peer) {
	w.t.Helper()
	c := w.dial()
	w.d.Advance(time.Second)
	if len(w.accepted) == 0 {
		w.t.Fatal("no connection was accepted")
	}
	s := w.accepted[len(w.accepted)-1]
	c.log, s.log = nil, nil
	w.begun = w.d.Now()
	return c, s
}

func (p *peer) write(s string) {
	p.out = append(p.out, s...)
	p.conn.Wake()
}

func (p *peer) note(what string) {
	p.log = append(p.log, fmt.Sprintf("%d %s", p.w.d.Now().Sub(p.w.begun).Milliseconds(), what))
}

func (p *peer) Opened(handler.Conn) { p.note("opened") }

func (p *peer) Pull(buf []byte) []byte {
	buf = append(buf, p.out...)
	p.out = nil
	return buf
}

func (p *peer) Received(b []byte) int {
	p.note(string(b))
	return len(b)
}

func (p *peer) Closed(err error) {
	switch {
	case errors.Is(err, syscall.ECONNRESET):
		p.note("reset")
	case errors.Is(err, syscall.ECONNREFUSED):
		p.note("refused")
	case err == io.EOF:
		p.note("EOF")
	default:
		p.note(err.Error())
	}
}

// text is what has been received, without when and in which pieces.
func (p *peer) text() string {
	var s strings.Builder
	for _, line := range p.log {
		_, what, _ := strings.Cut(line, " ")
		s.WriteString(what)
	}
	return s.String()
}

func (p *peer) saw(want ...string) {
	p.w.t.Helper()
	if got := strings.Join(p.log, ", "); got != strings.Join(want, ", ") {
		p.w.t.Errorf("%s saw %s; want %s", p.n.Name(), got, strings.Join(want, ", "))
	}
}

func TestLinkStall(t *testing.T) {
	w := newWire(t, 1)
	c, s := w.pair()
	there, back := w.nw.Link(w.client, w.server), w.nw.Link(w.server, w.client)
	c.write("a")
	there.Stall() // also what is on its way
	s.write("x")  // the other direction is another link
	w.d.Advance(10 * time.Millisecond)
	c.write("b")
	w.d.Advance(10 * time.Millisecond)
	c.conn.Close()
	w.d.Advance(10 * time.Millisecond)
	s.saw()
	there.Flow()
	w.d.Advance(10 * time.Millisecond)
	s.saw("30 a", "30 b", "30 EOF")
	c.saw("1 x", "20 use of closed network connection")

	// Attempts to connect wait as well, and so do answers.
	w.begun = w.d.Now()
	there.Stall()
	c = w.dial()
	w.d.Advance(10 * time.Millisecond)
	back.Stall()
	there.Flow()
	w.d.Advance(10 * time.Millisecond)
	c.saw()
	w.accepted[1].saw("10 opened")
	back.Flow()
	w.d.Advance(10 * time.Millisecond)
	c.saw("20 opened")
}

func TestLinkLose(t *testing.T) {
	w := newWire(t, 1)
	c, s := w.pair()
	there := w.nw.Link(w.client, w.server)
	c.write("a")
	w.d.Advance(0)
	there.Lose(true)
	c.write("b")
	attempt := w.dial()
	w.d.Advance(10 * time.Millisecond)
	there.Lose(false)
	c.write("c")
	s.write("x")
	w.d.Advance(10 * time.Millisecond)
	c.conn.Close()
	w.d.Advance(10 * time.Millisecond)
	s.saw("1 a") // and then nothing, not even the end
	c.saw("11 x", "20 use of closed network connection")
	attempt.saw()

	c, s = w.pair() // is not concerned
	c.write("d")
	w.d.Advance(10 * time.Millisecond)
	s.saw("1 d")
}

func TestReset(t *testing.T) {
	w := newWire(t, 1)
	c, s := w.pair()
	other := &peer{w: w, n: w.d.Node("other")}
	other.conn = other.n.Dial(context.Background(), handler.Target{Address: "server:1"}, other)
	w.d.Advance(10 * time.Millisecond)
	c.write("l")
	w.d.Advance(0)
	w.nw.Reset(w.server, w.client)
	w.d.Advance(10 * time.Millisecond)
	c.saw("10 reset")
	s.saw("10 reset")
	other.saw("2 opened")
}

func TestLatencies(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name        string
		l           handler.Latency
		least, most time.Duration
		rare        time.Duration // some are longer than that, but less than 5 %; 0: none of it
	}{
		{"constant", handler.Latency{Kind: handler.ConstantLatency, Min: 3 * ms, Max: 9 * ms}, 3 * ms, 3 * ms, 0},
		{"uniform", handler.Latency{Min: 3 * ms, Max: 9 * ms}, 3 * ms, 9 * ms, 0},
		{"exponential", handler.Latency{Kind: handler.ExponentialLatency, Min: ms, Mean: 2 * ms}, ms, 100 * ms, 8 * ms},
		{"exponential, cut off", handler.Latency{Kind: handler.ExponentialLatency, Min: ms, Mean: 2 * ms, Max: 9 * ms}, ms, 9 * ms, 8 * ms},
		{"long tail", handler.Latency{Kind: handler.LongTailLatency, Min: ms, Max: 2 * ms}, ms, 40 * ms, 2 * ms},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := handler.NewDeterministic(1)
			a, b := d.Node("a"), d.Node("b")
			d.Network().Link(a, b).Latency(test.l)
			var least, most time.Duration
			rare, n := 0, 2000
			for range n {
				begun := d.Now()
				d.Network().Send(a, b, 1, "", func() {
					passed := d.Now().Sub(begun)
					if most == 0 || passed < least {
						least = passed
					}
					most = max(most, passed)
					if passed > test.rare {
						rare++
					}
				})
				d.Run()
			}
			spread := (test.most - test.least) / 4
			if test.rare > 0 {
				spread = (test.rare - test.least) / 4
				if rare == 0 || rare > n/20 {
					t.Errorf("%d of %d were longer than %v", rare, n, test.rare)
				}
			} else if most < test.most-spread {
				t.Errorf("none was longer than %v", most)
			}
			if least < test.least || least > test.least+spread || most > test.most {
				t.Errorf("from %v to %v", least, most)
			}
		})
	}
}

func TestMessages(t *testing.T) {
	d := handler.NewDeterministic(1, handler.Latency{Min: time.Millisecond, Max: 20 * time.Millisecond})
	nw, a, b := d.Network(), d.Node("a"), d.Node("b")
	var log []string
	note := func(what string) func() { return func() { log = append(log, what) } }
	saw := func(want string) {
		t.Helper()
		d.Run()
		if got := strings.Join(log, " "); got != want {
			t.Errorf("saw %q; want %q", got, want)
		}
		log = nil
	}
	for _, n := range []*handler.Node{a, b} {
		n.OnDisconnect(func(peer *handler.Node) { log = append(log, n.Name()+" lost "+peer.Name()) })
	}
	for i := range 9 {
		nw.Send(a, b, 1, "", note(fmt.Sprint(i)))
	}
	saw("0 1 2 3 4 5 6 7 8")

	ab := nw.Link(a, b)
	ab.Stall()
	nw.Send(a, b, 1, "", note("stalled"))
	saw("")
	nw.Send(b, a, 1, "", note("back"))
	saw("back")
	ab.Flow()
	saw("stalled")

	// A loss is silent until somebody wants to go on.
	ab.Lose(true)
	nw.Send(a, b, 1, "", note("lost"))
	saw("")
	ab.Lose(false)
	saw("")
	nw.Send(a, b, 1, "", note("into the void"))
	d.Run()
	if len(log) != 2 {
		t.Errorf("saw %q", log)
	}
	log = nil
	nw.Send(a, b, 1, "", note("on a new connection"))
	saw("on a new connection")

	nw.Send(a, b, 1, "", note("on its way"))
	nw.Reset(a, b)
	d.Run()
	if len(log) != 2 {
		t.Errorf("saw %q", log)
	}
	log = nil

	nw.Send(a, b, 1, "", note("before the end"))
	a.Kill()
	nw.Send(a, b, 1, "", note("from a dead node"))
	nw.Send(b, a, 1, "", note("to a dead node"))
	saw("before the end deterministic/b lost deterministic/a")
}

func TestLinkDrip(t *testing.T) {
	w := newWire(t, 1)
	c, s := w.pair()
	there := w.nw.Link(w.client, w.server)
	there.Drip(true)
	c.write("abc")
	w.d.Advance(time.Millisecond)
	c.write("d")
	c.conn.Wake()
	w.d.Advance(10 * time.Millisecond)
	there.Drip(false)
	c.write("e")
	w.d.Advance(10 * time.Millisecond)
	s.saw("1 a", "2 b", "3 c", "4 d", "12 e")
}

func TestLinkResetAfter(t *testing.T) {
	for seed := range uint64(20) {
		w := newWire(t, seed)
		c, s := w.pair()
		spared, _ := w.pair()
		there := w.nw.Link(w.client, w.server)
		there.ResetAfter(2)
		there.ResetAfter(0)
		spared.write("not counted")
		w.d.Advance(10 * time.Millisecond)
		there.ResetAfter(5)
		spared.write("xy")
		w.d.Advance(10 * time.Millisecond)
		c.write("abcdef")
		s.write("answer")
		w.d.Advance(10 * time.Millisecond)
		c.write("late")
		spared.write("z")
		w.d.Advance(10 * time.Millisecond)
		if s.text() != "abcreset" || c.text() != "answerreset" || spared.text() != "" {
			t.Errorf("seed %d: server saw %q, client %q, another connection %q", seed, s.text(), c.text(), spared.text())
		}
	}
}

func TestRefuse(t *testing.T) {
	w := newWire(t, 1)
	c, s := w.pair()
	w.server.Refuse(true)
	c.write("a") // on a connection that was accepted before
	refused := w.dial()
	w.d.Advance(10 * time.Millisecond)
	w.server.Refuse(false)
	s.saw("1 a")
	refused.saw("2 refused")
	w.pair()
}

// A connection's stream has nothing to do with that of the one before it.
func TestStreamsOvertakeEachOther(t *testing.T) {
	w := newWire(t, 1)
	link := w.nw.Link(w.client, w.server)
	c1, s1 := w.pair()
	link.Latency(handler.Latency{Kind: handler.ConstantLatency, Min: time.Second})
	c1.write("a")
	w.d.Advance(0)
	c1.conn.Close()
	link.Latency(handler.Latency{Kind: handler.ConstantLatency, Min: time.Millisecond})
	w.d.Advance(0)
	c2 := w.dial()
	w.d.Advance(10 * time.Millisecond)
	c2.write("b")
	w.d.Advance(10 * time.Millisecond)
	s1.saw()
	w.accepted[1].saw("1 opened", "11 b")
	w.d.Advance(time.Second)
	s1.saw("1000 a", "1000 EOF")
}

// What was written comes out, whole and in order, whatever the link does meanwhile, as long as nothing is lost.
func TestStreamsKeepOrder(t *testing.T) {
	for seed := range uint64(50) {
		w := newWire(t, seed, handler.Latency{Kind: handler.LongTailLatency, Max: time.Millisecond})
		c, s := w.pair()
		link, chaos := w.nw.Link(w.client, w.server), w.d.Rand("chaos")
		var want strings.Builder
		for i := range 300 {
			switch chaos.IntN(8) {
			case 0:
				link.Stall()
			case 1:
				link.Flow()
			case 2:
				link.Drip(chaos.IntN(2) == 0)
			case 3:
				w.server.Pause()
			case 4:
				w.server.Resume()
			default:
				text := strings.Repeat(fmt.Sprint(i, " "), 1+chaos.IntN(100))
				want.WriteString(text)
				c.write(text)
			}
			w.d.Advance(time.Duration(chaos.IntN(1000)) * time.Microsecond)
		}
		link.Flow()
		w.server.Resume()
		c.conn.Close()
		w.d.Advance(time.Hour)
		if s.text() != want.String()+"EOF" {
			t.Fatalf("seed %d: other bytes have arrived than were written", seed)
		}
	}
}

// What other links and connections do changes nothing for a connection.
func TestConnectionsHaveStreamsOfTheirOwn(t *testing.T) {
	run := func(disturb bool) string {
		w := newWire(t, 3, handler.Latency{Max: 10 * time.Millisecond})
		third := w.d.Node("third")
		if disturb {
			w.nw.Link(third, w.server).Latency(handler.Latency{Kind: handler.LongTailLatency, Max: time.Second})
			other := &peer{w: w, n: third}
			other.conn = third.Dial(context.Background(), handler.Target{Address: "server:1"}, other)
			other.write(strings.Repeat("something ", 100))
			w.nw.Send(third, w.client, 1, "", func() {})
		}
		c := w.dial()
		c.write("hello, hello, hello, hello")
		w.d.Advance(time.Second)
		for _, s := range w.accepted {
			if strings.Contains(s.text(), "hello") {
				return strings.Join(append(s.log, c.log...), ", ")
			}
		}
		return ""
	}
	if quiet, noisy := run(false), run(true); quiet != noisy || quiet == "" {
		t.Errorf("alone: %s\nwith others: %s", quiet, noisy)
	}
}

// One byte there and one back: two pulls and two arrivals.
func BenchmarkDeterministicEcho(b *testing.B) {
	d := handler.NewDeterministic(1)
	d.Node("server").Listen(":1", func(_ netip.AddrPort, c handler.Conn) handler.Sink {
		s := newSink()
		pending := 0
		s.received = func(got []byte) int { pending += len(got); c.Wake(); return len(got) }
		s.pull = func(buf []byte) []byte { buf = append(buf, "xxxxxxxx"[:pending]...); pending = 0; return buf }
		return s
	})
	s := newSink()
	var c handler.Conn
	send, echoes := 0, 0
	s.received = func(got []byte) int { echoes += len(got); send = 1; c.Wake(); return len(got) }
	s.pull = func(buf []byte) []byte { buf = append(buf, "x"[:send]...); send = 0; return buf }
	c = d.Node("client").Dial(context.Background(), handler.Target{Address: "server:1"}, s)
	send = 1
	c.Wake()
	b.ReportAllocs()
	b.ResetTimer()
	d.RunUntil(func() bool { return echoes >= b.N })
	b.StopTimer()
	d.Stop()
}
