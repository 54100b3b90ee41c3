package zk_test

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

func TestStats(t *testing.T) {
	everywhere(t, func(w *world) {
		if s := w.unstarted().Stats(); s != (zk.Stats{}) {
			w.Errorf("of a client that was not started: %+v", s)
		}
		cl := w.client()
		view := cl.Chroot("/a")
		start := view.Stats()
		if start.Connects != 1 || start.Dials != 1 || start.BytesSent == 0 || start.BytesReceived == 0 || start.Requests != 0 {
			w.Errorf("%+v", start)
		}
		w.intercept(func(*core.Incoming) core.Verdict { return core.Verdict{Delay: 100 * time.Millisecond} })
		ok(w, cl.Create(ctx, "/a", make([]byte, 1000)))
		ok(w, view.GetAndWatch(ctx, "/"))
		w.intercept(nil)
		ok(w, cl.Set(ctx, "/a", nil, 0))
		w.until("nothing in flight", func() bool { return cl.InFlight() == 0 })
		s := cl.Stats()
		if s.Requests != 3 || s.Replies != 3 || s.Events != 1 || s.Watches != 0 || s.InFlight != 0 || s.Unanswered != 0 || s.Queued != 0 || s.QueuedBytes != 0 {
			w.Errorf("%+v", s)
		}
		if n := s.BytesSent - start.BytesSent; n < 1000 || n > 1500 {
			w.Errorf("%d bytes sent", n)
		}
		if n := s.BytesReceived - start.BytesReceived; n < 1000 || n > 1500 {
			w.Errorf("%d bytes received", n)
		}
		if s.MaxLatency < 100*time.Millisecond || s.TotalLatency < 200*time.Millisecond || s.TotalLatency > time.Second || s.LastLatency >= 100*time.Millisecond {
			w.Errorf("%+v", s)
		}

		// What has gone out and is not answered, and what waits for a connection.
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Path == "/slow" {
				return core.Verdict{Delay: time.Hour}
			}
			return core.Pass
		})
		watched := ok(w, cl.ExistsAndWatch(ctx, "/watched"))
		slow := cl.Exists(ctx, "/slow")
		w.until("a request without a reply", func() bool { return cl.Stats().Unanswered == 1 })
		if s := cl.Stats(); s.InFlight != 1 || s.Watches != 1 || s.Requests != 5 || s.Replies != 4 {
			w.Errorf("%+v", s)
		}
		w.srv.Do(func(s *core.Server) { s.SetServing(false) })
		w.await(cl, zk.Suspended)
		if slow.WaitErr() == nil {
			w.Error("it was answered")
		}
		with, cancel := w.h.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		gone := cl.Set(with, "/a", make([]byte, 5000), zk.AnyVersion)
		kept := cl.Set(ctx, "/a", make([]byte, 5000), zk.AnyVersion)
		if s := cl.Stats(); s.Queued != 2 || s.QueuedBytes < 10_000 || s.Unanswered != 0 {
			w.Errorf("%+v", s)
		}
		_ = gone.WaitErr()
		if s := cl.Stats(); s.Queued != 1 || s.QueuedBytes > 10_000 {
			w.Errorf("%+v", s)
		}
		w.srv.Do(func(s *core.Server) { s.SetServing(true) })
		ok(w, kept)
		if s := cl.Stats(); s.Queued != 0 || s.QueuedBytes != 0 || s.Connects != 2 || s.Dials < 2 {
			w.Errorf("%+v", s)
		}
		ok(w, watched.Unwatch(ctx))
	})
}
