package session

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// round lets every attempt fail until the machine pauses, and returns what it has dialed.
func (r *rig) round() (dialed []string) {
	for r.see(); r.m.phase == phaseDial; {
		dialed = append(dialed, r.dialed.Addr)
		r.closed()
		r.see()
	}
	if r.m.phase != phasePause {
		r.Fatalf("phase %d", r.m.phase)
	}
	return dialed
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

func TestRoundTriesEveryHostOnce(t *testing.T) {
	hosts := []string{"10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "[2001:db8::1]:9", "[fe80::1%eth0]:9"}
	r := newRig(t, hostList(hosts...)).start()
	orders := map[string]bool{}
	for range 20 {
		dialed := r.round()
		orders[strings.Join(dialed, " ")] = true
		if !slices.Equal(sorted(dialed), sorted(slices.Clone(hosts))) {
			t.Fatalf("dialed %v", dialed)
		}
		r.awake()
	}
	if len(orders) < 10 {
		t.Errorf("%d orders only", len(orders))
	}
}

// Who has just failed is tried last.
func TestLastServerIsTriedLast(t *testing.T) {
	for seed := range uint64(10) {
		r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"), func(c *Config) {
			c.Rand = rand.New(rand.NewPCG(seed, 0))
		}).start()
		r.connect(1)
		r.see()
		last := r.dialed.Addr
		r.jump(5 * sec)
		r.closed()
		r.see()
		if d := r.round(); len(d) != 3 || d[2] != last {
			t.Fatalf("dialed %v after %s", d, last)
		}
	}
}

// The same holds for the addresses of one name, as of a cluster behind one.
func TestLastAddressIsTriedLast(t *testing.T) {
	addrs := []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"}
	for seed := range uint64(10) {
		r := newRig(t, hostList("zk1:1"), func(c *Config) { c.Rand = rand.New(rand.NewPCG(seed, 0)) }).start()
		r.resolved(addrs...)
		r.see()
		r.connect(1)
		last := r.dialed.Addr
		r.jump(sec)
		r.closed()
		r.resolved(addrs...)
		if d := r.round(); len(d) != 4 || d[3] != last {
			t.Fatalf("dialed %v after %s", d, last)
		}
	}
}

func TestPausesGrow(t *testing.T) {
	r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1")).start()
	limit := 100 * ms
	for range 10 {
		r.round()
		if p := r.m.NextDeadline() - r.now; p < limit/2 || p > limit {
			t.Fatalf("pause %v, want %v to %v", p, limit/2, limit)
		}
		r.awake()
		limit = min(2*limit, time.Second)
	}
	r.connect(1)
	r.see()
	r.jump(5 * sec)
	r.closed() // after a good connection there is no pause before the round, and a short one behind
	r.see()
	r.round()
	if p := r.m.NextDeadline() - r.now; p > 100*ms {
		t.Errorf("pause %v", p)
	}
}

// A server that welcomes and then hangs up must not be asked as fast as it can answer.
func TestPauseAfterShortConnections(t *testing.T) {
	r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1")).start()
	start, n := r.now, 0
	for ; r.now < start+10*sec; n++ {
		r.connect(1)
		r.closed()
		r.see()
		if r.m.phase == phasePause {
			r.awake()
		}
	}
	if n > 500 {
		t.Errorf("%d connections in 10 s", n)
	}
}

// The patience with one address is short at first and grows from round to round, up to two thirds of the timeout.
func TestPatienceGrows(t *testing.T) {
	for _, stage := range []struct {
		name string
		to   func(*rig)
	}{
		{"dial", func(*rig) {}},
		{"handshake", func(r *rig) { r.opened(); r.pullBytes() }},
	} {
		t.Run(stage.name, func(t *testing.T) {
			r := newRig(t).start()
			want := 1200 * ms
			for range 5 {
				began := r.now
				r.jump(100 * ms)
				stage.to(r)
				r.sleep(want - 100*ms - 1)
				r.expect()
				r.sleep(1)
				r.expect("hang up")
				if d := r.now - began; d != want {
					t.Fatalf("gave up after %v, want %v", d, want)
				}
				r.awake()
				want = min(2*want, 8*sec)
			}
		})
	}
}

func TestPatienceWithShortTimeouts(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Timeout = 90 * ms }).start()
	if d := r.m.NextDeadline() - r.now; d != 60*ms {
		t.Errorf("patience %v", d)
	}
}

