package session

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"go.uber.org/goleak"
)

// An echoServer grants sessions and answers every request with its own body. It ends a connection
// after a while if life is not 0.
type echoServer struct {
	life func() int // requests that a connection answers
	wg   sync.WaitGroup
}

func (s *echoServer) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	s.wg.Go(func() { s.serve(server) })
	return client, nil
}

func (s *echoServer) serve(nc net.Conn) {
	defer nc.Close()
	left := s.life()
	var in, out []byte
	buf := make([]byte, 8<<10)
	welcomed := false
	for {
		n, err := nc.Read(buf)
		if err != nil {
			return
		}
		in, out = append(in, buf[:n]...), out[:0]
		for {
			f, n, err := wire.Split(in, 0)
			if n == 0 || err != nil {
				break
			}
			e := wire.Encoder{B: out}
			if !welcomed {
				var q wire.ConnectRequest
				w := wire.ConnectResponse{HasReadOnly: true}
				if wire.Decode(f, &q) != nil {
					return
				}
				w.SessionId, w.TimeOut, w.Passwd = max(1, q.SessionId), 60_000, make([]byte, 16)
				e.AppendFrame(&w)
				welcomed = true
			} else {
				h, body, _ := wire.ReadRequestHeader(f)
				mark := e.BeginFrame()
				e.B = binary.BigEndian.AppendUint32(e.B, uint32(h.Xid))
				e.B = append(e.B, make([]byte, 12)...)
				e.B = append(e.B, body...)
				e.EndFrame(mark, 0)
				left--
			}
			out, in = e.B, in[n:]
			if left == 0 {
				nc.Write(out[:len(out)/2])
				return
			}
		}
		if _, err := nc.Write(out); err != nil {
			return
		}
	}
}

// A hammered is one request of the hammer. What it writes into h is not guarded by anything but by the
// promise that effects run one after the other.
type hammered struct {
	Request
	h    *hammer
	body []byte
	fail error
	done atomic.Int32
}

type hammer struct {
	d       *Driver
	order   []uint64 // of completions
	changes []State
	ok      int
	lost    int
	wrong   []string
	wg      sync.WaitGroup
}

func (x *hammered) Encode(e *wire.Encoder) error {
	e.B = append(e.B, x.body...)
	return x.fail
}

func (x *hammered) Complete(_ *future.Batch, p *Reply) {
	if x.done.Add(1) != 1 {
		x.h.wrong = append(x.h.wrong, "completed twice")
	}
	for range x.body[0] % 4 {
		runtime.Gosched() // let others come in between
	}
	switch {
	case p.Err == nil:
		x.h.ok++
		x.h.order = append(x.h.order, x.order)
		if !bytes.Equal(p.Body, x.body) {
			x.h.wrong = append(x.h.wrong, fmt.Sprintf("body of %d bytes, want %d", len(p.Body), len(x.body)))
		}
	case errors.Is(p.Err, wire.CodeConnectionLoss):
		x.h.lost++
	}
	x.h.d.Disarm(&x.Request)
	x.h.d.Settled()
	x.h.wg.Done()
}

func (h *hammer) Changed(_ *future.Batch, c Change) { h.changes = append(h.changes, c.To) }

// Many goroutines submit, cancel and fail at once, over connections that come and go. Meant for the
// race detector.
func TestHammer(t *testing.T) {
	defer goleak.VerifyNone(t)
	for name, life := range map[string]func() int{
		"steady":   func() int { return -1 },
		"restless": func() int { return 1 + rand.IntN(500) },
	} {
		t.Run(name, func(t *testing.T) {
			server := &echoServer{life: life}
			pool := handler.NewPool()
			pool.Dialer = server.dial
			cfg := newRig(t).m.cfg
			cfg.MaxQueued = 64 << 20
			h := &hammer{}
			h.d = NewDriver(cfg, Options{Handler: pool, Observer: h, MaxInFlight: 1 << 20})
			h.d.Start()
			lane := pool.Lane("test")
			const workers, each = 8, 1500
			var submitters sync.WaitGroup
			for w := range workers {
				submitters.Go(func() {
					rnd := rand.New(rand.NewPCG(uint64(w), 1))
					for i := range each {
						x := &hammered{h: h, body: bytes.Repeat([]byte{byte(w), byte(i)}, 1+rnd.IntN(200))}
						x.Request = Request{Op: wire.OpGetData, Call: x}
						h.wg.Add(1)
						switch rnd.IntN(10) {
						case 0: // the submitter itself runs effects
							x.fail = errors.New("bad")
						case 1:
							ctx, cancel := context.WithCancel(context.Background())
							x.Ctx = ctx
							defer cancel()
							h.d.Submit(&x.Request)
							h.d.Arm(lane, &x.Request)
							cancel()
							continue
						}
						h.d.Submit(&x.Request)
						if h.d.InFlight() > 2000 {
							runtime.Gosched()
						}
					}
				})
			}
			submitters.Wait()
			h.wg.Wait()
			closed := make(chan error)
			h.d.Close(func(err error) { closed <- err })
			if err := <-closed; err != nil {
				t.Error(err)
			}
			if len(h.wrong) > 0 {
				t.Errorf("%d wrong, as: %s", len(h.wrong), h.wrong[0])
			}
			last := uint64(0)
			for _, n := range h.order {
				if n <= last {
					t.Fatalf("request %d completed behind %d", n, last)
				}
				last = n
			}
			for i := 1; i < len(h.changes); i++ {
				if !legalEdge(h.changes[i-1], h.changes[i]) {
					t.Errorf("%v behind %v", h.changes[i], h.changes[i-1])
				}
			}
			if n := h.d.InFlight(); n != 0 {
				t.Errorf("%d in flight", n)
			}
			if name == "steady" && (h.lost != 0 || h.ok < workers*each*7/10) || h.ok == 0 {
				t.Errorf("%d succeeded, %d were lost", h.ok, h.lost)
			}
			if len(h.d.armed) != 0 {
				t.Errorf("%d contexts are watched", len(h.d.armed))
			}
			pool.Stop()
			<-pool.Stopped()
			server.wg.Wait()
		})
	}
}

func legalEdge(from, to State) bool {
	for _, s := range legal[from] {
		if s == to {
			return true
		}
	}
	return false
}
