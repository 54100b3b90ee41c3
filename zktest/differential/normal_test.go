package differential

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// What two servers cannot have in common is replaced by what they can, here and nowhere else:
//
//	zxid         its distance from the one that made the root of the script, plus zxidBase; 0 and -1 stay
//	session id   a number, by first appearance, from 1
//	password     whether it is the one that the session had
//	ctime, mtime whether it is the time of czxid, mzxid, going by the first time it was seen
//	children, ephemerals, identities: sorted, ZooKeeper has them in hash sets
//	digests in an ACL, in a row and with the same permissions: sorted, "auth" puts them in the order of a hash set
//	events of the end of a session:   sorted, for its ephemerals go in one transaction in the order of a hash set

const zxidBase = 1000

// An entry is one thing that was seen on a connection.
type entry struct {
	Slot int
	What string // "reply", "event", "handshake", or in words
	Xid  int32
	Zxid int64
	Code wire.Code
	Body any
	Odd  string // how the bytes of the body are other than this package would have written them
}

// An answer to a handshake.
type joined struct {
	Timeout     int32
	Session     int
	Password    string
	ReadOnly    bool
	HasReadOnly bool
	Protocol    int32
}

// times that are part of a Stat.
const (
	noTime    = 0
	itsTime   = 1 // that of the transaction
	wrongTime = 2
)

// view is what has been seen so far on one stage, and makes it comparable.
type view struct {
	base     int64
	last     int64 // zxid
	sessions []session
	times    map[int64]int64 // ms by zxid of the transaction
}

type session struct {
	id       int64
	password []byte
	ended    bool
}

func newView(base int64) *view { return &view{base: base, last: base, times: make(map[int64]int64)} }

func (v *view) zxid(z int64) int64 {
	v.last = max(v.last, z)
	if z == 0 || z == -1 {
		return z
	}
	return z - v.base + zxidBase
}

// session returns the number of a session; 0 is none.
func (v *view) session(id int64) int {
	if id == 0 {
		return 0
	}
	i := slices.IndexFunc(v.sessions, func(s session) bool { return s.id == id })
	if i < 0 {
		i = len(v.sessions)
		v.sessions = append(v.sessions, session{id: id})
	}
	return i + 1
}

func (v *view) join(r *wire.ConnectResponse) joined {
	j := joined{Timeout: r.TimeOut, ReadOnly: r.ReadOnly, HasReadOnly: r.HasReadOnly, Protocol: r.ProtocolVersion}
	j.Session = v.session(r.SessionId)
	switch {
	case j.Session == 0 && bytes.Equal(r.Passwd, make([]byte, wire.PasswdLen)):
		j.Password = "zeros"
	case j.Session == 0:
		j.Password = "not zeros"
	case v.sessions[j.Session-1].password == nil && len(r.Passwd) == wire.PasswdLen:
		v.sessions[j.Session-1].password = r.Passwd
		j.Password = "new"
	case bytes.Equal(v.sessions[j.Session-1].password, r.Passwd):
		j.Password = "same"
	default:
		j.Password = "another"
	}
	return j
}

func (v *view) stat(s *data.Stat) {
	s.Ctime = v.time(s.Ctime, s.Czxid)
	s.Mtime = v.time(s.Mtime, s.Mzxid)
	s.Czxid, s.Mzxid, s.Pzxid = v.zxid(s.Czxid), v.zxid(s.Mzxid), v.zxid(s.Pzxid)
	s.EphemeralOwner = int64(v.session(s.EphemeralOwner))
}

func (v *view) time(ms, zxid int64) int64 {
	if ms == 0 {
		return noTime
	}
	known, ok := v.times[zxid]
	if !ok {
		v.times[zxid] = ms
		if off := time.Since(time.UnixMilli(ms)); off < -time.Hour || off > 24*time.Hour {
			return wrongTime
		}
	} else if known != ms {
		return wrongTime
	}
	return itsTime
}

