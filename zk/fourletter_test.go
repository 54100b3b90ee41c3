package zk_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

func TestFourLetter(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		for word, want := range map[string]string{"ruok": "imok", "srvr": "Mode: standalone\n", "mntr": "zk_znode_count\t", "isro": "rw"} {
			if got := ok(w, cl.FourLetter(ctx, word)); !strings.Contains(got, want) {
				w.Errorf("%s: %q", word, got)
			}
			if got := ok(w, cl.FourLetterAt(ctx, w.addr, word)); !strings.Contains(got, want) {
				w.Errorf("%s: %q", word, got)
			}
		}
		for _, bad := range []string{"", "ruo", "ruok\n", "RUOK", "ruokk", "r ok"} {
			if oe := refused(w, cl.FourLetter(ctx, bad), zk.ErrBadArguments, false); oe.Op != bad {
				w.Errorf("%+v", oe)
			}
		}
		refused(w, cl.FourLetterAt(ctx, "", "ruok"), zk.ErrBadArguments, false)
		refused(w, cl.FourLetterAt(ctx, "a b", "ruok"), zk.ErrBadArguments, false)
		// An unknown word is the length of a frame that is too long.
		refused(w, cl.FourLetter(ctx, "zzzz"), zk.ErrConnectionLoss, false)
		refused(w, cl.FourLetter(ended(), "ruok"), context.Canceled, false)
		if cl.State() != zk.Connected || cl.InFlight() != 0 {
			w.Errorf("%v, %d in flight", cl.State(), cl.InFlight())
		}
		// It needs no session.
		other := w.unstarted()
		refused(w, other.FourLetter(ctx, "ruok"), zk.ErrConnectionLoss, false)
		if got := ok(w, other.FourLetterAt(ctx, w.addr, "ruok")); got != "imok" {
			w.Errorf("%q", got)
		}
		ok(w, other.Close(ctx))
		refused(w, other.FourLetter(ctx, "ruok"), zk.ErrClosed, false)
		refused(w, other.FourLetterAt(ctx, w.addr, "ruok"), zk.ErrClosed, false)
	})
}

// The answer may be as long as a reply, and comes in one piece.
func TestFourLetterLongAnswer(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		for range 200 {
			ok(w, cl.ExistsAndWatch(ctx, "/"+strings.Repeat("x", 500)+cl.GUID()))
		}
		all := ok(w, cl.FourLetter(ctx, "wchp"))
		if len(all) < 100_000 || strings.Count(all, "xxx/") != 0 || strings.Count(all, "\n/") != 199 {
			w.Errorf("%d bytes, %d paths", len(all), strings.Count(all, "\n/"))
		}
		small := w.client(zk.WithMaxReply(50_000))
		refused(w, small.FourLetter(ctx, "wchp"), zk.ErrTooLong, false)
	})
}

func TestFourLetterNotAllowed(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		if oe := refused(w, cl.FourLetter(ctx, "mntr"), zk.ErrNotWhitelisted, false); oe.Op != "mntr" || oe.Path == "" {
			w.Errorf("%+v", oe)
		}
		w.srv.Do(func(s *core.Server) { s.SetServing(false) })
		refused(w, cl.FourLetterAt(ctx, w.addr, "srvr"), zk.ErrNotServing, false)
		w.srv.Do(func(s *core.Server) { s.SetServing(true) })
	}, func(c *core.Config) { c.Whitelist = []string{} })
}

// mute makes the world's handler reach a server that says nothing, and returns its address.
func mute(w *world) (addr string) {
	dial := func(context.Context, string, string) (net.Conn, error) {
		a, b := net.Pipe()
		go func() { // until a is closed
			io.Copy(io.Discard, b)
			b.Close()
		}()
		return a, nil
	}
	switch h := w.h.(type) {
	case *handler.Pool:
		h.Dialer = dial
	case *handler.Loop:
		h.Dialer = dial
	case *handler.Node:
		_, err := h.Listen(":7", func(netip.AddrPort, handler.Conn) handler.Sink { return silence{} })
		if err != nil {
			w.Fatal(err)
		}
		return "client:7"
	}
	return "10.0.0.1:7"
}

// silence is a connection that nobody answers.
type silence struct{}

func (silence) Opened(handler.Conn)    {}
func (silence) Pull(buf []byte) []byte { return buf }
func (silence) Received(b []byte) int  { return len(b) }
func (silence) Closed(error)           {}

// A server that says nothing ends no client: the question ends by itself, with its context, and with the client.
func TestFourLetterWithoutAnswer(t *testing.T) {
	everywhere(t, func(w *world) {
		h, addr := w.h, mute(w)
		cl := w.unstarted(zk.WithSessionTimeout(5 * time.Second))
		begin := h.Now()
		if oe := refused(w, cl.FourLetterAt(ctx, addr, "ruok"), zk.ErrConnectionLoss, false); oe.Path != addr {
			w.Errorf("%+v", oe)
		}
		if d := h.Now().Sub(begin); d != 5*time.Second {
			w.Errorf("it took %v", d)
		}
		for _, take := range consumers {
			with, cancel := h.WithTimeout(ctx, time.Second)
			f := future.Then(cl.FourLetterAt(with, addr, "ruok"), func(string) (zk.Stat, error) { return zk.Stat{}, nil })
			isRefusal(w, take.take(w, f), context.DeadlineExceeded, false)
			cancel()
		}
		with, cancel := h.WithTimeout(ctx, time.Second)
		defer cancel()
		refused(w, cl.FourLetterAt(with, addr, "ruok"), context.DeadlineExceeded, false)
		f := cl.FourLetterAt(ctx, addr, "ruok")
		ok(w, cl.Close(ctx))
		if _, err, ready := f.Poll(); !ready {
			w.Error("it outlives the client")
		} else {
			isRefusal(w, err, zk.ErrClosed, false)
		}
	})
}

func TestServerVersion(t *testing.T) {
	for _, v := range []core.Version{core.V3_4, core.V3_5, core.V3_6, core.V3_7, core.V3_8, core.V3_9} {
		t.Run(v.String(), func(t *testing.T) {
			everywhere(t, func(w *world) {
				cl := w.client()
				got := ok(w, cl.ServerVersion(ctx))
				if got != (zk.Version(v.Version)) || got.Compare(zk.Version{Major: 3, Minor: 3}) <= 0 {
					w.Errorf("version %v, want %v", got, v)
				}
			}, version(v))
		})
	}
}

// It asks again, waits for a connection, and gives up in the end.
func TestServerVersionInTrouble(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		w.srv.Do(func(s *core.Server) { s.SetServing(false) }) // drops all
		w.await(cl, zk.Suspended)
		f := cl.ServerVersion(ctx)
		w.sleep(time.Second)
		w.srv.Do(func(s *core.Server) { s.SetServing(true) })
		ok(w, f)
		before := w.count(wire.OpExists)
		w.srv.Do(func(s *core.Server) { s.SetServing(false) })
		w.await(cl, zk.Suspended)
		with, cancel := w.h.WithTimeout(ctx, time.Second)
		defer cancel()
		refused(w, cl.ServerVersion(with), context.DeadlineExceeded, false)
		w.srv.Do(func(s *core.Server) { s.SetServing(true) })
		if n := w.count(wire.OpExists); n != before {
			w.Errorf("%d reads", n-before)
		}
		f = cl.ServerVersion(ctx)
		ok(w, cl.Close(ctx))
		if _, err, ready := f.Poll(); !ready || err == nil {
			w.Errorf("it outlives the client, or not: %v %v", err, ready)
		}
	})
}
