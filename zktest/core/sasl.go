package core

import (
	"fmt"
	"regexp"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/digestmd5"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// A saslLogin is how far the DIGEST-MD5 exchange of a connection has come:
//
//	none ──any token──▶ challenged ──the client's proof──▶ over
type saslLogin struct {
	nonce string // of the challenge; empty: there was none yet
	over  bool
}

// sasl answers a step of an exchange, zxid 0. Without users, which is to say without a JAAS file, the answer is success, a
// null token, and nobody is authenticated. A packet that cannot be read costs the connection, with no answer. Who fails is
// told so, with a null token, and the connection closed; before 3.5 it is closed without a word.
func (c *Conn) sasl(w *waiting) {
	var req proto.GetSASLRequest
	switch {
	case wire.Decode(w.body, &req) != nil || req.Token == nil:
		c.cut("bad sasl packet")
	case c.front.cfg.SASLUsers == nil:
		c.answer(w, 0, wire.OK, &proto.SetSASLResponse{})
	case c.login.nonce == "":
		c.login.nonce = fmt.Sprintf("%016x%016x", c.rand().Uint64(), c.rand().Uint64())
		challenge := "realm=" + digestmd5.Quote(digestmd5.Realm) + ",nonce=" + digestmd5.Quote(c.login.nonce) + ",charset=utf-8,algorithm=md5-sess"
		c.answer(w, 0, wire.OK, &proto.SetSASLResponse{Token: []byte(challenge)})
	default:
		user, rspauth, ok := c.proven(req.Token)
		c.login.over = true
		if !ok && !c.front.cfg.Version.saysSASLFailed() {
			c.cut("SASL failed")
			return
		}
		if !ok {
			code := wire.CodeAuthFailed
			if c.saslRequired() {
				code = wire.CodeSessionClosedRequireSASLAuth
			}
			c.answer(w, 0, code, &proto.SetSASLResponse{})
			c.cut("SASL failed")
			return
		}
		c.addID(data.Id{Scheme: schemeSASL, Id: user})
		if user == c.front.cfg.SASLSuperUser && user != "" {
			c.addID(data.Id{Scheme: schemeSuper})
		}
		c.answer(w, 0, wire.OK, &proto.SetSASLResponse{Token: []byte("rspauth=" + rspauth)})
	}
}

// proven returns who has sent the proof, and the server's own.
func (c *Conn) proven(token []byte) (user, rspauth string, ok bool) {
	said, err := digestmd5.Parse(token)
	if err != nil || c.login.over || len(c.ids) >= maxIDs {
		return "", "", false
	}
	user = said["username"]
	password, known := c.front.cfg.SASLUsers[user]
	l := digestmd5.Login{
		User: user, Realm: digestmd5.Realm, Password: password, Nonce: c.login.nonce, CNonce: said["cnonce"], URI: digestmd5.URI,
	}
	ok = known && said["realm"] == l.Realm && said["nonce"] == l.Nonce && said["nc"] == digestmd5.Count && l.CNonce != "" &&
		said["digest-uri"] == l.URI && (said["qop"] == "auth" || said["qop"] == "") && digestmd5.Equal(said["response"], l.Response())
	return user, l.RspAuth(), ok
}

// saslRequired reports whether a connection has to authenticate by SASL.
func (c *Conn) saslRequired() bool {
	for _, scheme := range c.front.cfg.RequireSchemes {
		if scheme == schemeSASL {
			return c.front.cfg.Version.from(3, 6, 0)
		}
	}
	return false
}

// kerberosName is what the ids of sasl ACLs look like that contain an at sign.
var kerberosName = regexp.MustCompile(`^[^/@]*(/[^/@]*)?@[^/@]*$`)
