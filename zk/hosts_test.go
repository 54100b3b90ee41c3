package zk_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// doors are two ways to the server of a world.
func (w *world) doors() (a, b string) {
	if w.det == nil {
		return "10.0.0.1:2181", "10.0.0.2:2181"
	}
	server := w.det.Node("server").Addr()
	w.det.Network().SetName("a", server)
	w.det.Network().SetName("b", server)
	return "a:2181", "b:2181"
}

// A client moves to another server without losing its session, an operation or a watch.
func TestSetHosts(t *testing.T) {
	everywhere(t, func(w *world) {
		a, b := w.doors()
		cl := w.connect(a+"/app", zk.WithSessionTimeout(4*time.Second))
		view := cl.Chroot("/below")
		session, log := cl.Session(), states(cl)
		ok(w, cl.EnsurePath(ctx, "/"))
		ok(w, cl.Create(ctx, "/mine", nil, zk.Ephemeral))
		watch := ok(w, cl.GetAndWatch(ctx, "/mine"))
		if got := view.Hosts(); !slices.Equal(got, []string{a}) {
			w.Errorf("hosts %v", got)
		}
		for round := range 4 {
			next := []string{b, a}[round%2]
			sent := cl.Set(ctx, "/mine", nil, zk.AnyVersion)
			if err := view.SetHosts(" " + next + " ,,"); err != nil {
				w.Fatal(err)
			}
			behind := cl.Get(ctx, "/mine")
			ok(w, sent)
			if n := ok(w, behind); int(n.Version) != round+1 {
				w.Errorf("version %d", n.Version)
			}
			if round == 0 {
				ok(w, watch.Changed)
			}
			w.until("two changes", func() bool { return log.len() == 2*round+2 })
			if got := cl.Hosts(); !slices.Equal(got, []string{next}) {
				w.Errorf("hosts %v", got)
			}
			w.sleep(2 * time.Second)
		}
		w.until("eight changes", func() bool { return log.len() >= 8 })
		if got := path(w, log.all()); got != strings.TrimSpace(strings.Repeat("SUSPENDED CONNECTED ", 4)) {
			w.Errorf("states %s", got)
		}
		if now := cl.Session(); now.ID != session.ID || now.Epoch != session.Epoch {
			w.Errorf("%v, want %v", now, session)
		}
		ok(w, cl.Delete(ctx, "/mine", 4))
	})
}

func TestSetHostsRefuses(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		log := states(cl)
		for _, bad := range []string{"", ",", "h3:2181/app", "h3:2181,h4:2181/a,h5", "h3:99999", "h 3", "[::1", "/a"} {
			if err := cl.SetHosts(bad); err == nil || !slices.Equal(cl.Hosts(), []string{w.addr}) {
				w.Errorf("%q: %v, and the hosts are %v", bad, err, cl.Hosts())
			}
		}
		w.sleep(time.Second)
		if cl.State() != zk.Connected || log.len() != 0 {
			w.Errorf("states %v", log.all())
		}
	})
}

// The hosts of a client that is not started, or closed, are those of its next start.
func TestSetHostsWhileOff(t *testing.T) {
	everywhere(t, func(w *world) {
		a, b := w.doors()
		cl, err := zk.New("nowhere:1", zk.WithHandler(w.h))
		if err != nil {
			w.Fatal(err)
		}
		for _, next := range []string{a, b} {
			if err := cl.SetHosts(next); err != nil {
				w.Fatal(err)
			}
			ok(w, cl.Start(ctx))
			ok(w, cl.Close(ctx))
		}
	})
}

