package core

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

const (
	limitsPath = "/zookeeper/quota/q/zookeeper_limits"
	statsPath  = "/zookeeper/quota/q/zookeeper_stats"
)

// The numbers are those of a ZooKeeper 3.9.5 with enforceQuota=true.
func TestQuota(t *testing.T) {
	w := newWorld(t, Config{EnforceQuota: true})
	c := w.connect()
	create := func(path, value string) wire.Code { _, code := c.create(path, value, 0); return code }
	set := func(path, value string) wire.Code { _, code := c.set(path, value, -1); return code }
	stats := func(want string) {
		t.Helper()
		got, _, _ := c.get(statsPath, false)
		is(t, "stats", got, want)
	}
	create("/q", "abc")
	create("/q/x", "12345")
	create("/zookeeper/quota/q", "")
	create(limitsPath, "count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=4")
	var made proto.Create2Response
	c.do(wire.OpCreate2, createRequest(statsPath, "count", 0), &made)
	is(t, "bytes before the server counts", made.Stat.DataLength, int32(5))
	zxid := w.s.Zxid()
	stats("count=2,bytes=8")
	is(t, "within", create("/q/y", "1"), wire.OK)
	stats("count=3,bytes=9")
	is(t, "set", set("/q/y", "123"), wire.OK)
	stats("count=3,bytes=11")
	is(t, "too many bytes to set", set("/q/y", strings.Repeat("1", 30)), wire.CodeQuotaExceeded)
	is(t, "too many bytes to create", create("/q/z", strings.Repeat("1", 30)), wire.CodeQuotaExceeded)
	stats("count=3,bytes=11")
	_, m := c.multi(opSet("/q/y", "1234", -1), opCreate("/q/m1"), opCreate("/q/m2"))
	is(t, "a multi may exceed", results(m), "v2 /q/m1 /q/m2")
	stats("count=5,bytes=14")
	is(t, "too many nodes", create("/q/z", ""), wire.CodeQuotaExceeded)
	is(t, "elsewhere", create("/qq", ""), wire.OK)
	is(t, "null", c.do(wire.OpSetData, &proto.SetDataRequest{Path: "/q/y", Version: -1}, nil), wire.OK)
	stats("count=5,bytes=10")
	c.delete("/q/x", -1)
	stats("count=4,bytes=5")
	is(t, "WRITE first, then quota, then version", func() wire.Code { _, code := c.set("/q/y", strings.Repeat("1", 30), 99); return code }(), wire.CodeQuotaExceeded)
	st := c.stat(statsPath)
	is(t, "nothing shows on the stats", st.Version == 0 && st.Mzxid == zxid, true)

	set(limitsPath, "count=1,bytes=1")
	is(t, "soft limits are not enforced", create("/q/s1", strings.Repeat("1", 30)), wire.OK)
	set(limitsPath, "what")
	is(t, "unreadable limits", create("/q/s2", ""), wire.CodeMarshallingError)
	set(limitsPath, "countHardLimit=0")
	is(t, "only a hard limit", create("/q/s3", ""), wire.CodeQuotaExceeded)
	is(t, "which is not about bytes", set("/q/s1", ""), wire.OK)
	c.delete(limitsPath, -1)
	is(t, "no quota", create("/q/s4", "x"), wire.OK)
	stats("count=5,bytes=5")
	create(limitsPath, "count=5,bytes=5")
	is(t, "again", create("/q/s5", "x"), wire.OK)
	stats("count=6,bytes=6")
	c.delete(statsPath, -1)
	is(t, "no stats", create("/q/s6", "x"), wire.OK)
	create(statsPath, "")
	stats("count=8,bytes=8")

	// A nearer quota takes over.
	create("/zookeeper/quota/q/s6", "")
	create("/zookeeper/quota/q/s6/zookeeper_limits", "count=5,bytes=5")
	create("/zookeeper/quota/q/s6/zookeeper_stats", "")
	is(t, "nested", create("/q/s6/a", "x"), wire.OK)
	stats("count=8,bytes=8")
	inner, _, _ := c.get("/zookeeper/quota/q/s6/zookeeper_stats", false)
	is(t, "inner", inner, "count=2,bytes=2")
	set("/zookeeper/quota/q/s6/zookeeper_stats", "count=-1,bytes=-1=;countHardLimit=3;byteHardLimit=600=")
	is(t, "limits among the stats", create("/q/s6/b", "x"), wire.OK)
	inner, _, _ = c.get("/zookeeper/quota/q/s6/zookeeper_stats", false)
	is(t, "inner", inner, "count=0,bytes=0=;byteHardLimit=600;countHardLimit=3")
	c.do(wire.OpSetData, &proto.SetDataRequest{Path: "/zookeeper/quota/q/s6/zookeeper_limits", Version: -1}, nil)
	is(t, "limits without data", create("/q/s6/c", "x"), wire.CodeMarshallingError)
	set("/zookeeper/quota/q/s6/zookeeper_limits", "byteHardLimit=0")
	set("/zookeeper/quota/q/s6/zookeeper_stats", "what")
	is(t, "unreadable stats that are not needed", create("/q/s6/c", ""), wire.OK)
	set("/zookeeper/quota/q/s6/zookeeper_stats", "what")
	is(t, "unreadable stats", create("/q/s6/d", "x"), wire.CodeMarshallingError)
	is(t, "none on the root", create("/zookeeper/quota/zookeeper_limits", "countHardLimit=0") == wire.OK && create("/free", "") == wire.OK, true)
	w.s.check(t)
}

func TestQuotaNotEnforced(t *testing.T) {
	for _, cfg := range []Config{{}, {EnforceQuota: true, Version: V3_6}} {
		w := newWorld(t, cfg)
		c := w.connect()
		c.make("/q", "/zookeeper/quota/q")
		c.create(limitsPath, "countHardLimit=0", 0)
		c.create(statsPath, "garbage", 0)
		_, code := c.create("/q/x", "12", wire.FlagEphemeral)
		is(t, "create", code, wire.OK)
		got, _, _ := c.get(statsPath, false)
		is(t, "stats are kept all the same", got, "count=2,bytes=2")
		c.set(statsPath, "garbage", -1)
		c.do(wire.OpCloseSession, nil, nil)
		n, _ := w.s.State().Node(statsPath)
		is(t, "garbage is overwritten", string(n.Data), "count=-1,bytes=-2")
	}
}

func TestParseQuota(t *testing.T) {
	for text, want := range map[string]string{
		"": "{-1 -1 -1 -1}", "count=1,bytes=2": "{1 2 -1 -1}", "count=1,bytes=2=;byteHardLimit=4;countHardLimit=3": "{1 2 3 4}",
		"new=7,count=-5": "{-5 -1 -1 -1}", "count": "", "count=x": "",
	} {
		q, err := parseQuota([]byte(text))
		if want == "" {
			is(t, text+" fails", err != nil, true)
		} else {
			is(t, text, fmt.Sprint(q), want)
		}
	}
}
