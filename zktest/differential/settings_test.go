package differential

import (
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/internal/java"
)

// A setting is a way to run both servers in which they refuse what they usually do not.
type setting struct {
	name    string
	since   wire.Version
	java    java.Config
	core    func(*core.Config)
	profile func(*profile)
	start   func(t *testing.T, cfg java.Config) (host, error) // nil: one server
	host    func(*coreHost) host                              // what the core is wrapped in, if anything
	scripts []script
	random  int // scripts, besides, for usualScripts
	// codes that nothing but this setting makes a server send.
	codes []wire.Code
}

var settings = []setting{
	{
		name:    "quotas",
		since:   v(3, 7, 0),
		java:    java.Config{Lines: []string{"enforceQuota=true"}},
		core:    func(c *core.Config) { c.EnforceQuota = true },
		profile: func(p *profile) { p.quotas = true },
		random:  20,
		codes:   []wire.Code{wire.CodeQuotaExceeded},
	},
	{
		name:    "no reconfiguration",
		since:   v(3, 5, 3),
		java:    java.Config{Lines: []string{"reconfigEnabled=false"}},
		core:    func(c *core.Config) { c.Reconfig = false },
		scripts: []script{{at(0, reconfig("", ""))}, {at(0, reconfig("server.2=127.0.0.1:1:1;1", "2"))}},
		random:  5,
		codes:   []wire.Code{wire.CodeReconfigDisabled},
	},
	{
		name:  "identities required",
		since: v(3, 7, 0),
		java:  java.Config{Lines: []string{"enforce.auth.enabled=true", "enforce.auth.schemes=digest"}},
		core:  func(c *core.Config) { c.RequireSchemes = []string{"digest"} },
		scripts: []script{
			{at(0, make1("~/a", 0)), at(0, authenticate("a:a")), at(0, make1("~/a", 0)), at(1, ephemerals("~")), at(0, request{Op: wire.OpWhoAmI})},
			{at(0, request{Op: wire.OpPing, Xid: wire.XidPing})},
			{at(0, request{Op: wire.OpCloseSession})},
			{at(0, multi(part(wire.OpCheck, &proto.CheckVersionRequest{Path: "~"})), make1("~/a", 0))},
			{at(0, request{Op: wire.OpSASL, Record: &proto.GetSASLRequest{Token: []byte("x")}}), at(0, make1("~/b", 0))},
			{at(0, request{Op: 99})},
		},
		profile: func(p *profile) { p.identities = true },
		random:  10,
		codes:   []wire.Code{wire.CodeSessionClosedRequireSASLAuth},
	},
	{
		name:  "read-only",
		since: v(3, 6, 0), // 3.5 may fall silent
		java: java.Config{Servers: 3, Lines: []string{"localSessionsEnabled=true"}, JVM: []string{
			"-Dreadonlymode.enabled=true",
			// A read-only server counts each write that it has refused as one that is still being worked on, for ever. When
			// there are too many, by default 1,000, it stops reading from connections, and does not always begin again.
			"-Dzookeeper.globalOutstandingLimit=1000000000",
		}},
		core:    func(c *core.Config) { c.ReadOnlyMode, c.LocalSessions = true, true },
		profile: func(p *profile) { p.alone, p.readOnly = true, true },
		start:   withoutQuorum,
		host:    func(h *coreHost) host { return &readOnlyCore{h} },
		random:  20,
		codes:   []wire.Code{wire.CodeNotReadOnly},
	},
	{
		name:    "throttled",
		since:   v(3, 7, 0),
		java:    java.Config{JVM: throttling},
		core:    func(c *core.Config) { c.Intercept = throttle() },
		scripts: []script{{at(0, make1("~/a", 0)), at(0, throttled()...), at(0, make1("~/b", 0))}},
		codes:   []wire.Code{wire.CodeThrottledOp},
	},
}

// TestRealDifferentialSettings plays scripts on servers that are set up to refuse.
func TestRealDifferentialSettings(t *testing.T) {
	forVersions(t, func(t *testing.T) {
		for _, s := range settings {
			t.Run(s.name, func(t *testing.T) {
				model := modelOf(t)
				if !model.version.AtLeast(s.since) {
					t.Skipf("%v does not know it", model.version)
				}
				s.play(t, model)
			})
		}
	})
}

// play plays the setting's own scripts and random ones.
func (s *setting) play(t *testing.T, model *coreHost) {
	start := s.start
	if start == nil {
		start = func(t *testing.T, cfg java.Config) (host, error) { return startJava(t, cfg), nil }
	}
	real, err := start(t, s.java)
	if err != nil {
		t.Fatal(err)
	}
	model.configure = s.core
	c := newContest(real, model)
	if s.host != nil {
		c.core = s.host(model)
	}
	if s.profile != nil {
		s.profile(&c.profile)
	}
	for _, sc := range s.scripts {
		report, err := c.play(sc)
		if err != nil {
			t.Fatal(err)
		}
		if report != "" {
			t.Error(report)
		}
	}
	if s.random > 0 {
		campaignOf(t, s.random, usualScripts/s.random).run(t, c)
	}
	t.Log(c.coverage)
	for _, code := range s.codes {
		if c.coverage.of(code) == 0 {
			t.Errorf("nothing was answered %s", code.String())
		}
	}
}

