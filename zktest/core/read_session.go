package core

import (
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// auth 100, getEphemerals 103 (3.6), whoAmI 107 (3.7).

// auth answers with zxid 0. A packet that cannot be read costs the connection, with no answer.
func (c *Conn) auth(w *waiting) {
	var packet proto.AuthPacket
	if wire.Decode(w.body, &packet) != nil {
		c.cut("bad auth packet")
		return
	}
	code := c.authenticate(packet.Scheme, packet.Auth)
	c.answer(w, 0, code, nil)
	if code != wire.OK {
		c.cut("authentication failed")
	}
}

// getEphemerals is about the session of the connection. prefixPath is a string, not a path: "/a" is a prefix of "/ab".
func (c *Conn) getEphemerals(r *proto.GetEphemeralsRequest) (wire.Record, wire.Code) {
	prefix := strings.TrimFunc(r.PrefixPath, func(c rune) bool { return c <= ' ' }) // as Java trims
	all := prefix == rootPath || prefix == ""
	paths := []string{}
	for _, n := range c.front.state.tree.ephemerals[c.session] {
		if all || strings.HasPrefix(n.path, r.PrefixPath) {
			paths = append(paths, n.path)
		}
	}
	shuffle(c.rand(), paths)
	return &proto.GetEphemeralsResponse{Ephemerals: paths}, wire.OK
}

// whoAmI shows the user of each identity, for a digest what is in front of the colon.
func (c *Conn) whoAmI(w *waiting) (wire.Record, wire.Code) {
	infos := []data.ClientInfo{}
	for _, id := range w.ids {
		user := id.Id
		if id.Scheme == schemeDigest {
			user, _, _ = strings.Cut(user, ":")
		}
		infos = append(infos, data.ClientInfo{AuthScheme: id.Scheme, User: user})
	}
	shuffle(c.rand(), infos)
	return &proto.WhoAmIResponse{ClientInfo: infos}, wire.OK
}
