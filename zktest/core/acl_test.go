package core

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

var nobody = []data.ACL{{Perms: 31, Id: data.Id{Scheme: "digest", Id: "no:body"}}}

func privateACL(credentials string) []data.ACL {
	return []data.ACL{{Perms: 31, Id: data.Id{Scheme: "digest", Id: Digest(credentials)}}}
}

func acl(perms int32, scheme, id string) data.ACL {
	return data.ACL{Perms: perms, Id: data.Id{Scheme: scheme, Id: id}}
}

func TestDigest(t *testing.T) {
	for credentials, want := range map[string]string{
		"bob:pw": "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=", "super:pw": "super:0bX78nEegDzJM3ju0iLBEJdWzjg=",
		"super:test": "super:D/InIHSb7yEEbrWz8b9l71RjZJU=",
	} {
		is(t, credentials, Digest(credentials), want)
	}
	is(t, "without a colon all is the user", strings.HasPrefix(Digest("alone"), "alone:"), true)
	is(t, "split at the first colon", strings.HasPrefix(Digest("a:b:c"), "a:"), true)
}

func TestFixACL(t *testing.T) {
	ids := []data.Id{{Scheme: "ip", Id: "127.0.0.1"}, {Scheme: "super"}, {Scheme: "digest", Id: "a:1"}, {Scheme: "digest", Id: "b:2"}}
	for _, x := range []struct {
		in   []data.ACL
		want []data.ACL // nil for INVALIDACL
	}{
		{nil, nil}, {[]data.ACL{}, nil},
		{openACL, openACL},
		{[]data.ACL{acl(63, "world", "anyone")}, []data.ACL{acl(63, "world", "anyone")}},
		{[]data.ACL{acl(0, "world", "anyone")}, []data.ACL{acl(0, "world", "anyone")}},
		{[]data.ACL{acl(1, "world", "other")}, nil},
		{[]data.ACL{acl(1, "", "")}, nil}, {[]data.ACL{acl(1, "nope", "x")}, nil}, {[]data.ACL{acl(1, "super", "")}, nil},
		{[]data.ACL{acl(1, "sasl", "x")}, nil}, {[]data.ACL{acl(1, "x509", "CN=x")}, nil},
		{[]data.ACL{acl(1, "digest", "a:b"), acl(1, "digest", "a:b"), acl(2, "digest", "a:b")}, []data.ACL{acl(1, "digest", "a:b"), acl(2, "digest", "a:b")}},
		{[]data.ACL{acl(7, "auth", "ignored")}, []data.ACL{acl(7, "digest", "a:1"), acl(7, "digest", "b:2")}},
		{[]data.ACL{acl(7, "auth", ""), acl(1, "nope", "")}, nil},
		{[]data.ACL{acl(1, "digest", "nocolon")}, nil}, {[]data.ACL{acl(1, "digest", "a:b:c")}, nil}, {[]data.ACL{acl(1, "digest", "a:")}, nil},
		{[]data.ACL{acl(1, "digest", ":")}, nil}, {[]data.ACL{acl(1, "digest", ":b")}, []data.ACL{acl(1, "digest", ":b")}},
		{[]data.ACL{acl(1, "digest", "a:b:")}, []data.ACL{acl(1, "digest", "a:b:")}},
		{[]data.ACL{acl(1, "ip", "1.2.3.4/33")}, nil}, {[]data.ACL{acl(1, "ip", "1.2.3")}, nil}, {[]data.ACL{acl(1, "ip", "1.2.3.256")}, nil},
		{[]data.ACL{acl(1, "ip", "1.2.3.4/")}, nil}, {[]data.ACL{acl(1, "ip", "x")}, nil}, {[]data.ACL{acl(1, "ip", "fe80::1%eth0")}, nil},
		{[]data.ACL{acl(1, "ip", "01.2.3.4/0")}, []data.ACL{acl(1, "ip", "01.2.3.4/0")}},
		{[]data.ACL{acl(1, "ip", "::1/128")}, []data.ACL{acl(1, "ip", "::1/128")}},
	} {
		cfg := Config{}.withDefaults()
		got, ok := cfg.fixACL(x.in, ids)
		is(t, fmt.Sprint(x.in, " accepted"), ok, x.want != nil)
		if ok && !slices.Equal(got, x.want) {
			t.Errorf("%v becomes %v", x.in, got)
		}
	}
	cfg := Config{Version: V(3, 9, 3)}.withDefaults()
	_, ok := cfg.fixACL([]data.ACL{acl(1, "ip", "::1")}, ids)
	is(t, "no IPv6 before 3.9.4", ok, false)
	cfg = Config{Version: V3_4}.withDefaults()
	_, ok = cfg.fixACL([]data.ACL{acl(1, "ip", "10.0.0.0/8")}, ids)
	is(t, "no bits in 3.4", ok, false)
	cfg = Config{}.withDefaults()
	_, ok = cfg.fixACL([]data.ACL{acl(1, "auth", "")}, ids[:2])
	is(t, "auth with nobody authenticated", ok, false)

	many := make([]data.ACL, maxACL/2)
	for i := range many {
		many[i] = acl(int32(i), "auth", "")
	}
	_, ok = cfg.fixACL(append(many, acl(-1, "auth", "")), ids)
	is(t, "auth cannot be used to fill memory", ok, false)
}