// A name behind which there are several addresses, and which changes; names that fail, are unknown, or are not answered.
func TestNamesOfHosts(t *testing.T) {
	det := handler.NewDeterministic(1)
	t.Cleanup(det.Stop)
	nw := det.Network()
	var servers []*zktest.WorldServer
	for i := range 3 {
		srv, err := zktest.InWorld(det.Node(fmt.Sprint("server", i)), ":2181")
		if err != nil {
			t.Fatal(err)
		}
		servers = append(servers, srv)
	}
	on := func(i int, cl *zk.Client) {
		t.Helper()
		if err := det.RunUntil(func() bool { return cl.State() == zk.Connected }); err != nil {
			t.Fatal(err)
		}
		n := 0
		servers[i].Do(func(c *core.Server) { n = len(c.Conns()) })
		if n != 1 {
			t.Fatalf("%d connections to server %d", n, i)
		}
	}
	addr := func(name string) netip.Addr { return det.Node(name).Addr() }
	leave := func(i int, cl *zk.Client) {
		servers[i].Close()
		servers[i].Drop(cl.Session().ID)
		if err := det.RunUntil(func() bool { return cl.State() == zk.Suspended }); err != nil {
			t.Fatal(err)
		}
	}

	nw.FailName("broken")
	nw.StallName("slow")
	nw.SetName("zk", addr("nobody"), addr("server0"))
	cl, err := zk.New("broken,unknown,slow,zk", zk.WithHandler(det.Node("client")), zk.WithSessionTimeout(4*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	begin := det.Now()
	ok(t, cl.Start(ctx))
	if took := det.Now().Sub(begin); took > time.Second {
		t.Errorf("took %v", took)
	}
	on(0, cl)
	nw.SetName("zk", addr("server1")) // which is asked for in the next round
	leave(0, cl)
	on(1, cl)
	nw.FailName("zk")
	leave(1, cl)
	_ = det.Advance(time.Second)
	if cl.State() == zk.Connected {
		t.Error("connected to nobody")
	}
	nw.SetName("zk", addr("server1"), addr("server2"))
	on(2, cl)

	nw.SetName("zk")
	leave(2, cl)
	_ = det.Advance(30 * time.Second)
	last, err := zktest.InWorld(det.Node("last"), ":2181")
	if err != nil {
		t.Fatal(err)
	}
	servers = append(servers, last)
	if err := cl.SetHosts("last"); err != nil { // of which a client hears at once that finds nobody
		t.Fatal(err)
	}
	_ = det.Advance(100 * time.Millisecond)
	on(3, cl)
	ok(t, cl.Close(ctx))
}

// A Dialer decides where connections lead: here to a Unix socket, whatever the host.
func TestCustomDialer(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func() (handler.Handler, *handler.System)
	}{
		{"Pool", func() (handler.Handler, *handler.System) { p := handler.NewPool(); return p, &p.System }},
		{"Loop", func() (handler.Handler, *handler.System) { l := handler.NewLoop(); return l, &l.System }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, system := tt.make()
			defer func() { h.Stop(); <-h.Stopped() }()
			srv := zktest.NewServer(t)
			socket := relay(t, srv.Addr())
			var dialed atomic.Int64
			system.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
				if dialed.Add(1); network != "tcp" || address != "192.0.2.1:2181" {
					t.Errorf("dials %s %s", network, address)
				}
				return new(net.Dialer).DialContext(ctx, "unix", socket)
			}
			cl, err := zk.Connect(ctx, "192.0.2.1", zk.WithHandler(h))
			if err != nil {
				t.Fatal(err)
			}
			ok(t, cl.Create(ctx, "/a", nil))
			ok(t, cl.Close(ctx))
			if dialed.Load() != 1 {
				t.Errorf("dialed %d times", dialed.Load())
			}
		})
	}
}

// relay makes a Unix socket that leads to an address.
func relay(t *testing.T, to string) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "zk.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var copies sync.WaitGroup
	copies.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			carry := func(to, from net.Conn) {
				_, _ = io.Copy(to, from)
				to.Close()
				from.Close()
			}
			copies.Go(func() { carry(in, out) })
			copies.Go(func() { carry(out, in) })
		}
	})
	t.Cleanup(func() { l.Close(); copies.Wait() })
	return socket
}
