package zk_test

import (
	"context"
	"encoding/binary"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
)

// A shortHandler is a Pool whose connections go nowhere: the benchmark itself is the server, by calling the sink.
type shortHandler struct {
	*handler.Pool
	conn chan handler.Sink
}

type shortConn struct{}

func (shortConn) Wake()  {}
func (shortConn) Close() {}

func (h *shortHandler) Dial(_ context.Context, _ handler.Target, s handler.Sink) handler.Conn {
	h.conn <- s
	return shortConn{}
}

// BenchmarkPath is what a Get costs in the client itself, without system calls and the scheduler: a window of Gets is asked
// for, written, answered and given back, to callbacks or to as many goroutines.
func BenchmarkPath(b *testing.B) {
	h := &shortHandler{handler.NewPool(), make(chan handler.Sink, 1)}
	defer h.Stop()
	cl, err := zk.New("127.0.0.1:1", zk.WithHandler(h), zk.WithSessionTimeout(time.Hour))
	if err != nil {
		b.Fatal(err)
	}
	cl.Start(ctx)
	sink := <-h.conn
	sink.Opened(shortConn{})
	out := sink.Pull(nil)
	welcome := make([]byte, 4+37)
	welcome[3], welcome[23] = 37, 16
	binary.BigEndian.PutUint32(welcome[8:], uint32(time.Hour.Milliseconds()))
	binary.BigEndian.PutUint64(welcome[12:], 1)
	sink.Received(welcome)
	const replyLen = 4 + 16 + 4 + 100 + 68
	const read = 256 * replyLen // what one read brings at most
	for name, window := range map[string]int{"256": 256, "4096": 4096} {
		var in []byte
		serve := func() { // what is written, is answered
			out = sink.Pull(out[:0])
			in = in[:0]
			for at := 0; at < len(out); at += 4 + int(binary.BigEndian.Uint32(out[at:])) {
				start := len(in)
				in = append(in, make([]byte, replyLen)...)
				binary.BigEndian.PutUint32(in[start:], replyLen-4)
				copy(in[start+4:], out[at+4:at+8])
				in[start+15], in[start+23] = 1, 100
			}
			for at := 0; at < len(in); at += read {
				sink.Received(in[at:min(at+read, len(in))])
			}
		}
		b.Run("callbacks/"+name, func(b *testing.B) {
			over := make(chan struct{}, 1)
			n := 0
			done := func(_ zk.Node, err error) {
				if err != nil {
					b.Error(err)
				}
				if n++; n%window == 0 {
					over <- struct{}{}
				}
			}
			b.ReportAllocs()
			for i := 0; i < b.N; i += window {
				for range window {
					cl.Get(ctx, "/bench/some/node").OnComplete(done)
				}
				for at := n; at < n+window; at += window {
					serve()
				}
				<-over
			}
		})
		b.Run("waits/"+name, func(b *testing.B) {
			var waiting atomic.Int64
			waiting.Store(int64(window))
			b.ReportAllocs()
			for range window {
				go func() {
					defer waiting.Add(-1)
					for i := 0; i < b.N; i += window {
						if err := cl.Get(ctx, "/bench/some/node").WaitErr(); err != nil {
							b.Error(err)
						}
					}
				}()
			}
			for waiting.Load() > 0 {
				runtime.Gosched() // to all that can ask
				serve()
			}
		})
	}
}