func TestAllowed(t *testing.T) {
	cfg := Config{}.withDefaults()
	alice := data.Id{Scheme: "digest", Id: "alice:1"}
	here := data.Id{Scheme: "ip", Id: "10.1.2.3"}
	six := data.Id{Scheme: "ip", Id: "fe80::1"}
	for _, x := range []struct {
		acl  []data.ACL
		ids  []data.Id
		want string // of r w c d a
	}{
		{nil, nil, "rwcda"},
		{openACL, nil, "rwcda"},
		{readACL, nil, "r----"},
		{[]data.ACL{acl(2|16, "world", "anyone"), acl(4, "digest", "alice:1")}, nil, "-w--a"},
		{[]data.ACL{acl(2|16, "world", "anyone"), acl(4, "digest", "alice:1")}, []data.Id{here, alice}, "-wc-a"},
		{nobody, []data.Id{here, alice}, "-----"},
		{nobody, []data.Id{{Scheme: "super"}}, "rwcda"},
		{[]data.ACL{acl(1, "ip", "10.1.2.3")}, []data.Id{here}, "r----"},
		{[]data.ACL{acl(1, "ip", "10.1.0.0/16")}, []data.Id{here}, "r----"},
		{[]data.ACL{acl(1, "ip", "10.2.0.0/16")}, []data.Id{here}, "-----"},
		{[]data.ACL{acl(1, "ip", "0.0.0.0/0")}, []data.Id{here}, "r----"},
		{[]data.ACL{acl(1, "ip", "fe80::/10")}, []data.Id{here}, "-----"},
		{[]data.ACL{acl(1, "ip", "fe80::/10")}, []data.Id{six}, "r----"},
		{[]data.ACL{acl(1, "ip", "alice:1")}, []data.Id{alice}, "-----"},
	} {
		got := []byte("-----")
		for i, perm := range []int32{wire.PermRead, wire.PermWrite, wire.PermCreate, wire.PermDelete, wire.PermAdmin} {
			if cfg.allowed(x.acl, perm, x.ids) {
				got[i] = "rwcda"[i]
			}
		}
		is(t, fmt.Sprint(x.acl, x.ids), string(got), x.want)
	}
	cfg.SkipACL = true
	is(t, "skipACL", cfg.allowed(nobody, wire.PermWrite, nil), true)
}

// protocol.md 10.10: which right each operation needs, one at a time.
func TestRightsOfOperations(t *testing.T) {
	const path = "/p/n"
	ops := []struct {
		name  string
		perms int32 // any of them on the node, or on its parent for the first two
		do    func(c *peer) wire.Code
	}{
		{"create", wire.PermCreate, func(c *peer) wire.Code { _, code := c.create(path+"/x", "", 0); return code }},
		{"delete", wire.PermDelete, func(c *peer) wire.Code { return c.delete(path+"/kid", -1) }},
		{"setData", wire.PermWrite, func(c *peer) wire.Code { _, code := c.set(path, "", -1); return code }},
		{"getData", wire.PermRead, func(c *peer) wire.Code { _, _, code := c.get(path, false); return code }},
		{"getChildren", wire.PermRead, func(c *peer) wire.Code { _, code := c.children(path, false); return code }},
		{"getChildren2", wire.PermRead, func(c *peer) wire.Code { return c.do(wire.OpGetChildren2, &proto.GetChildren2Request{Path: path}, nil) }},
		{"count", wire.PermRead, func(c *peer) wire.Code {
			return c.do(wire.OpGetAllChildrenNumber, &proto.GetAllChildrenNumberRequest{Path: path}, nil)
		}},
		{"exists", wire.PermRead, func(c *peer) wire.Code { _, code := c.exists(path, false); return code }},
		{"getACL", wire.PermRead | wire.PermAdmin, func(c *peer) wire.Code { return c.do(wire.OpGetACL, &proto.GetACLRequest{Path: path}, nil) }},
		{"setACL", wire.PermAdmin, func(c *peer) wire.Code { return c.setACL(path, readACL, -1) }},
		{"check", wire.PermRead, func(c *peer) wire.Code {
			_, m := c.multi(opCheck(path, -1))
			return m.Results[0].Code
		}},
	}
	for _, op := range ops {
		for bit := range 5 {
			perm := int32(1) << bit
			w := newWorld(t, Config{})
			c := w.connect()
			c.make("/p", path, path+"/kid")
			c.setACL(path, []data.ACL{acl(perm, "world", "anyone")}, -1)
			want := wire.CodeNoAuth
			if op.perms&perm != 0 {
				want = wire.OK
			}
			is(t, fmt.Sprintf("%s with right %d", op.name, perm), op.do(c), want)
		}
	}
}