func reconfig(members, leaving string) request {
	return request{Op: wire.OpReconfig, Record: &proto.ReconfigRequest{NewMembers: []byte(members), LeavingServers: []byte(leaving), CurConfigId: -1}}
}

// limits are what quota nodes say.
var limits = []string{
	"count=-1,bytes=-1=;byteHardLimit=600=;countHardLimit=3", "count=1,bytes=1=;byteHardLimit=-1=;countHardLimit=4",
	"count=-1,bytes=-1=;byteHardLimit=3=;countHardLimit=-1", "count=2,bytes=5",
}

// quota makes requests that put a quota on a node below the script's root.
func quota(path, limits string) []request {
	node := func(path, data string) request {
		return request{Op: wire.OpCreate, Record: &proto.CreateRequest{Path: path, Data: []byte(data), Acl: openACL}}
	}
	return []request{
		node(quotaOfRoot, ""), node(quotaOfRoot+path, ""),
		node(quotaOfRoot+path+"/zookeeper_limits", limits), node(quotaOfRoot+path+"/zookeeper_stats", "count=0,bytes=0"),
	}
}

// withoutQuorum starts an ensemble and stops all of it but one server, which goes on as a read-only one.
func withoutQuorum(t *testing.T, cfg java.Config) (host, error) {
	h := startJava(t, cfg)
	if err := furnish(h.control[0]); err != nil {
		return nil, err
	}
	for i := 1; i < h.ensemble.Len(); i++ {
		if err := h.ensemble.Server(i).Kill(); err != nil {
			return nil, err
		}
	}
	for _, p := range h.control {
		p.close()
	}
	h.control = nil
	for {
		if err := t.Context().Err(); err != nil {
			return nil, err
		}
		p, err := h.readOnlyControl()
		if err == nil {
			h.control = []*peer{p}
			return h, nil
		}
	}
}

func (h *javaHost) readOnlyControl() (*peer, error) {
	nc, err := net.Dial("tcp", h.ensemble.Server(0).Addr())
	if err != nil {
		return nil, err
	}
	return readOnlyControl(nc)
}

// readOnlyControl makes a connection that insists on a read-only server: one that has a quorum still is about to lose it.
func readOnlyControl(nc net.Conn) (*peer, error) {
	p := newPeer(nc)
	resp, err := p.join(0, nil)
	if err == nil && !resp.ReadOnly {
		err = fmt.Errorf("the server is not read-only")
	}
	if err == nil {
		err = p.superuser()
	}
	if err != nil {
		p.close()
	}
	return p, err
}

// furnish makes what there is to read on a server that is to be read-only.
func furnish(p *peer) error {
	for _, path := range []string{"/a", "/b", "/a/x", "/a/y"} {
		if _, err := p.call(wire.OpCreate, &proto.CreateRequest{Path: path, Data: []byte(path), Acl: openACL}, nil); err != nil {
			return err
		}
	}
	return nil
}

// readOnlyCore is package core without a quorum.
type readOnlyCore struct{ *coreHost }

func (h *readOnlyCore) begin(root string) (*stage, error) {
	s, server, err := h.open()
	if err != nil {
		return s, err
	}
	if err := furnish(s.control[0]); err != nil {
		return s, err
	}
	server.Do(func(c *core.Server) { c.SetReadOnly(true) })
	p, err := readOnlyControl(server.DialMemory())
	if err != nil {
		return s, err
	}
	s.control = []*peer{p}
	return s.open(root)
}

// throttling lets one request at a time in, and has others wait for longer than they may.
var throttling = []string{
	"-Dzookeeper.request_throttle_max_requests=1", "-Dzookeeper.throttled_op_wait_time=20",
}

// slow is how many operations a multi has that keeps a server busy for longer than that.
const slow = 30_000

func throttled() []request {
	behind := []request{
		make1("~/x", 0),
		{Op: wire.OpGetData, Record: &proto.GetDataRequest{Path: "~/a", Watch: true}},
		{Op: wire.OpExists, Record: &proto.ExistsRequest{Path: "~/none"}},
		{Op: wire.OpSync, Record: &proto.SyncRequest{Path: "~"}},
		multi(part(wire.OpCreate, &proto.CreateRequest{Path: "~/y", Acl: []data.ACL(openACL)})),
		{Op: wire.OpDelete, Record: &proto.DeleteRequest{Path: "~/a"}},
	}
	return slices.Insert(behind, 0, multi(slices.Repeat([]wire.MultiOp{part(wire.OpCheck, &proto.CheckVersionRequest{Path: "~/a"})}, slow)...))
}

// throttle does what the settings of throttling do, for scripts that say where.
func throttle() core.Intercept {
	left := 0
	return func(in *core.Incoming) core.Verdict {
		if left > 0 {
			left--
			return core.Verdict{Code: wire.CodeThrottledOp}
		}
		if in.Op == wire.OpMulti && len(in.Body) > slow {
			left = len(throttled()) - 1
		}
		return core.Pass
	}
}
