package differential

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
	"github.com/gazoo-go/gazoo/zktest/internal/java"
	"github.com/gazoo-go/gazoo/zktest/internal/serve"
	"pgregory.net/rapid"
)

// TestRealDifferentialReconfig asks the leaders of two ensembles, a real one and one of package core, which have members of
// the same names, to change who the members are, again and again. Answers, the configuration and the events of its node
// must be the same. The leader stays one: who else would lead is a matter of luck. A real leader may resign, when the machine
// is busy and a member that it has just taken in is slow to come; then there are new ensembles for the requests that are left.
func TestRealDifferentialReconfig(t *testing.T) {
	forVersions(t, func(t *testing.T) {
		model := modelOf(t)
		if !model.version.AtLeast(v(3, 5, 3)) {
			t.Skipf("%v does not know it", model.version)
		}
		c, codes := campaignOf(t, 80, 20), map[wire.Code]int{}
		const resignations = 10
		for n, starts := 0, 0; n < c.scripts; starts++ {
			if starts > resignations {
				t.Fatalf("the real leader has resigned %d times", resignations)
			}
			if !t.Run(fmt.Sprintf("from %d", n), func(t *testing.T) { n = playReconfig(t, model, c, n, codes) }) {
				return
			}
		}
		t.Log(codes)
		for _, code := range append([]wire.Code{wire.OK, wire.CodeBadArguments, wire.CodeBadVersion}, reconfigCodes...) {
			if codes[code] == 0 {
				t.Errorf("nothing was answered %s", code.String())
			}
		}
	})
}

// playReconfig makes the requests of a campaign from the nth on, and returns the number of the first that is left.
func playReconfig(t *testing.T, model *coreHost, c campaign, n int, codes map[wire.Code]int) int {
	h := startJava(t, java.Config{Servers: 3})
	leader, err := h.ensemble.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	real := newConfigured(t, h.control[leader])
	core := newConfigured(t, model.ensemble(t, real.peers(t), leader))
	if real.text != core.text {
		t.Fatalf("the real ensemble begins with\n%s\nand package core's with\n%s", real.text, core.text)
	}
	peers := real.peers(t)
	for i := range peers {
		peers[i].Client = h.ensemble.Server(i).Addr()
	}
	requests := changes(peers, int64(leader+1))
	for ; n < c.scripts; n++ {
		r := requests.Example(c.first + n)
		a, b := real.change(&r), core.change(&r)
		for deadline := time.Now().Add(patience); a.code != b.code && real.up && time.Now().Before(deadline); {
			time.Sleep(50 * time.Millisecond)
			switch { // who is synchronized, and when a change is over, is a matter of time
			case passes(a.code):
				a = real.again(&r)
			case passes(b.code):
				b = core.again(&r)
			default:
				deadline = time.Time{}
			}
		}
		switch {
		case !core.up:
			t.Fatalf("request %d: %v: package core's leader has resigned", n, &r)
		case !real.up:
			t.Logf("request %d: %v: the real leader has resigned:\n%s", n, &r, h.logs(3))
			return n + 1
		case !reflect.DeepEqual(a, b):
			t.Fatalf("request %d (GAZOO_DIFF_FIRST=%d): %v: the servers answer differently:\nreal %v\ncore %v\n%s",
				n, c.first, &r, a, b, h.logs(10))
		}
		codes[a.code]++
	}
	return n
}

// passes reports whether the same request may be answered otherwise soon.
func passes(code wire.Code) bool {
	return code == wire.CodeNewConfigNoQuorum || code == wire.CodeReconfigInProgress
}

