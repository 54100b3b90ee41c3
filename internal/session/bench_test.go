package session

import (
	"math"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// A nopCall costs nothing, so that what is measured is the session.
type nopCall struct{}

func (nopCall) Encode(e *wire.Encoder) error {
	e.B = append(e.B, "\x00\x00\x00\x0e/bench/some/path\x00"...)
	return nil
}

func (nopCall) Complete(*future.Batch, *Reply) {}

// BenchmarkRoundTrip is one request through the machine: Submit, Pull, Received, Effects, in batches
// as a busy connection has them.
func BenchmarkRoundTrip(b *testing.B) {
	for name, op := range map[string]wire.Op{"getData": wire.OpGetData, "create2": wire.OpCreate2} {
		for _, batch := range []int{1, 64} {
			b.Run(name+"/"+map[int]string{1: "single", 64: "batch"}[batch], func(b *testing.B) {
				r := up(b)
				r.m.caps.learn(op, true)
				reqs := make([]Request, batch)
				var out []byte
				var in wire.Encoder
				var effects []Effect
				now := r.now
				b.ReportAllocs()
				for n := 0; n < b.N; n += batch {
					now += time.Microsecond
					in.Reset()
					for i := range reqs {
						reqs[i] = Request{Op: op, Call: nopCall{}}
						r.m.Submit(&reqs[i])
						in.AppendReply(reqs[i].xid, 1, wire.OK, nil)
					}
					out = r.m.Pull(now, r.m.conn, out[:0])
					if used := r.m.Received(now, r.m.conn, in.B); used != len(in.B) {
						b.Fatal(used)
					}
					effects = r.m.Effects(effects)
					if len(effects) != batch {
						b.Fatal(len(effects))
					}
					clear(effects)
				}
			})
		}
	}
}

// BenchmarkDriver is the same through the driver, with a connection that is a function call.
func BenchmarkDriver(b *testing.B) {
	d := driveUp(b)
	d.opt.MaxInFlight = math.MaxInt64
	sink := d.newest().sink
	reqs := make([]Request, 64)
	var out []byte
	var in wire.Encoder
	b.ReportAllocs()
	for n := 0; n < b.N; n += len(reqs) {
		in.Reset()
		for i := range reqs {
			reqs[i] = Request{Op: wire.OpGetData, Call: nopCall{}}
			d.Submit(&reqs[i])
			in.AppendReply(reqs[i].xid, 1, wire.OK, nil)
		}
		out = sink.Pull(out[:0])
		sink.Received(in.B)
	}
}

// BenchmarkLongQueue has much more queued than one Pull takes.
func BenchmarkLongQueue(b *testing.B) {
	r := up(b, func(c *Config) { c.MaxQueued = math.MaxInt })
	reqs := make([]Request, 100_000)
	var out []byte
	b.ReportAllocs()
	for n := 0; n < b.N; n += len(reqs) {
		for i := range reqs {
			reqs[i] = Request{Op: wire.OpGetData, Call: nopCall{}}
			r.m.Submit(&reqs[i])
		}
		for {
			out = r.m.Pull(r.now, r.m.conn, out[:0])
			if len(out) == 0 {
				break
			}
		}
		r.m.failSent(wire.CodeConnectionLoss)
		r.m.Effects(nil)
	}
}
