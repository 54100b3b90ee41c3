package zk_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/google/go-cmp/cmp"
)

const threeServers = "server.1=127.0.0.1:2888:3888:participant;0.0.0.0:2181\n" +
	"server.2=h2:2888:3888|[fe80::1]:4888:5888:participant;0.0.0.0:2182\n" +
	"server.13=zk.example:2888:3888:observer\nversion=10000000a"

func TestParseConfig(t *testing.T) {
	cfg, err := zk.ParseConfig([]byte(threeServers))
	if err != nil {
		t.Fatal(err)
	}
	want := []zk.Member{
		{ID: 1, Addrs: []zk.MemberAddr{{Host: "127.0.0.1", Quorum: 2888, Election: 3888}}, Client: "0.0.0.0:2181"},
		{ID: 2, Addrs: []zk.MemberAddr{{Host: "h2", Quorum: 2888, Election: 3888}, {Host: "fe80::1", Quorum: 4888, Election: 5888}}, Client: "0.0.0.0:2182"},
		{ID: 13, Addrs: []zk.MemberAddr{{Host: "zk.example", Quorum: 2888, Election: 3888}}, Observer: true},
	}
	if diff := cmp.Diff(want, cfg.Members); diff != "" {
		t.Error(diff)
	}
	if cfg.Version != 0x10000000a || string(cfg.Data) != threeServers {
		t.Errorf("version %#x of %q", cfg.Version, cfg.Data)
	}
	for _, c := range []struct{ line, want string }{
		{"server.1=h:1:2", "server.1=h:1:2:participant"},
		{" server.2=[::1]:1:2:observer;[::]:2181 ", "server.2=[::1]:1:2:observer;[::]:2181"},
		{"server.2=a:1:2|b:3:4;2181", "server.2=a:1:2:participant|b:3:4:participant;2181"},
	} {
		m, err := zk.ParseMember(c.line)
		if err != nil || m.String() != c.want {
			t.Errorf("%s: %s, %v, want %s", c.line, m, err, c.want)
		}
	}
	for _, bad := range []string{"", "server.1", "server.=h:1:2", "server.x=h:1:2", "server.1=", "server.1=h", "server.1=h:1", "server.1=:1:2",
		"server.1=h:1:2:king", "server.1=h:1:2:observer:x", "server.1=h:x:2", "server.1=h:1:70000", "server.1=[::1:2:3", "peer.1=h:1:2", "server.1=h:1:2|"} {
		if m, err := zk.ParseMember(bad); err == nil {
			t.Errorf("%q is %+v", bad, m)
		}
		if _, err := zk.ParseConfig([]byte(bad + "\n")); err == nil && len(bad) > 7 && bad[:7] == "server." {
			t.Errorf("%q is a configuration", bad)
		}
	}
	if _, err := zk.ParseConfig([]byte("version=xyz")); err == nil {
		t.Error("a version that is no number")
	}
	if cfg, err := zk.ParseConfig([]byte("# by hand\n\nweight.1=2\nversion=0")); err != nil || len(cfg.Members) != 0 {
		t.Errorf("%+v, %v", cfg, err)
	}
}

func TestGetConfig(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		app := cl.Chroot("/app") // need not exist
		if cfg := ok(w, app.GetConfig(ctx)); len(cfg.Members) != 0 || cfg.Version != 0 || cfg.Stat.DataLength != 0 {
			w.Errorf("of a standalone server: %+v", cfg)
		}
		first := ok(w, app.GetConfigAndWatch(ctx))
		ok(w, cl.Set(ctx, "/zookeeper/config", []byte(threeServers), zk.AnyVersion))
		if ev := ok(w, first.Changed); ev.Path != "/zookeeper/config" || ev.Type != zk.NodeDataChanged {
			w.Errorf("%+v", ev)
		}
		cfg := ok(w, app.GetConfig(ctx))
		if len(cfg.Members) != 3 || cfg.Version != 0x10000000a || string(cfg.Data) != threeServers || cfg.Stat.Mzxid == 0 {
			w.Errorf("%+v", cfg)
		}
		w.noWatches()
		// What nobody understands is an error, but costs nothing.
		ok(w, cl.Set(ctx, "/zookeeper/config", []byte("server.1=nonsense"), zk.AnyVersion))
		if oe := refused(w, app.GetConfig(ctx), zk.ErrProtocol, false); oe.Path != "/zookeeper/config" || oe.Op != "getData" {
			w.Errorf("%+v", oe)
		}
		refused(w, app.GetConfigAndWatch(ctx), zk.ErrProtocol, false)
		w.noWatches()
		if cl.State() != zk.Connected {
			w.Error("it has cost the connection")
		}
	}, func(c *core.Config) { c.SkipACL = true })
}

