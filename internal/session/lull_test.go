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
		if d := r.m.lull(); d != 0 {
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
		if d := r.m.lull(); d != c.want {
			t.Errorf("%d requests, one answered after %v: %v, want %v", c.requests, c.latency, d, c.want)
		}
		for x := first.xid + 1; x < first.xid+int32(c.requests); x++ {
			r.ok(x)
		}
		if d := r.m.lull(); d != 0 {
			t.Errorf("with nothing to come: %v", d)
		}
	}
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
