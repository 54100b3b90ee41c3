package gozookeeper

import (
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
	"github.com/go-zookeeper/zk"
)

// Four-letter words, as go-zookeeper reads the answers. What it cannot read of ZooKeeper from 3.7 on is the date in srvr.

func TestFLWSrvr(t *testing.T) {
	addr := server.Start(t)
	c := connect(t, addr, timeout)
	c.make(t, "/n")
	stats, ok := zk.FLWSrvr([]string{addr}, server.Patience)
	if !ok || len(stats) != 1 || stats[0].Error != nil {
		t.Fatalf("%t, %+v", ok, stats)
	}
	s := stats[0]
	if s.Mode != zk.ModeStandalone || s.NodeCount < 2 || s.Connections < 1 || s.Received < 2 || s.Counter < 2 ||
		s.BuildTime.IsZero() || !strings.HasPrefix(s.Version, "3.") {
		t.Errorf("%+v", s)
	}
}

func TestFLWRuok(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		if oks := zk.FLWRuok([]string{addr}, server.Patience); len(oks) != 1 || !oks[0] {
			t.Errorf("%v", oks)
		}
	})
}

func TestFLWCons(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c, other := connect(t, addr, timeout), connect(t, addr, 2*timeout)
		other.make(t, "/n")
		want := map[int64]int32{c.SessionID(): int32(timeout.Milliseconds()), other.SessionID(): int32(2 * timeout.Milliseconds())}
		for _, s := range sessions(t, addr) {
			if s.SessionID == other.SessionID() && (s.LastOperation != "CREA" || s.Lzxid <= 0 || s.Received != 2) {
				t.Errorf("%+v", s)
			}
			if s.Timeout != want[s.SessionID] {
				t.Errorf("%#x has timeout %d, want %d", s.SessionID, s.Timeout, want[s.SessionID])
			}
			delete(want, s.SessionID)
		}
		if len(want) != 0 {
			t.Errorf("missing: %v", want)
		}
	})
}

// sessions asks a server for its sessions. FLWCons always reports a failure besides: its own connection, which cons lists,
// has none.
func sessions(t *testing.T, addr string) []*zk.ServerClient {
	t.Helper()
	answers, _ := zk.FLWCons([]string{addr}, server.Patience)
	if len(answers) != 1 || len(answers[0].Clients) == 0 {
		t.Fatalf("cons: %+v", answers)
	}
	return answers[0].Clients
}