func TestConfigOnOldServer(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		refused(w, cl.GetConfig(ctx), zk.ErrUnimplemented, false)
		refused(w, cl.GetConfigAndWatch(ctx), zk.ErrNoNode, false)
		w.noWatches()
	}, version(core.V3_4))
}

// reconfigReply makes the answer to reconfig one of success.
func reconfigReply(text string) func([]byte) []byte {
	return func(reply []byte) []byte {
		var e wire.Encoder
		e.B = append(e.B, reply[:16]...)
		binary.BigEndian.PutUint32(e.B[12:], 0)
		if err := e.Encode(&proto.GetDataResponse{Data: []byte(text)}); err != nil {
			panic(err)
		}
		return e.B
	}
}

func TestReconfig(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client().Chroot("/app")
		four, err := zk.ParseMember("server.4=h4:2888:3888:observer;2181")
		if err != nil {
			w.Fatal(err)
		}
		change := zk.Reconfiguration{Joining: []zk.Member{four}, Leaving: []int64{1, 2}}
		refused(w, cl.Reconfig(ctx, change, zk.AnyConfig), zk.ErrUnimplemented, false) // standalone
		if cl.State() != zk.Connected {
			w.Error("it has cost the connection")
		}
		var got proto.ReconfigRequest
		verdict := core.Verdict{Edit: reconfigReply(threeServers)}
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op != wire.OpReconfig {
				return core.Pass
			}
			if err := wire.Decode(in.Body, &got); err != nil {
				w.Error(err)
			}
			return verdict
		})
		cfg := ok(w, cl.Reconfig(ctx, change, 0x10000000a))
		if len(cfg.Members) != 3 || cfg.Version != 0x10000000a {
			w.Errorf("%+v", cfg)
		}
		want := proto.ReconfigRequest{JoiningServers: []byte(four.String()), LeavingServers: []byte("1,2"), CurConfigId: 0x10000000a}
		if diff := cmp.Diff(want, got); diff != "" {
			w.Error(diff)
		}
		ok(w, cl.Reconfig(ctx, zk.Reconfiguration{Members: []zk.Member{four, cfg.Members[0]}}, zk.AnyConfig))
		want = proto.ReconfigRequest{NewMembers: []byte(four.String() + "," + cfg.Members[0].String()), CurConfigId: -1}
		if diff := cmp.Diff(want, got); diff != "" {
			w.Error(diff)
		}
		for _, code := range []zk.Code{zk.ErrReconfigDisabled, zk.ErrReconfigInProgress, zk.ErrNewConfigNoQuorum, zk.ErrBadVersion, zk.ErrNoAuth, zk.ErrBadArguments} {
			verdict = core.Verdict{Code: code}
			if oe := refused(w, cl.Reconfig(ctx, change, 1), code, false); oe.Op != "reconfig" || oe.Path != "/zookeeper/config" {
				w.Errorf("%+v", oe)
			}
		}
		verdict = core.Verdict{Edit: reconfigReply("server.1=nonsense")}
		refused(w, cl.Reconfig(ctx, change, 1), zk.ErrProtocol, true) // the server says that it is done
		verdict = core.Verdict{Cut: core.CutAfter}
		refused(w, cl.Reconfig(ctx, change, 1), zk.ErrConnectionLoss, true)
	}, func(c *core.Config) { c.Reconfig = true })
}

func TestReconfigRefusedHere(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		m := zk.Member{ID: 1, Addrs: []zk.MemberAddr{{Host: "h", Quorum: 1, Election: 2}}}
		comma, two := m, m
		comma.Client = "2181,server.2=h:1:2"
		two.Client = "2181\nversion=7"
		for _, c := range []zk.Reconfiguration{
			{},
			{Members: []zk.Member{m}, Leaving: []int64{1}},
			{Members: []zk.Member{m}, Joining: []zk.Member{m}},
			{Members: []zk.Member{{ID: 1}}},
			{Joining: []zk.Member{comma}},
			{Members: []zk.Member{two}},
			{Joining: []zk.Member{{ID: 1, Addrs: []zk.MemberAddr{{Host: "a:b", Quorum: 1}, {Host: ""}}}}},
		} {
			if oe := refused(w, cl.Reconfig(ctx, c, zk.AnyConfig), zk.ErrBadArguments, false); errors.Unwrap(oe) == zk.ErrBadArguments {
				w.Errorf("%v does not say what is bad", oe)
			}
		}
		refused(w, cl.Reconfig(ctx, zk.Reconfiguration{Leaving: []int64{1}}, -2), zk.ErrBadArguments, false)
		if n := w.count(wire.OpReconfig); n != 0 {
			w.Errorf("%d requests were sent", n)
		}
	})
}
