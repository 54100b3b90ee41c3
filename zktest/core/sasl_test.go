package core

import (
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/digestmd5"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// challenge begins an exchange and returns what the proof is to be made of.
func (c *peer) challenge(t *testing.T) digestmd5.Login {
	var resp proto.SetSASLResponse
	is(t, "challenge", c.do(wire.OpSASL, &proto.GetSASLRequest{Token: []byte{}}, &resp), wire.OK)
	said, err := digestmd5.Parse(resp.Token)
	if err != nil || said["algorithm"] != "md5-sess" || said["charset"] != "utf-8" || said["realm"] != "zk-sasl-md5" || len(said["nonce"]) < 16 {
		t.Fatalf("challenge %q: %v", resp.Token, err)
	}
	return digestmd5.Login{User: "bob", Realm: "zk-sasl-md5", Password: "pw", Nonce: said["nonce"], CNonce: "c", URI: "zookeeper/zk-sasl-md5"}
}

func proof(l digestmd5.Login) string {
	return "charset=utf-8,username=" + digestmd5.Quote(l.User) + ",realm=" + digestmd5.Quote(l.Realm) + ",nonce=" + digestmd5.Quote(l.Nonce) +
		",nc=00000001,cnonce=" + digestmd5.Quote(l.CNonce) + ",digest-uri=" + digestmd5.Quote(l.URI) + ",maxbuf=65536,response=" + l.Response() + ",qop=auth"
}

func (c *peer) prove(text string) (code wire.Code, token string) {
	var resp proto.SetSASLResponse
	code = c.do(wire.OpSASL, &proto.GetSASLRequest{Token: []byte(text)}, &resp)
	return code, string(resp.Token)
}

func saslConfig() Config {
	return Config{SASLUsers: map[string]string{"bob": "pw", "super": "root", "chief": "pw"}, SASLSuperUser: "chief"}
}

func TestSASLLogin(t *testing.T) {
	w := newWorld(t, saslConfig())
	c := w.connect()
	l := c.challenge(t)
	is(t, "others may be in between", c.do(wire.OpPing, nil, nil), wire.OK)
	code, token := c.prove(proof(l))
	is(t, "proof", code, wire.OK)
	is(t, "rspauth", token, "rspauth="+l.RspAuth())
	var who proto.WhoAmIResponse
	is(t, "whoAmI", c.do(wire.OpWhoAmI, nil, &who), wire.OK)
	is(t, "identities", len(who.ClientInfo), 2)
	code, _ = c.prove(proof(l))
	is(t, "once more", code, wire.CodeAuthFailed)
	is(t, "closed", c.closed, true)
	if a, b := w.connect().challenge(t), w.connect().challenge(t); a.Nonce == b.Nonce {
		t.Error("a nonce was given twice")
	}
}

func TestSASLLoginRefused(t *testing.T) {
	for name, wrong := range map[string]func(l *digestmd5.Login) string{
		"password": func(l *digestmd5.Login) string { l.Password = "px"; return proof(*l) },
		"user":     func(l *digestmd5.Login) string { l.User = "eve"; return proof(*l) },
		"no user":  func(l *digestmd5.Login) string { l.User, l.Password = "", ""; return proof(*l) },
		"realm":    func(l *digestmd5.Login) string { l.Realm = "x"; return proof(*l) },
		"nonce":    func(l *digestmd5.Login) string { l.Nonce = "x"; return proof(*l) },
		"cnonce":   func(l *digestmd5.Login) string { l.CNonce = ""; return proof(*l) },
		"uri":      func(l *digestmd5.Login) string { l.URI = "zookeeper/x"; return proof(*l) },
		"qop":      func(l *digestmd5.Login) string { return strings.Replace(proof(*l), "qop=auth", "qop=auth-int", 1) },
		"count":    func(l *digestmd5.Login) string { return strings.Replace(proof(*l), "nc=00000001", "nc=00000002", 1) },
		"garbage":  func(*digestmd5.Login) string { return "\x00" },
		"empty":    func(*digestmd5.Login) string { return "" },
		"too long": func(l *digestmd5.Login) string { return proof(*l) + ",x=" + strings.Repeat("x", digestmd5.MaxMessage) },
	} {
		for _, required := range []bool{false, true} {
			cfg, want := saslConfig(), wire.CodeAuthFailed
			if required {
				cfg.RequireSchemes, want = []string{"sasl"}, wire.CodeSessionClosedRequireSASLAuth
			}
			c := newWorld(t, cfg).connect()
			l := c.challenge(t)
			code, token := c.prove(wrong(&l))
			is(t, name, code, want)
			is(t, name+": token", token, "")
			is(t, name+": closed", c.closed, true)
		}
	}
}

// protocol.md 10.3, 10.6, 10.7.
func TestSASLACL(t *testing.T) {
	w := newWorld(t, saslConfig())
	as := func(user, password string) *peer {
		c := w.connect()
		l := c.challenge(t)
		l.User, l.Password = user, password
		code, _ := c.prove(proof(l))
		is(t, user, code, wire.OK)
		return c
	}
	bob, super, chief, nobody := as("bob", "pw"), as("super", "root"), as("chief", "pw"), w.connect()
	bob.make("/mine")
	bob.setACL("/mine", []data.ACL{{Perms: 31, Id: data.Id{Scheme: "sasl", Id: "bob"}}}, -1)
	bob.make("/closed")
	bob.setACL("/closed", []data.ACL{{Perms: 31, Id: data.Id{Scheme: "digest", Id: "x:y"}}}, -1)
	for _, a := range []struct {
		name string
		c    *peer
		path string
		want wire.Code
	}{
		{"bob", bob, "/mine", wire.OK}, {"super", super, "/mine", wire.OK}, {"chief", chief, "/mine", wire.OK}, {"nobody", nobody, "/mine", wire.CodeNoAuth},
		{"bob", bob, "/closed", wire.CodeNoAuth}, {"super", super, "/closed", wire.CodeNoAuth}, {"chief", chief, "/closed", wire.OK},
	} {
		is(t, a.name+" "+a.path, a.c.do(wire.OpGetData, &proto.GetDataRequest{Path: a.path}, nil), a.want)
	}
	for id, valid := range map[string]bool{
		"bob": true, "": true, "a/b": true, "a@R": true, "a/b@R": true, "@": true, "a@b@c": false, "a/b/c@R": false, "a/b/c": true,
	} {
		cfg := saslConfig()
		is(t, id, cfg.validID(data.Id{Scheme: "sasl", Id: id}), valid)
	}
	is(t, "without SASL", new(Config).validID(data.Id{Scheme: "sasl", Id: "bob"}), false)
}