// ensemble is package core as an ensemble of three with these members, of whom the given one leads.
func (h *coreHost) ensemble(t *testing.T, peers []ensemble.Peer, leader int) *peer {
	t.Helper()
	cfg := ensemble.Config{Config: h.config(), SyncLimit: 10, FinalizeWait: tickTime / 10, MaxNotificationInterval: tickTime}
	c := serve.NewCluster(cfg, peers, []*ensemble.Disk{new(ensemble.Disk), new(ensemble.Disk), new(ensemble.Disk)}, 0)
	t.Cleanup(func() { _ = c.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		if err := c.Ready(ctx); err != nil {
			t.Fatal(err)
		}
		now, err := c.Leader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if now == leader {
			break
		}
		c.Kill(now)
		if _, err = c.Leader(ctx); err != nil {
			t.Fatal(err)
		}
		c.Restart(now)
	}
	p, err := control(func() (net.Conn, error) { return c.DialMemory(leader) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

// configured is an ensemble whose configuration changes, as its leader shows it.
type configured struct {
	t       *testing.T
	p       *peer
	base    int64  // a zxid: others are shown as their distance from it
	version int64  // of the configuration
	text    string // of the configuration, without that
	up      bool   // the leader has not closed the connection, which it does when it resigns
}

func newConfigured(t *testing.T, p *peer) *configured {
	t.Helper()
	c := &configured{t: t, p: p, up: true}
	base, err := p.call(wire.OpCreate, &proto.CreateRequest{Path: "/base", Acl: openACL}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.base = base
	var config proto.GetDataResponse
	if _, err = p.call(wire.OpGetData, &proto.GetDataRequest{Path: configNode, Watch: true}, &config); err != nil {
		t.Fatal(err)
	}
	if c.text = c.normal(config.Data); c.version == 0 {
		t.Fatalf("a configuration without a version: %s", config.Data)
	}
	return c
}

var versionLine = regexp.MustCompile(`version=([0-9a-f]+)`)

// normal is a configuration made comparable: its members are sorted, for ZooKeeper has them in the order of a hash map, and
// its version is a distance; the first one is that of an epoch.
func (c *configured) normal(config []byte) string {
	lines := strings.Split(string(config), "\n")
	slices.Sort(lines)
	return versionLine.ReplaceAllStringFunc(strings.Join(lines, "\n"), func(line string) string {
		version, err := strconv.ParseInt(line[len("version="):], 16, 64)
		if err != nil {
			c.t.Fatal(err)
		}
		c.version = version
		return "version=" + c.zxid(version)
	})
}

func (c *configured) zxid(zxid int64) string {
	switch {
	case zxid == 0 || zxid == -1:
		return fmt.Sprint(zxid)
	case zxid < c.base:
		return "first"
	}
	return fmt.Sprintf("base+%d", zxid-c.base)
}

// peers is who the members are.
func (c *configured) peers(t *testing.T) (peers []ensemble.Peer) {
	t.Helper()
	for line := range strings.Lines(c.text) {
		var p ensemble.Peer
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "server.")
		if !ok {
			continue
		}
		id, rest, _ := strings.Cut(rest, "=")
		p.ID, _ = strconv.ParseInt(id, 10, 64)
		rest, p.Client, _ = strings.Cut(rest, ";")
		p.Addrs = strings.TrimSuffix(rest, ":participant")
		peers = append(peers, p)
	}
	if len(peers) != 3 {
		t.Fatalf("members %+v of\n%s", peers, c.text)
	}
	return peers
}

// An outcome is what came of a request.
type outcome struct {
	code         wire.Code
	zxid         string
	text, stat   string // of the reply
	events       []string
	config, node string // the configuration afterwards, and its node's Stat
}

func (o outcome) String() string {
	return fmt.Sprintf("%s zxid %s, %q %s, events %q, then\n%s\n%s", o.code.String(), o.zxid, o.text, o.stat, o.events, o.config, o.node)
}

// A change is a request whose configuration id depends on the ensemble.
type change struct {
	proto.ReconfigRequest
	since configID
}

type configID int

const (
	anyConfig configID = iota
	thisConfig
	pastConfig
	noConfig
)

func (r *change) String() string {
	return fmt.Sprintf("reconfig joining %q leaving %q members %q since %d", r.JoiningServers, r.LeavingServers, r.NewMembers, r.since)
}

// again asks once more, as if it had been the first time.
func (c *configured) again(r *change) outcome {
	c.base++ // what the refusal has cost
	return c.change(r)
}

func (c *configured) change(r *change) (o outcome) {
	req := r.ReconfigRequest
	req.CurConfigId = [...]int64{anyConfig: -1, thisConfig: c.version, pastConfig: c.version - 1, noConfig: 7}[r.since]
	var reply, config proto.GetDataResponse
	o.code, o.zxid = c.ask(&o, wire.OpReconfig, &req, &reply)
	if c.up && o.code == wire.OK {
		o.text, o.stat = c.normal(reply.Data), c.stat(&reply)
	}
	code, _ := c.ask(&o, wire.OpGetData, &proto.GetDataRequest{Path: configNode, Watch: true}, &config)
	if !c.up {
		return o
	}
	if code != wire.OK {
		c.t.Fatalf("reading the configuration: %s", code.String())
	}
	o.config, o.node = c.normal(config.Data), c.stat(&config)
	return o
}

func (c *configured) stat(r *proto.GetDataResponse) string {
	s := r.Stat
	return fmt.Sprintf("czxid %s mzxid %s pzxid %s version %d cversion %d aversion %d length %v children %d",
		c.zxid(s.Czxid), c.zxid(s.Mzxid), c.zxid(s.Pzxid), s.Version, s.Cversion, s.Aversion, int(s.DataLength) == len(r.Data), s.NumChildren)
}

// ask sends a request and reads up to its reply.
func (c *configured) ask(o *outcome, op wire.Op, req, resp wire.Record) (code wire.Code, zxid string) {
	var e wire.Encoder
	if err := e.AppendRequest(1, op, req, 0); err != nil {
		c.t.Fatal(err)
	}
	c.p.send(e.B)
	for {
		frame, err := c.p.frame()
		if errors.Is(err, errClosed) {
			c.up = false
			return 0, ""
		}
		if err != nil {
			c.t.Fatalf("%v: %v", op, err)
		}
		h, body, err := wire.ReadReplyHeader(frame)
		if err != nil {
			c.t.Fatalf("%v: %v", op, err)
		}
		if h.Xid == wire.XidWatch {
			ev := new(proto.WatcherEvent)
			_ = wire.Decode(body, ev)
			o.events = append(o.events, fmt.Sprintf("%s %v %s", c.zxid(h.Zxid), wire.EventType(ev.Type), ev.Path))
			continue
		}
		if h.Err == 0 {
			if err = wire.Decode(body, resp); err != nil {
				c.t.Fatalf("%v: %v", op, err)
			}
		}
		return wire.Code(h.Err), c.zxid(h.Zxid)
	}
}

// changes generates requests that leave the leader a member as it is. None has a host without a name: Java takes that for
// this host.
func changes(peers []ensemble.Peer, leader int64) *rapid.Generator[change] {
	line := func(t *rapid.T, id int64) string {
		role := pick(t, []string{":participant", ":participant", "", ":observer", ":PARTICIPANT", ":leader"})
		i := slices.IndexFunc(peers, func(p ensemble.Peer) bool { return p.ID == id })
		if i < 0 {
			return fmt.Sprintf("server.%d=127.0.0.1:%d:%d%s;127.0.0.1:%d", id, 1000+id, 2000+id, role, 3000+id)
		}
		return fmt.Sprintf("server.%d=%s%s;%s", id, peers[i].Addrs, role, peers[i].Client)
	}
	lead := fmt.Sprintf("server.%d=%s:participant", leader, peers[leader-1].Addrs)
	var others []int64
	for _, p := range peers {
		if p.ID != leader {
			others = append(others, p.ID, p.ID)
		}
	}
	others = append(others, 9)
	some := func(t *rapid.T, one func(*rapid.T) string) []string {
		list := make([]string, below(t, 3))
		for i := range list {
			list[i] = one(t)
		}
		return list
	}
	list := func(lines []string, separator string) []byte {
		if len(lines) == 0 {
			return nil
		}
		return []byte(strings.Join(lines, separator))
	}
	return rapid.Custom(func(t *rapid.T) (r change) {
		id := func(t *rapid.T) string {
			if below(t, 12) == 1 {
				return pick(t, []string{"x", "", " ", "-1", "2.5", "99999999999999999999"})
			}
			return fmt.Sprint(pick(t, others))
		}
		joins := func(t *rapid.T) string {
			if below(t, 8) == 1 {
				return pick(t, []string{"nonsense", "server.9", "server.9=", "server.9=127.0.0.1:1009", "server.9=127.0.0.1:1009:2009",
					"server.x=127.0.0.1:1009:2009;127.0.0.1:3009", "server.9=127.0.0.1:1009:2009;3009", "server.9=127.0.0.1:1009:x;3009",
					"server.9=" + peers[0].Addrs + ";127.0.0.1:3009"})
			}
			return line(t, pick(t, others))
		}
		switch n := below(t, 10); {
		case n < 3:
			r.LeavingServers = list(some(t, id), ",")
		case n < 6:
			r.JoiningServers = list(some(t, joins), ",")
		case n < 7:
			r.LeavingServers, r.JoiningServers = list(some(t, id), ","), list(some(t, joins), ",")
		default:
			r.NewMembers = list(append(some(t, joins), lead), pick(t, []string{",", "\n"}))
		}
		if below(t, 4) == 1 {
			r.since = configID(below(t, 4))
		}
		return r
	})
}
