package handler

import (
	"context"
	"testing"
)

// A handler keeps nothing of what has ended.
func TestNothingIsKept(t *testing.T) {
	for _, h := range []interface {
		Handler
		counts() *life
	}{NewPool(), NewLoop(), NewDeterministic(1).Node("n")} {
		lane := h.Lane("a")
		for range 3 {
			closed := make(chan error, 1)
			h.Dial(context.Background(), Target{Address: "127.0.0.1:bad"}, closedSink(closed))
			if d, ok := h.(*Node); ok {
				d.w.run(drive{limit: 1 << 40})
			}
			<-closed
			drop := lane.OnStop(nop{})
			if !drop() {
				t.Error("could not drop")
			}
		}
		h.Stop()
		<-h.Stopped()
		f := h.counts()
		f.mu.Lock()
		if f.live != 0 || f.parked != 0 || f.spawned != 0 || len(f.closers) != 0 || f.busy.next != &f.busy || f.atStop.next != &f.atStop {
			t.Errorf("%s keeps %d, %d, %d, %v", h.Name(), f.live, f.parked, f.spawned, f.closers)
		}
		f.mu.Unlock()
	}
}

func (s *System) counts() *life { return &s.life }
func (n *Node) counts() *life   { return &n.life }

type nop struct{}

func (nop) Run() {}

type closedSink chan error

func (closedSink) Opened(Conn)            {}
func (closedSink) Pull(buf []byte) []byte { return buf }
func (closedSink) Received(b []byte) int  { return len(b) }
func (c closedSink) Closed(err error)     { c <- err }
