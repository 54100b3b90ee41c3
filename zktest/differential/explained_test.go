package differential

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// explained is all that may differ between the servers. Whatever is not here is a failure. What differs is not sent, but
// where the text says otherwise.
var explained = []difference{
	{
		what:   "createTTL with a flag that has no TTL, and one below 0",
		why:    "ZooKeeper dies of it, and never starts again from that log; package core answers BADARGUMENTS",
		unsent: func(_ *profile, r *request) bool { return anyPart(r, poisonousTTL) },
	},
	{
		what: "check alone",
		why:  "up to 3.8.4 and 3.9.2 ZooKeeper never answers, and never starts again from that log; package core answers UNIMPLEMENTED",
		unsent: func(p *profile, r *request) bool {
			return r.Op == wire.OpCheck && !(p.version.AtLeast(v(3, 9, 3)) || p.version.Minor == 8 && p.version.AtLeast(v(3, 8, 5)))
		},
	},
	{
		what: "writes that cannot be read, in an ensemble",
		why:  "from 3.9 on the leader proposes the failure with a zxid that it has used, and no write of anybody is ever answered again",
		unsent: func(p *profile, r *request) bool {
			return p.servers > 1 && p.version.AtLeast(v(3, 9, 0)) && r.Op.Write() &&
				(r.Mangle.Cut > 0 || len(r.Mangle.Add) > 0 || anyPart(r, nullACL))
		},
	},
	{
		what: "/zookeeper/config in an ensemble (never a path there: see profile.path)",
		why:  "its servers are in it; package core stands alone here, where it is empty",
	},
	{
		what: "the characters at the edges of the forbidden ranges, in 3.4 (never in a path there: see profile.path)",
		why:  "3.4 had < for <= and allowed them; package core forbids them always",
	},
	{
		what:   "reconfig in an ensemble",
		why:    "package core stands alone here, and has nothing to reconfigure; TestRealDifferentialReconfig has two ensembles",
		unsent: func(p *profile, r *request) bool { return r.Op == wire.OpReconfig && p.servers > 1 },
	},
	{
		what: "characters above U+FFFF, and bytes that are not UTF-8, in what sync and setWatches say back",
		why:  "a Java string has two surrogates for the former, and replacements for the latter, and that is sent back; no node has such a path",
		unsent: func(_ *profile, r *request) bool {
			text := ""
			if r.Record != nil {
				text = fmt.Sprint(r.Record)
			}
			switch r.Op {
			case wire.OpSync, wire.OpSetWatches, wire.OpSetWatches2:
				return !utf8.ValidString(text) || strings.ContainsFunc(text, func(c rune) bool { return c > 0xffff })
			}
			return false
		},
	},
	{
		what: "answers to requests behind closeSession (left out: see player.drain)",
		why:  "ZooKeeper throws away what it has to say behind the end of the connection, but not what is in the same write, which is a matter of timing; package core throws away all",
	},
	{
		what: "requests that are sent before the answer to setACL",
		why:  "ZooKeeper may check them against the ACL from before: a change of an ACL counts when it is applied, every other one when it is proposed; package core applies it at once",
		last: func(_ *profile, r *request) bool { return r.Op == wire.OpSetACL },
	},
	{
		what: "quotas that cannot be read (not generated: see confineQuota)",
		why:  "ZooKeeper dies of the next write that they count, and never starts again from that log; package core answers MARSHALLINGERROR",
	},
	{
		what: "requests that are sent before the answer to a write that a quota counts",
		why:  "ZooKeeper holds a quota against what has been applied, which is a matter of timing; package core applies everything at once",
		last: func(p *profile, _ *request) bool { return p.quotas },
	},
	{
		what: "requests that are sent to a read-only server before the answer to another",
		why:  "ZooKeeper refuses writes at once, and so before it answers what came in front of them; package core answers in order",
		last: func(p *profile, _ *request) bool { return p.readOnly },
	},
	{
		what: "lists with a length below -1",
		why:  "Java takes them for empty; the decoder of this module refuses them (none is sent: see mangle.apply)",
	},
	{
		what: "requests that are sent before the answer to a multi with a null ACL",
		why:  "old releases (3.5 at least) do not take back what the parts before it proposed until the multi has failed; package core does at once",
		last: func(_ *profile, r *request) bool { return r.Op == wire.OpMulti && anyPart(r, nullACL) },
	},
	{
		what: "requests that are sent before the answer to createContainer with the flags of an ephemeral",
		why:  "until the container is made, ZooKeeper takes it for an ephemeral, which has no children; package core does so within a multi only",
		last: func(_ *profile, r *request) bool { return anyPart(r, ephemeralContainer) },
	},
	{
		what: "before 3.5 sasl packets with a null token, and before 3.6 handshakes with a null password (not generated: see profile.dials)",
		why:  "ZooKeeper then never answers; package core does",
		unsent: func(p *profile, r *request) bool {
			s, ok := r.Record.(*proto.GetSASLRequest)
			return ok && s.Token == nil && !p.version.AtLeast(v(3, 5, 0))
		},
	},
	{
		what: "checkWatches, from 3.6 to 3.8",
		why:  "both count the watches of all connections then, those too that were cut, until that is noticed, and this package cannot see when package core has; in ZooKeeper a path without a slash throws",
		unsent: func(p *profile, r *request) bool {
			return r.Op == wire.OpCheckWatches && p.version.AtLeast(v(3, 6, 0)) && !p.version.AtLeast(v(3, 9, 0))
		},
	},
	{
		what: "credentials that are not UTF-8",
		why:  "Java puts replacements in them before it hashes them, and shows them so; package core takes the bytes as they are",
		unsent: func(_ *profile, r *request) bool {
			a, ok := r.Record.(*proto.AuthPacket)
			return ok && !utf8.Valid(a.Auth)
		},
	},
}

