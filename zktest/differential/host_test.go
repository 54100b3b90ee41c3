package differential

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/internal/java"
	"github.com/gazoo-go/gazoo/zktest/internal/serve"
)

// A host is where scripts are played: one server or an ensemble, real or not.
type host interface {
	// begin makes root, below which a script plays, and returns the stage. The same root is used once. "" is for the only
	// script that a server ever sees: it has all of the tree.
	begin(root string) (*stage, error)
}

// A stage is a host as one script has it.
type stage struct {
	root     string
	base     int64 // zxid that made root; 0 without one
	control  []*peer
	dialer   func(server int) (net.Conn, error)
	expires  bool   // the host does not outlive the script, so that nobody need end its sessions
	readOnly bool   // the host has no quorum, so that a client must say that it can do with that
	end      func() // always called
}

func (s *stage) dial(server int) (*peer, error) {
	nc, err := s.dialer(server % len(s.control))
	if err != nil {
		return nil, err
	}
	return newPeer(nc), nil
}

// settle waits until a server has applied all that any other has, which is all that has been answered, so that what it
// answers next is not a matter of luck. A sync alone does not do that on the leader, which answers it at once though the
// followers may be ahead of it.
func (s *stage) settle(server int) error {
	if len(s.control) == 1 {
		return nil // it stands alone
	}
	var applied int64
	for _, p := range s.control {
		zxid, err := p.call(wire.OpExists, &proto.ExistsRequest{Path: "/"}, nil)
		if err != nil {
			return err
		}
		applied = max(applied, zxid)
	}
	for end := time.Now().Add(patience); time.Now().Before(end); {
		zxid, err := s.control[server%len(s.control)].call(wire.OpSync, &proto.SyncRequest{Path: "/"}, nil)
		if err != nil || zxid >= applied {
			return err
		}
	}
	return fmt.Errorf("server %d stays behind zxid %#x", server, applied)
}

// open finishes a stage whose control connections are there.
func (s *stage) open(root string) (*stage, error) {
	s.root = root
	var err error
	if s.readOnly = s.control[0].readOnly; s.readOnly {
		s.base, err = s.control[0].call(wire.OpExists, &proto.ExistsRequest{Path: "/"}, nil)
		return s, err
	}
	if root == "" {
		return s, nil
	}
	s.base, err = s.control[0].call(wire.OpCreate, &proto.CreateRequest{Path: root, Acl: openACL}, nil)
	return s, err
}

// finish ends sessions that the script has left.
func (s *stage) finish(sessions []session) error {
	if s.expires {
		return nil
	}
	for _, session := range sessions {
		if session.ended {
			continue
		}
		p, err := s.dial(0)
		if err != nil {
			return err
		}
		resp, err := p.join(session.id, session.password)
		if err == nil && !resp.Expired() {
			if err = p.superuser(); err == nil { // for hosts that demand an identity
				_, err = p.call(wire.OpCloseSession, nil, nil)
			}
		}
		p.close()
		if err != nil {
			return fmt.Errorf("ending session %#x: %w", session.id, err)
		}
	}
	return nil
}

func control(dial func() (net.Conn, error)) (*peer, error) {
	nc, err := dial()
	if err != nil {
		return nil, err
	}
	p := newPeer(nc)
	if _, err = p.join(0, nil); err == nil {
		err = p.superuser()
	}
	return p, err
}

// coreHost is package core, a new server for each script.
type coreHost struct {
	version wire.Version
	// filtersEvents: Debian's 3.8.0 has a patch of 3.8.4.
	filtersEvents bool
	configure     func(*core.Config)      // after all others, if set
	plant         func(net.Conn) net.Conn // what is wrong with it, if anything
}

func (h *coreHost) begin(root string) (*stage, error) {
	s, _, err := h.open()
	if err != nil {
		return s, err
	}
	return s.open(root)
}

// open returns a stage that has no root yet.
func (h *coreHost) open() (*stage, *serve.Server, error) {
	server := serve.New(h.config())
	s := &stage{expires: true, end: func() { _ = server.Close() }}
	s.dialer = func(int) (net.Conn, error) {
		if h.plant != nil {
			return h.plant(server.DialMemory()), nil
		}
		return server.DialMemory(), nil
	}
	p, err := control(func() (net.Conn, error) { return server.DialMemory(), nil })
	s.control = []*peer{p}
	return s, server, err
}

func (h *coreHost) config() core.Config {
	cfg := core.Config{
		Version:           core.Version{Version: h.version},
		TickTime:          tickTime,
		MaxSessionTimeout: longTimeout * time.Millisecond,
		SuperDigest:       core.Digest("super:" + superPassword),
		ExtendedTypes:     true,
		Reconfig:          true,
		FilterEvents:      h.filtersEvents,
		SweepInterval:     neverSwept,
	}
	if h.configure != nil {
		h.configure(&cfg)
	}
	return cfg
}

const tickTime = 500 * time.Millisecond

// neverSwept: containers and TTL nodes go when their time comes, which no script could predict. Package core has tests
// of its own for that.
const neverSwept = 24 * time.Hour

// javaHost is real servers. They see all scripts of a test.
type javaHost struct {
	ensemble *java.Ensemble
	control  []*peer
}

// startJava starts servers that end with the test.
func startJava(t *testing.T, cfg java.Config) *javaHost {
	t.Helper()
	h, err := newJava(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s", h.logs(20))
		}
		h.close()
	})
	return h
}

func newJava(ctx context.Context, cfg java.Config) (*javaHost, error) {
	cfg.TickTime, cfg.SuperPassword = tickTime, superPassword
	cfg.JVM = append(cfg.JVM, fmt.Sprintf("-Dznode.container.checkIntervalMs=%d", neverSwept.Milliseconds()))
	e, err := java.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	h := &javaHost{ensemble: e}
	for i := range e.Len() {
		p, err := control(func() (net.Conn, error) { return net.Dial("tcp", e.Server(i).Addr()) })
		if err != nil {
			h.close()
			return nil, err
		}
		h.control = append(h.control, p)
	}
	return h, nil
}

// logs is the ends of the servers' logs.
func (h *javaHost) logs(lines int) string {
	var b strings.Builder
	for i := range h.ensemble.Len() {
		fmt.Fprintf(&b, "log of server %d ends:\n%s\n", i+1, h.ensemble.Server(i).Tail(lines))
	}
	return b.String()
}

func (h *javaHost) close() {
	for _, p := range h.control {
		p.close()
	}
	_ = h.ensemble.Close()
}

func (h *javaHost) begin(root string) (*stage, error) {
	s := &stage{control: h.control, end: func() {}}
	s.dialer = func(server int) (net.Conn, error) { return net.Dial("tcp", h.ensemble.Server(server).Addr()) }
	return s.open(root)
}
