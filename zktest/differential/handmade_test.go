package differential

import (
	"fmt"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// What random scripts are too seldom, too small or too short for, and what they once found.
var handmade = []struct {
	name   string
	script script
}{
	{"a null list in setWatches", script{
		at(0, request{Op: wire.OpSetWatches, Record: &proto.SetWatches{DataWatches: []string{"~/a"}, ChildWatches: []string{"~/b"}}}),
		at(0, request{Op: wire.OpSetWatches2, Record: &proto.SetWatches2{
			DataWatches: []string{"~/a"}, ExistWatches: []string{"~"}, ChildWatches: []string{"~/b"}, PersistentWatches: []string{}}}),
	}},
	{"a null ACL in a multi, alone and behind a read", script{
		at(0, multi(part(wire.OpCreateTTL, &proto.CreateTTLRequest{Path: "~/a", Flags: int32(wire.FlagPersistentTTL), Ttl: 1}))),
		at(0, multi(part(wire.OpGetData, &proto.GetDataRequest{Path: "~"}), part(wire.OpCreate, &proto.CreateRequest{Path: "~/a"}))),
		at(0, make1("~/b", 0)),
	}},
	{"a container with the flags of an ephemeral", script{
		at(0, multi(part(wire.OpCreateContainer, &proto.CreateRequest{Path: "~/c", Acl: openACL, Flags: 1}), part(wire.OpCreate, &proto.CreateRequest{Path: "~/c/d", Acl: openACL}))),
		at(0, request{Op: wire.OpCreateContainer, Record: &proto.CreateRequest{Path: "~/c", Acl: openACL, Flags: 1}}),
		at(0, make1("~/c/d", 0)),
	}},
	{"blanks around the prefix of getEphemerals", script{
		at(0, make1("~/e", wire.FlagEphemeral)),
		at(0, ephemerals("\t"), ephemerals("\x00/ "), ephemerals("\u00a0"), ephemerals(" ~")),
	}},
	{"many requests at once", script{at(0, lots(600)...)}},
	{"an ACL of every identity of the connection", script{
		at(0, authenticate("a:a")), at(0, authenticate("b:b")), at(0, authenticate("a:a")),
		at(0, request{Op: wire.OpCreate, Record: &proto.CreateRequest{Path: "~/a", Acl: []data.ACL{{Perms: 5, Id: data.Id{Scheme: "auth"}}}}}),
		at(0, request{Op: wire.OpWhoAmI}),
	}},
	{"the largest frame", script{at(0, frame(wire.DefaultMaxRequest)), at(0, request{Op: wire.OpGetData, Record: &proto.GetDataRequest{Path: "~/big"}})}},
	{"one byte more", script{at(0, frame(wire.DefaultMaxRequest+1)), at(0, make1("~/a", 0))}},
}

func at(slot int, requests ...request) step { return step{Slot: slot, Requests: requests} }

func make1(path string, flags wire.CreateFlags) request {
	return request{Op: wire.OpCreate, Record: &proto.CreateRequest{Path: path, Acl: openACL, Flags: int32(flags)}}
}

func part(op wire.Op, r wire.Record) wire.MultiOp { return wire.MultiOp{Op: op, Record: r} }

func multi(parts ...wire.MultiOp) request {
	return request{Op: wire.OpMulti, Record: &wire.MultiRequest{Ops: parts}}
}

func ephemerals(prefix string) request {
	return request{Op: wire.OpGetEphemerals, Record: &proto.GetEphemeralsRequest{PrefixPath: prefix}}
}

func authenticate(credentials string) request {
	return request{Op: wire.OpAuth, Xid: wire.XidAuth, Record: &proto.AuthPacket{Scheme: "digest", Auth: []byte(credentials)}}
}

// lots is n creates, reads and deletes.
func lots(n int) (requests []request) {
	for i := range n {
		path := fmt.Sprintf("~/n%d", i/3)
		switch i % 3 {
		case 0:
			requests = append(requests, make1(path, 0))
		case 1:
			requests = append(requests, request{Op: wire.OpGetData, Record: &proto.GetDataRequest{Path: path, Watch: true}})
		case 2:
			requests = append(requests, request{Op: wire.OpDelete, Record: &proto.DeleteRequest{Path: path}})
		}
	}
	return requests
}

// frame is a create whose frame is as long as said; a script's root is eight characters.
func frame(length int) request {
	r := &proto.CreateRequest{Path: "~/big", Acl: openACL}
	body, err := wire.Append(nil, resolved(r, rootOf(0), 0))
	if err != nil {
		panic(err)
	}
	r.Data = make([]byte, length-wire.RequestHeaderLen-len(body))
	return request{Op: wire.OpCreate, Record: r}
}

// handmade plays the scripts that a release can be asked.
func (c *contest) handmade(t *testing.T) {
	for _, h := range handmade {
		if !c.profile.allows(h.script) {
			t.Logf("not for %v: %s", c.profile.version, h.name)
			continue
		}
		report, err := c.play(h.script)
		if err != nil {
			t.Fatalf("%s: %v", h.name, err)
		}
		if report != "" {
			t.Errorf("%s: %s", h.name, report)
		}
	}
}

// allows reports whether a script has only operations that the release has, alone and in a multi.
func (p *profile) allows(sc script) bool {
	for _, st := range sc {
		for _, r := range st.Requests {
			if p.unsent(&r) || anyPart(&r, func(op wire.Op, _ wire.Record) bool { return !p.version.AtLeast(op.Since()) }) {
				return false
			}
		}
	}
	return true
}