func TestOldVersionsAskForLess(t *testing.T) {
	for _, x := range []struct {
		v              Version
		exists, getACL wire.Code
	}{
		{V(3, 4, 13), wire.OK, wire.OK}, {V3_4, wire.OK, wire.CodeNoAuth}, {V(3, 5, 4), wire.OK, wire.OK}, {V(3, 5, 5), wire.OK, wire.CodeNoAuth},
		{V(3, 8, 3), wire.OK, wire.CodeNoAuth}, {V(3, 8, 4), wire.CodeNoAuth, wire.CodeNoAuth}, {V(3, 9, 1), wire.OK, wire.CodeNoAuth},
	} {
		w := newWorld(t, Config{Version: x.v})
		c := w.connect()
		c.make("/a")
		c.setACL("/a", nobody, -1)
		_, code := c.exists("/a", false)
		is(t, x.v.String()+" exists", code, x.exists)
		is(t, x.v.String()+" getACL", c.do(wire.OpGetACL, &proto.GetACLRequest{Path: "/a"}, nil), x.getACL)
	}
}

// Without ADMIN digests come back masked.
func TestGetACLMasks(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.make("/a")
	stored := []data.ACL{acl(wire.PermRead, "world", "anyone"), acl(31, "digest", Digest("bob:pw")), acl(1, "ip", "127.0.0.1")}
	c.setACL("/a", stored, -1)
	get := func() string {
		var resp proto.GetACLResponse
		c.do(wire.OpGetACL, &proto.GetACLRequest{Path: "/a"}, &resp)
		return fmt.Sprint(resp.Acl)
	}
	is(t, "masked", get(), "[{1 {world anyone}} {31 {digest bob:x}} {1 {ip 127.0.0.1}}]")
	c.auth("digest", "bob:pw")
	is(t, "in the clear", get(), fmt.Sprint(stored))
	n, _ := w.s.State().Node("/a")
	is(t, "what is stored is not touched", fmt.Sprint(n.ACL), fmt.Sprint(stored))
}

