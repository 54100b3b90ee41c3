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
		if d := r.m.lull(r.now); d != 0 {
			t.Errorf("before it was looked how slow replies are: %v", d)
		}
		if d := r.m.lull(r.now + c.latency); d != c.want {
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

// Lulls may be what makes replies slow, where the server cannot go on while nobody reads. So it is looked now and then, and when
// replies have become slower, what they take without.
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
	at(500*ms, 0) // a stall, perhaps
	r.jump(500*ms - 1)
	at(10*ms, 0)
	r.jump(1)
	at(10*ms, 10*ms/8) // this is what they take without
	at(20*ms, 20*ms/8)
	at(21*ms, 0)
	r.jump(21 * ms)
	at(24*ms, 3*ms) // without lulls it is as slow
	r.jump(16*24*ms - 1)
	at(48*ms, 4*ms)
	r.jump(1)
	at(48*ms, 0) // time to look again
	r.jump(48 * ms)
	at(100*ms, 4*ms)
	r.jump(time.Second - 1)
	at(100*ms, 4*ms)
	r.jump(1)
	at(100*ms, 0)
	at(7*ms, 0) // quick
	at(300*ms, 0)
	r.jump(300 * ms)
	at(300*ms, 4*ms)
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
	d.Driver.m.lulls = lulls{look: -1, usual: time.Second, again: time.Hour}
	if got := s.Coalesce(); got != 0 {
		t.Errorf("before anything was received: %v", got)
	}
	d.newest().sink.Received([]byte{0})
	if got := s.Coalesce(); got != 4*ms {
		t.Errorf("with 20 requests that wait: %v", got)
	}
}
