package session

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// Many answers of a slow server may come together. One that somebody waits for alone, or that came quickly, is read at once.
func TestLull(t *testing.T) {
	for _, c := range []struct {
		requests int
		latency  time.Duration
		want     time.Duration
	}{
		{1, time.Second, 0},
		{16, 8 * ms, 0}, // 15 have no answer
		{17, 8*ms - 1, 0},
		{17, 8 * ms, ms},
		{17, 12 * ms, 3 * ms / 2},
		{17, 32 * ms, 4 * ms},
		{500, time.Second, 4 * ms},
	} {
		r := up(t)
		if d := r.m.lull(r.now); d != 0 {
			t.Errorf("with nothing to come: %v", d)
		}
		var first *call
		for i := range c.requests {
			if x := r.submit("get", wire.OpGetData); i == 0 {
				first = x
			}
		}
		r.pull()
		r.jump(c.latency)
		r.ok(first.xid)
		if d := r.m.lull(r.now); d != c.want {
			t.Errorf("%d requests, one answered after %v: %v, want %v", c.requests, c.latency, d, c.want)
		}
		for x := first.xid + 1; x < first.xid+int32(c.requests); x++ {
			r.ok(x)
		}
		if d := r.m.lull(r.now); d != 0 {
			t.Errorf("with nothing to come: %v", d)
		}
	}
}

// Lulls may be what makes replies slow, where the server cannot go on while nobody reads. So there is none for a while when they
// have become slower.
func TestLullsEndThemselves(t *testing.T) {
	r := up(t)
	for range 500 {
		r.submit("get", wire.OpGetData)
	}
	r.pull()
	at := func(latency, want time.Duration) {
		t.Helper()
		r.m.stats.LastLatency = latency
		if d := r.m.lull(r.now); d != want {
			t.Errorf("at %v, with a reply that took %v: %v, want %v", r.now, latency, d, want)
		}
	}
	at(10*ms, 10*ms/8)
	at(20*ms, 20*ms/8)
	at(8*ms, ms) // this is what they can take
	at(16*ms, 2*ms)
	at(17*ms, 0)
	at(16*ms, 0)
	r.jump(16 * ms)
	at(24*ms, 0)
	r.jump(ms)
	at(24*ms, 3*ms) // without lulls it is as slow
	at(48*ms, 4*ms)
	at(49*ms, 0)
	r.jump(49 * ms)
	at(7*ms, 0)
	at(100*ms, 4*ms)
	at(7*ms, 0)
	at(300*ms, 4*ms) // another time, another usual
}

// The connection asks the sink, which knows what the machine said last.
func TestSinkCoalesces(t *testing.T) {
	d := driveUp(t)
	s := d.newest().sink.(handler.Coalescer)
	for range 20 {
		d.submit(wire.OpGetData)
	}
	d.pull()
	d.Driver.m.stats.LastLatency = time.Second
	if got := s.Coalesce(); got != 0 {
		t.Errorf("before anything was received: %v", got)
	}
	d.newest().sink.Received([]byte{0})
	if got := s.Coalesce(); got != 4*ms {
		t.Errorf("with 20 requests that wait: %v", got)
	}
}
