package session

import (
	"slices"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// Who leaves a server waits for the answers to what was sent, and keeps back the rest.
func TestLeaving(t *testing.T) {
	r := up(t)
	r.submit("a", wire.OpGetData)
	r.submit("b", wire.OpSetData)
	r.wrote("getData#1", "setData#2")
	r.m.SetHosts(r.now, []string{"10.0.0.9:1"})
	r.submit("c", wire.OpGetData)
	r.wrote()
	r.expect()
	r.ok(1)
	r.expect("a: ok")
	r.sleep(sec)
	r.ok(2)
	r.expect("b: ok", "hang up", "SUSPENDED", "dial 10.0.0.9:1")
	if h := r.connect(1); h.SessionId != 1 || h.LastZxidSeen != 2 {
		t.Fatalf("asks for %v", &h)
	}
	r.expect("CONNECTED")
	r.wrote("getData#3")
	if c := r.changes[len(r.changes)-2]; c.Err != errHostsChanged {
		t.Errorf("error %v", c.Err)
	}
}

// A server that does not answer is left all the same, in time.
func TestLeavingASilentServer(t *testing.T) {
	r := up(t)
	r.submit("a", wire.OpSetData)
	r.wrote("setData#1")
	r.m.SetHosts(r.now, []string{"10.0.0.9:1"})
	r.sleep(tt/3 - 1)
	r.expect()
	r.sleep(1)
	r.expect("hang up", "SUSPENDED", "a: CONNECTIONLOSS, written", "dial 10.0.0.9:1")
}

func TestSetHostsWhileUp(t *testing.T) {
	for _, c := range []struct {
		name  string
		hosts []string
		lines string
	}{
		{"the same", []string{"10.0.0.1:2181"}, ""},
		{"gone", []string{"10.0.0.2:1"}, "hang up|SUSPENDED|dial 10.0.0.2:1"},
		{"the same address by a name and by itself", []string{"zk1:2181", "10.0.0.1:2181"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := up(t, func(cfg *Config) { cfg.InOrder = true })
			r.m.SetHosts(r.now, c.hosts)
			if got := strings.Join(r.see(), "|"); got != c.lines {
				t.Errorf("got %s", got)
			}
			if got := r.m.Hosts(); !slices.Equal(got, c.hosts) {
				t.Errorf("hosts %v", got)
			}
		})
	}
}

// A name that was connected to is recognized by the address that it stood for.
func TestSetHostsRecognizesAddress(t *testing.T) {
	r := newRig(t, hostList("zk1:2181")).start()
	r.resolved("10.0.0.1")
	r.connect(1)
	r.see()
	r.m.SetHosts(r.now, []string{"10.0.0.1:2181"})
	r.expect()
}

func TestSetHostsWhileConnecting(t *testing.T) {
	fresh := func(t *testing.T) *rig {
		return newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1"), func(c *Config) { c.InOrder = true })
	}
	t.Run("off", func(t *testing.T) {
		r := fresh(t)
		r.m.SetHosts(r.now, []string{"10.0.0.9:1"})
		r.m.Start(r.now)
		r.expect("CONNECTING", "dial 10.0.0.9:1")
	})
	t.Run("goes on", func(t *testing.T) {
		r := fresh(t).start()
		r.m.SetHosts(r.now, []string{"10.0.0.8:1", "10.0.0.1:1"})
		r.expect()
		r.closed()
		r.expect("dial 10.0.0.8:1")
		r.closed()
		r.expect()
		r.awake()
		if r.dialed.Addr != "10.0.0.8:1" {
			t.Errorf("dials %s", r.dialed.Addr)
		}
	})
	t.Run("is gone", func(t *testing.T) {
		r := fresh(t).start()
		r.opened()
		r.m.SetHosts(r.now, []string{"10.0.0.8:1", "10.0.0.9:1"})
		r.expect("hang up", "dial 10.0.0.8:1")
	})
	t.Run("in a pause", func(t *testing.T) {
		r := fresh(t).start()
		r.round()
		r.m.SetHosts(r.now, []string{"10.0.0.8:1"})
		r.expect("dial 10.0.0.8:1")
	})
	t.Run("in a look-up", func(t *testing.T) {
		r := newRig(t, hostList("zk1:1")).start()
		stale := r.asked
		r.m.SetHosts(r.now, []string{"10.0.0.8:1"})
		r.expect("dial 10.0.0.8:1")
		r.m.Resolved(r.now, stale, nil, nil)
		r.expect()
	})
}

// A round in which the list has changed does not show that every host refuses our zxid.
func TestSetHostsSpeaksAgainstRollback(t *testing.T) {
	r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1"), func(c *Config) { c.InOrder = true })
	r.m.lastZxid = 50
	r.start()
	r.unwelcome()
	r.m.SetHosts(r.now, []string{"10.0.0.2:1", "10.0.0.3:1"})
	r.unwelcome()
	r.unwelcome()
	if r.m.phase != phasePause || r.m.lastZxid != 50 {
		t.Errorf("phase %d, zxid %d", r.m.phase, r.m.lastZxid)
	}
	r.awake()
	r.unwelcome()
	r.unwelcome()
	if r.m.phase != phasePause || r.m.lastZxid != 0 {
		t.Errorf("phase %d, zxid %d", r.m.phase, r.m.lastZxid)
	}
}

// Close waits for the move, and the session is closed at the other server.
func TestCloseWhileLeaving(t *testing.T) {
	r := up(t)
	r.submit("a", wire.OpGetData)
	r.wrote("getData#1")
	r.m.SetHosts(r.now, []string{"10.0.0.9:1"})
	r.m.Close()
	r.wrote()
	r.ok(1)
	r.expect("a: ok", "hang up", "SUSPENDED", "dial 10.0.0.9:1")
	r.connect(1)
	r.expect("CONNECTED")
	r.wrote("closeSession#2")
	r.ok(2)
	r.expect("hang up", "CLOSED", "closed: ok")
}