func TestAuth(t *testing.T) {
	w := newWorld(t, Config{SuperDigest: Digest("super:test")})
	c := w.connect()
	who := func(c *peer) string {
		var resp proto.WhoAmIResponse
		c.do(wire.OpWhoAmI, nil, &resp)
		var all []string
		for _, info := range resp.ClientInfo {
			all = append(all, info.AuthScheme+"="+info.User)
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	is(t, "from the start", who(c), "ip=127.0.0.1")
	is(t, "digest", c.auth("digest", "bob:pw"), wire.OK)
	is(t, "again", c.auth("digest", "bob:pw"), wire.OK)
	is(t, "no colon", c.auth("digest", "whole"), wire.OK)
	is(t, "empty ip", c.auth("ip", ""), wire.OK)
	is(t, "a set", who(c), "digest=bob digest=whole ip=127.0.0.1")
	is(t, "super", c.auth("digest", "super:test"), wire.OK)
	c.make("/a")
	c.setACL("/a", nobody, -1)
	_, _, code := c.get("/a", false)
	is(t, "super reads all", code, wire.OK)
	_, code = c.set("/zookeeper/config", "x", -1)
	is(t, "and writes all", code, wire.OK)
	c = c.resume()
	is(t, "identities die with the connection", who(c), "ip=127.0.0.1")

	for _, scheme := range []string{"world", "nope", "", "super", "sasl"} {
		c := w.connect()
		a := c.ask(wire.OpAuth, &proto.AuthPacket{Scheme: scheme, Auth: []byte("x")})
		is(t, scheme, a.code, wire.CodeAuthFailed)
		is(t, scheme+" closes", c.closed, true)
	}
	c = w.connect()
	c.write(requestFrame(wire.XidAuth, wire.OpAuth, &proto.AuthPacket{Scheme: "digest"}))
	is(t, "null digest", c.reply().code, wire.CodeAuthFailed)
	c = w.connect()
	c.write(requestFrame(wire.XidAuth, wire.OpAuth, nil))
	is(t, "unreadable auth closes", c.closed && c.reply() == nil, true)
	c = w.connect()
	is(t, "auth echoes any xid", func() int32 {
		c.write(requestFrame(9, wire.OpAuth, &proto.AuthPacket{Scheme: "ip"}))
		return c.reply().xid
	}(), 9)

	v6 := w.openFrom(netip.MustParseAddrPort("[::ffff:10.0.0.1]:99"))
	v6.handshake(newSession(0))
	is(t, "mapped addresses are IPv4", who(v6), "ip=10.0.0.1")

	c = w.connect()
	for i := range maxIDs - 1 {
		c.auth("digest", fmt.Sprint(i))
	}
	is(t, "identities are bounded", c.auth("digest", "one more"), wire.CodeAuthFailed)
}

// Requests written after an auth packet run with it, whether or not its reply was awaited.
func TestAuthAppliesInOrder(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.make("/a")
	c.setACL("/a", privateACL("bob:pw"), -1)
	get := &proto.GetDataRequest{Path: "/a"}
	b := requestFrame(1, wire.OpGetData, get)
	b = append(b, requestFrame(-4, wire.OpAuth, &proto.AuthPacket{Scheme: "digest", Auth: []byte("bob:pw")})...)
	b = append(b, requestFrame(2, wire.OpGetData, get)...)
	c.write(b)
	is(t, "before", c.reply().code, wire.CodeNoAuth)
	is(t, "auth", c.reply().xid, -4)
	is(t, "after", c.reply().code, wire.OK)
}

func TestSASLWithoutLogin(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	var resp proto.SetSASLResponse
	is(t, "code", c.do(wire.OpSASL, &proto.GetSASLRequest{Token: []byte("x")}, &resp), wire.OK)
	is(t, "null token", resp.Token == nil, true)
	c.send(wire.OpSASL, &proto.GetSASLRequest{})
	is(t, "a null token closes", c.closed, true)
}

// protocol.md 10.12.
func TestRequiredSchemes(t *testing.T) {
	w := newWorld(t, Config{RequireSchemes: []string{"digest", "sasl"}})
	for _, op := range []wire.Op{wire.OpPing, wire.OpCloseSession, wire.OpGetData, wire.Op(99)} {
		c := w.connect()
		a := c.ask(op, nil)
		is(t, op.String(), a.code, wire.CodeSessionClosedRequireSASLAuth)
		is(t, "zxid", a.zxid, 0)
		is(t, "closed", c.closed, true)
	}
	c := w.connect()
	is(t, "auth may come", c.auth("digest", "a:a"), wire.OK)
	is(t, "and then the rest", c.do(wire.OpPing, nil, nil), wire.OK)
}

// protocol.md 10.8.
func TestX509(t *testing.T) {
	for _, known := range []bool{false, true} {
		w := newWorld(t, Config{X509: known})
		c := w.connect()
		c.conn.Certified("CN=bob,O=x")
		c.make("/a")
		acl := []data.ACL{{Perms: 31, Id: data.Id{Scheme: "auth"}}}
		code := c.setACL("/a", acl, -1)
		if !known {
			is(t, "unknown scheme", code, wire.CodeInvalidACL)
			is(t, "by name", c.setACL("/a", []data.ACL{{Perms: 31, Id: data.Id{Scheme: "x509", Id: "CN=bob"}}}, -1), wire.CodeInvalidACL)
			continue
		}
		is(t, "auth", code, wire.OK)
		_, _, code = c.get("/a", false)
		is(t, "bob", code, wire.OK)
		_, _, code = w.connect().get("/a", false)
		is(t, "nobody", code, wire.CodeNoAuth)
		is(t, "no name", c.setACL("/a", []data.ACL{{Perms: 31, Id: data.Id{Scheme: "x509", Id: "bob"}}}, -1), wire.CodeInvalidACL)
	}
}
