package gozookeeper

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
	"github.com/go-zookeeper/zk"
)

// short is the timeout of sessions whose end a test waits for: long enough for pings to be in time on a busy machine.
const short = 2 * time.Second

// reconnect loses the connection and waits until the client has its session back.
func (c *client) reconnect(t *testing.T) {
	t.Helper()
	session := c.SessionID()
	c.network.cut()
	c.states.await(t, zk.StateDisconnected)
	c.states.await(t, zk.StateHasSession)
	if c.SessionID() != session {
		t.Fatalf("session %#x, was %#x", c.SessionID(), session)
	}
}

func TestEphemeralGoesWithClose(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c, other := connect(t, addr, timeout), connect(t, addr, timeout)
		_, err := c.Create("/e", nil, zk.FlagEphemeral, open)
		must(t, err)
		exists, stat, gone, err := other.ExistsW("/e")
		must(t, err)
		if !exists || stat.EphemeralOwner != c.SessionID() {
			t.Errorf("exists %t, of %#x", exists, stat.EphemeralOwner)
		}
		c.Close()
		wantEvent(t, gone, zk.EventNodeDeleted, "/e")
	})
}

func TestEphemeralStaysOverReconnect(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c, other := connect(t, addr, timeout), connect(t, addr, timeout)
		_, err := c.Create("/e", nil, zk.FlagEphemeral, open)
		must(t, err)
		_, _, gone, err := other.ExistsW("/e")
		must(t, err)
		c.reconnect(t)
		wantExists(t, c, "/e", true)
		_, err = other.Sync("/e")
		must(t, err)
		wantNone(t, gone)
	})
}

// The server hears nothing of a client for longer than its timeout.
func TestExpiry(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c, other := connect(t, addr, short), connect(t, addr, timeout)
		session := c.SessionID()
		_, err := c.Create("/e", nil, zk.FlagEphemeral, open)
		must(t, err)
		_, _, watch, err := c.GetW("/e")
		must(t, err)
		_, _, gone, err := other.ExistsW("/e")
		must(t, err)

		c.network.close()
		c.network.silence()
		wantEvent(t, gone, zk.EventNodeDeleted, "/e")
		c.network.open()

		c.states.await(t, zk.StateExpired)
		if e := receive(t, "the end of the watch", watch); e.Type != zk.EventNotWatching || e.Err != zk.ErrSessionExpired {
			t.Errorf("the watch ends with %v, %v", e.Type, e.Err)
		}
		c.states.await(t, zk.StateHasSession)
		if c.SessionID() == session {
			t.Errorf("it is the same session, %#x", session)
		}
		wantExists(t, c, "/e", false)
		_, err = c.Create("/e", nil, zk.FlagEphemeral, open)
		must(t, err)
	})
}

// Pings keep a session alive that has nothing to ask.
func TestIdleSessionLives(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		other, idle := connect(t, addr, timeout), connect(t, addr, short)
		_, err := idle.Create("/idle", nil, zk.FlagEphemeral, open)
		must(t, err)
		// It is idle for as long as it takes the session of another, who is silent, to expire.
		silent := connect(t, addr, short)
		_, err = silent.Create("/silent", nil, zk.FlagEphemeral, open)
		must(t, err)
		_, _, gone, err := other.ExistsW("/silent")
		must(t, err)
		silent.network.close()
		silent.network.silence()
		wantEvent(t, gone, zk.EventNodeDeleted, "/silent")
		wantExists(t, other, "/idle", true)
	})
}

func TestTimeoutIsNegotiated(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		for asked, want := range map[time.Duration]time.Duration{
			server.Tick:           2 * server.Tick,
			timeout:               timeout,
			2 * server.MaxTimeout: server.MaxTimeout,
		} {
			c := connect(t, addr, asked)
			for _, s := range sessions(t, addr) {
				if got := time.Duration(s.Timeout) * time.Millisecond; s.SessionID == c.SessionID() && got != want {
					t.Errorf("asked for %v, got %v, want %v", asked, got, want)
				}
			}
			c.Close()
		}
	})
}