func TestNamesAreResolvedInEveryRound(t *testing.T) {
	r := newRig(t, hostList("zk1:2181"))
	r.m.Start(r.now)
	r.expect("CONNECTING", "resolve zk1")
	r.resolved("10.0.0.1", "2001:db8::7")
	dialed := r.round()
	if !slices.Equal(sorted(dialed), []string{"10.0.0.1:2181", "[2001:db8::7]:2181"}) {
		t.Errorf("dialed %v", dialed)
	}
	r.sleep(r.m.NextDeadline() - r.now)
	r.expect("resolve zk1")
	r.resolved("10.0.0.9")
	r.expect("dial 10.0.0.9:2181")
	if r.dialed.Host != "zk1:2181" {
		t.Errorf("the host is %s", r.dialed.Host)
	}
}

// A new round begins with a look-up, whatever addresses the old one has not come to.
func TestNewRoundForgetsAddresses(t *testing.T) {
	r := newRig(t, hostList("zk1:1")).start()
	r.resolved("10.0.0.1", "10.0.0.2", "10.0.0.3")
	r.connect(1)
	r.see()
	r.jump(sec)
	r.closed()
	r.expect("SUSPENDED", "resolve zk1")
}

func TestResolveFails(t *testing.T) {
	r := newRig(t, hostList("zk1:1", "zk2:1")).start()
	first := r.asked.Host
	r.resolved()
	r.see()
	if r.asked.Host == first || r.m.phase != phaseResolve {
		t.Fatalf("asked for %s, phase %d", r.asked.Host, r.m.phase)
	}
	stale := r.asked
	r.sleep(1200 * ms) // no answer at all
	if r.m.phase != phasePause {
		t.Fatalf("phase %d", r.m.phase)
	}
	r.m.Resolved(r.now, stale, nil, nil) // too late
	if r.m.phase != phasePause {
		t.Fatalf("phase %d", r.m.phase)
	}
	r.awake()
	r.resolved("10.0.0.1")
	if got := r.see(); len(got) != 1 || got[0] != "dial 10.0.0.1:1" {
		t.Error(got)
	}
}

// Without a host there is nothing to do, but to do it slowly.
func TestNoAddresses(t *testing.T) {
	r := newRig(t, hostList()).start()
	r.sleep(time.Minute)
	r.expect()
}

func TestStaleEventsAreIgnored(t *testing.T) {
	r := up(t)
	old := r.m.conn
	r.closed()
	r.see()
	r.m.Opened(r.now, old)
	r.m.Closed(r.now, old, errPeer)
	if n := r.m.Received(r.now, old, []byte("anything")); n != 8 {
		t.Errorf("used %d bytes", n)
	}
	if b := r.m.Pull(r.now, old, nil); len(b) != 0 {
		t.Errorf("pulled %d bytes", len(b))
	}
	r.expect()
	r.opened()
	r.m.Closed(r.now, old, errPeer)
	r.m.Opened(r.now, old)
	r.m.Opened(r.now, r.m.conn) // twice
	r.expect()
	r.hello()
	r.wrote()
	r.welcome(1)
	r.expect("CONNECTED")
	r.m.Closed(r.now, old, errPeer)
	r.m.Received(r.now, old, []byte{0xff, 0xff, 0xff, 0xff})
	r.expect()
}

// Names that stand for the same address, or have it twice, make it be tried once.
func TestAddressesAreTriedOnce(t *testing.T) {
	r := newRig(t, hostList("zk1:1", "10.0.0.1:1", "zk2:1", "zk3:2"), func(c *Config) { c.InOrder = true }).start()
	r.resolved("10.0.0.1", "::ffff:10.0.0.1", "10.0.0.2")
	dialed := []string{}
	for r.see(); r.m.phase != phasePause; r.see() {
		if r.m.phase == phaseResolve {
			r.resolved("10.0.0.2", "10.0.0.3", "10.0.0.3")
			continue
		}
		dialed = append(dialed, r.dialed.Addr)
		r.closed()
	}
	want := []string{"10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "10.0.0.2:2", "10.0.0.3:2"}
	if !slices.Equal(dialed, want) {
		t.Errorf("dialed %v, want %v", dialed, want)
	}
}

// In order means: from the first on, whoever was connected last.
func TestHostsInOrder(t *testing.T) {
	r := newRig(t, hostList("10.0.0.3:1", "10.0.0.1:1", "10.0.0.2:1"), func(c *Config) { c.InOrder = true }).start()
	for range 3 {
		if got := r.round(); !slices.Equal(got, []string{"10.0.0.3:1", "10.0.0.1:1", "10.0.0.2:1"}) {
			t.Fatalf("dialed %v", got)
		}
		r.awake()
	}
	r.closed()
	r.see()
	r.connect(1)
	r.see()
	r.jump(steady)
	r.closed()
	r.see()
	if got := r.round(); !slices.Equal(got, []string{"10.0.0.3:1", "10.0.0.1:1", "10.0.0.2:1"}) {
		t.Errorf("dialed %v", got)
	}
}