// A difference is one reason for two servers to answer otherwise.
type difference struct {
	what, why string
	// unsent, if set, says that a request is not sent.
	unsent func(*profile, *request) bool
	// last, if set, says that a request is the last of those that are sent at once.
	last func(*profile, *request) bool
}

// separate cuts requests that are to be sent at once behind the first that has to be the last.
func (p *profile) separate(requests []request) []request {
	for i := range requests {
		if slices.ContainsFunc(explained, func(d difference) bool { return d.last != nil && d.last(p, &requests[i]) }) {
			return requests[:i+1]
		}
	}
	return requests
}

// unsent reports whether a request is not sent.
func (p *profile) unsent(r *request) bool {
	for i := range explained {
		if d := &explained[i]; d.unsent != nil && d.unsent(p, r) {
			p.held[d.what]++
			return true
		}
	}
	return false
}

// anyPart reports whether is says so of a request or of a part of a multi.
func anyPart(r *request, is func(wire.Op, wire.Record) bool) bool {
	if m, ok := r.Record.(*wire.MultiRequest); ok {
		return slices.ContainsFunc(m.Ops, func(o wire.MultiOp) bool { return is(o.Op, o.Record) })
	}
	return is(r.Op, r.Record)
}

func ephemeralContainer(op wire.Op, r wire.Record) bool {
	c, ok := r.(*proto.CreateRequest)
	return ok && op == wire.OpCreateContainer && wire.CreateFlags(c.Flags).Ephemeral()
}

func poisonousTTL(_ wire.Op, r wire.Record) bool {
	c, ok := r.(*proto.CreateTTLRequest)
	return ok && !wire.CreateFlags(c.Flags).TTL() && c.Ttl < 0
}

func nullACL(_ wire.Op, r wire.Record) bool {
	switch c := r.(type) {
	case *proto.CreateRequest:
		return c.Acl == nil
	case *proto.CreateTTLRequest:
		return c.Acl == nil
	}
	return false
}

func v(major, minor, patch int) wire.Version {
	return wire.Version{Major: major, Minor: minor, Patch: patch}
}