// reply makes a frame comparable that answers op.
func (v *view) reply(slot int, op wire.Op, frame []byte) entry {
	h, body, err := wire.ReadReplyHeader(frame)
	if err != nil {
		return entry{Slot: slot, What: "reply", Odd: fmt.Sprintf("% x", frame)}
	}
	e := entry{Slot: slot, What: "reply", Xid: h.Xid, Zxid: v.zxid(h.Zxid), Code: wire.Code(h.Err)}
	switch record := op.NewResponse(); {
	case len(body) == 0:
	case record == nil:
		e.Odd = fmt.Sprintf("body % x", body)
	default:
		e.Odd = decode(body, record)
		e.Body = v.record(record)
	}
	return e
}

// event makes a notification comparable.
func (v *view) event(slot int, frame []byte) entry {
	h, body, _ := wire.ReadReplyHeader(frame)
	e := entry{Slot: slot, What: "event", Xid: h.Xid, Zxid: v.zxid(h.Zxid), Code: wire.Code(h.Err)}
	ev := new(proto.WatcherEvent)
	e.Odd = decode(body, ev)
	e.Body = fmt.Sprintf("%v %q state %v", wire.EventType(ev.Type), ev.Path, wire.KeeperState(ev.State))
	return e
}

// decode reads a record and says in what the bytes are not those that would be written for it, such as null in place of
// an empty string.
func decode(body []byte, r wire.Record) string {
	if err := wire.Decode(body, r); err != nil {
		return fmt.Sprintf("cannot be read: %v", err)
	}
	again, err := wire.Append(nil, r)
	if err != nil || bytes.Equal(again, body) {
		return ""
	}
	return fmt.Sprintf("%d bytes, would be written in %d", len(body), len(again))
}

// record makes a response comparable, in place, and returns it.
func (v *view) record(r wire.Record) wire.Record {
	switch r := r.(type) {
	case *proto.Create2Response:
		v.stat(&r.Stat)
	case *proto.ExistsResponse:
		v.stat(&r.Stat)
	case *proto.SetDataResponse:
		v.stat(&r.Stat)
	case *proto.SetACLResponse:
		v.stat(&r.Stat)
	case *proto.GetDataResponse:
		v.stat(&r.Stat)
	case *proto.GetACLResponse:
		v.stat(&r.Stat)
		sortDigests(r.Acl)
	case *proto.GetChildrenResponse:
		slices.Sort(r.Children)
	case *proto.GetChildren2Response:
		slices.Sort(r.Children)
		v.stat(&r.Stat)
	case *proto.GetEphemeralsResponse:
		slices.Sort(r.Ephemerals)
	case *proto.WhoAmIResponse:
		slices.SortFunc(r.ClientInfo, func(a, b data.ClientInfo) int {
			return cmp.Or(cmp.Compare(a.AuthScheme, b.AuthScheme), cmp.Compare(a.User, b.User))
		})
	case *wire.MultiResponse:
		for i := range r.Results {
			if r.Results[i].Record != nil {
				v.record(r.Results[i].Record)
			}
		}
	}
	return r
}

func sortDigests(acl []data.ACL) {
	for i := 0; i < len(acl); i++ {
		j := i
		for j < len(acl) && acl[j].Id.Scheme == "digest" && acl[j].Perms == acl[i].Perms {
			j++
		}
		if j > i {
			slices.SortFunc(acl[i:j], func(a, b data.ACL) int { return cmp.Compare(a.Id.Id, b.Id.Id) })
			i = j - 1
		}
	}
}

// sortEvents puts events that belong to one end of a session in an order of their own. Releases that do not say which
// transaction an event belongs to (before 3.9) leave no choice but to sort all events in a row; after says that a session
// has ended since the connection was last read.
func sortEvents(entries []entry, ends map[int64]bool, after bool) {
	inEnd := func(e *entry) bool { return e.What == "event" && (ends[e.Zxid] || after && e.Zxid == -1) }
	for i := 0; i < len(entries); i++ {
		j := i
		for j < len(entries) && inEnd(&entries[j]) && entries[j].Zxid == entries[i].Zxid {
			j++
		}
		if j > i {
			slices.SortFunc(entries[i:j], func(a, b entry) int { return cmp.Compare(a.Body.(string), b.Body.(string)) })
			i = j - 1
		}
	}
}
