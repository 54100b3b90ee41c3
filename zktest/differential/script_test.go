package differential

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// slots is how many connections a script has at a time.
const slots = 3

// A script is what to do. It holds no number that only one server knows: paths begin with ~, the root of the script;
// zxids are relative; sessions are named by the slot that had them last.
type script []step

// A step is one thing on one slot, and is over when all of it is answered. One of the pointers is set, or Requests, or
// none: then the connection is cut.
type step struct {
	Slot int
	Dial *dial
	// Requests are written at once. Without a connection, one with a new session is made first.
	Requests []request
	// Raw is bytes that the server cannot make sense of; it closes the connection.
	Raw    []byte
	Expire *expiry
}

// A dial is a new connection for the slot.
type dial struct {
	Server int // of an ensemble
	// Stay leaves the slot's old connection open until the handshake is over, so that the server sees two; else it is cut
	// before. (Never so in an ensemble, where the old connection could be on another server.)
	Stay     bool
	Resume   bool // the session of slot Of; if it never had one, a new one
	Of       int
	Unknown  bool // a session that never was
	Password passwordKind
	Zxid     zxid
	Timeout  int32
	ReadOnly readOnlyKind
	Protocol int32
	Mangle   mangle
	// End closes the session as soon as it is there: how another client ends one.
	End bool
}

type passwordKind int

const (
	rightPassword passwordKind = iota
	wrongPassword
	nullPassword
	shortPassword
	longPassword
	passwordKinds
)

type readOnlyKind int

const (
	readOnlyFalse readOnlyKind = iota
	readOnlyTrue
	readOnlyAbsent
	readOnlyKinds
)

// A request is one frame.
type request struct {
	Op     wire.Op
	Xid    int32 // 0: the next ordinary one
	Record wire.Record
	Zxid   zxid // of setWatches, in place of that in the record
	Mangle mangle
}

// mangle damages a record: first Cut bytes are taken off its end, then Add is appended.
type mangle struct {
	Cut int
	Add []byte
}

// apply leaves the length of a path in front alone if it appends anything, for what comes of it could be another path; and
// it leaves neither a piece of a null, which would be another negative length, nor a piece of a character, see explained. A
// handshake has no path, and ends with a password, which is not the same on both servers.
func (m mangle) apply(b []byte, handshake bool) []byte {
	keep := max(0, len(b)-m.Cut)
	if len(m.Add) > 0 && !handshake {
		keep = max(keep, min(4, len(b)))
		for keep > 4 && b[keep-1] >= 0x80 {
			keep--
		}
	}
	return append(b[:keep], m.Add...)
}

// zxid is one that means the same to both servers.
type zxid struct {
	From anchor
	Plus int64
}

type anchor int

const (
	fromZero anchor = iota // 0, the largest, and negative ones only
	fromBase               // when the script began
	fromLast               // the last that anybody saw
)

func (z zxid) String() string {
	switch {
	case z.From == fromBase:
		return fmt.Sprintf("begin%+d", z.Plus)
	case z.From == fromLast:
		return fmt.Sprintf("last%+d", z.Plus)
	case z.Plus == math.MaxInt64:
		return "max"
	}
	return fmt.Sprint(z.Plus)
}

func (s script) String() string {
	var b strings.Builder
	for i, st := range s {
		fmt.Fprintf(&b, "%3d  slot %d  %v\n", i, st.Slot, st)
	}
	return b.String()
}

// GoString keeps the script out of the list of what was drawn; a failure prints it.
func (s script) GoString() string { return fmt.Sprintf("a script of %d steps", len(s)) }

func (s step) String() string {
	switch {
	case s.Dial != nil:
		return s.Dial.String()
	case s.Expire != nil:
		how := "with its connection open"
		if s.Expire.Cut {
			how = "without a connection"
		}
		return fmt.Sprintf("the session expires after %d ms, %s", s.Expire.Timeout, how)
	case s.Raw != nil:
		return fmt.Sprintf("raw bytes % x", s.Raw)
	case len(s.Requests) == 0:
		return "cut"
	}
	texts := make([]string, len(s.Requests))
	for i := range s.Requests {
		texts[i] = s.Requests[i].String()
	}
	return strings.Join(texts, "\n              ")
}

func (d *dial) String() string {
	var b strings.Builder
	switch {
	case d.Unknown:
		b.WriteString("resume an unknown session")
	case d.Resume:
		fmt.Fprintf(&b, "resume the session of slot %d", d.Of)
	default:
		b.WriteString("new session")
	}
	fmt.Fprintf(&b, " on server %d, timeout %d, zxid %v", d.Server, d.Timeout, d.Zxid)
	add := func(is bool, text string) {
		if is {
			b.WriteString(", " + text)
		}
	}
	add(d.Stay, "old connection open")
	add(d.Password != rightPassword, [...]string{"", "wrong password", "null password", "short password", "long password"}[d.Password])
	add(d.ReadOnly != readOnlyFalse, [...]string{"", "read-only", "no read-only byte"}[d.ReadOnly])
	add(d.Protocol != 0, fmt.Sprint("protocol ", d.Protocol))
	b.WriteString(d.Mangle.String())
	add(d.End, "and close it")
	return b.String()
}

func (m mangle) String() string {
	text := ""
	if m.Cut > 0 {
		text = fmt.Sprintf(", %d bytes short", m.Cut)
	}
	if len(m.Add) > 0 {
		text += fmt.Sprintf(", with % x behind", m.Add)
	}
	return text
}

func (r *request) String() string {
	text := r.Op.String()
	if r.Record != nil {
		text += " " + recordText(r.Record)
	}
	if r.Op == wire.OpSetWatches || r.Op == wire.OpSetWatches2 {
		text += fmt.Sprintf(" zxid %v", r.Zxid)
	}
	if r.Xid != 0 {
		text += fmt.Sprintf(", xid %d", r.Xid)
	}
	return text + r.Mangle.String()
}

func recordText(r wire.Record) string {
	m, ok := r.(*wire.MultiRequest)
	if !ok {
		return valueText(reflect.ValueOf(r).Elem())
	}
	texts := make([]string, len(m.Ops))
	for i, op := range m.Ops {
		texts[i] = fmt.Sprintf("%v %s", op.Op, recordText(op.Record))
	}
	return "[" + strings.Join(texts, "; ") + "]"
}

// valueText is what a value is made of, nil and empty kept apart and all of it in ASCII.
func valueText(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return strconv.QuoteToASCII(v.String())
	case reflect.Slice:
		switch x := v.Interface().(type) {
		case []byte:
			if string(x) == longData {
				return "long"
			} else if x != nil {
				return strconv.QuoteToASCII(string(x))
			}
		case []data.ACL:
			if len(x) == 1 && x[0] == openACL[0] {
				return "open"
			}
		}
		if v.IsNil() {
			return "null"
		}
		texts := make([]string, v.Len())
		for i := range texts {
			texts[i] = valueText(v.Index(i))
		}
		return "[" + strings.Join(texts, " ") + "]"
	case reflect.Struct:
		texts := make([]string, v.NumField())
		for i := range texts {
			texts[i] = v.Type().Field(i).Name + ":" + valueText(v.Field(i))
		}
		return "{" + strings.Join(texts, " ") + "}"
	}
	return fmt.Sprint(v.Interface())
}

// quotaOfRoot is where the quotas are of what is below the root.
const quotaOfRoot = "/zookeeper/quota~"

// resolved returns a record with its paths below root, and the zxid of setWatches.
func resolved(r wire.Record, root string, zxid int64) wire.Record {
	path := func(p string) string {
		if below, ok := strings.CutPrefix(p, "~"); ok {
			return root + below
		}
		if below, ok := strings.CutPrefix(p, quotaOfRoot); ok {
			return quotaOfRoot[:len(quotaOfRoot)-1] + root + below
		}
		return p
	}
	paths := func(ps []string) []string {
		ps = slices.Clone(ps)
		for i := range ps {
			ps[i] = path(ps[i])
		}
		return ps
	}
	switch r := r.(type) {
	case *proto.CreateRequest:
		c := *r
		c.Path = path(c.Path)
		return &c
	case *proto.CreateTTLRequest:
		c := *r
		c.Path = path(c.Path)
		return &c
	case *proto.DeleteRequest:
		return &proto.DeleteRequest{Path: path(r.Path), Version: r.Version}
	case *proto.DeleteContainerRequest:
		return &proto.DeleteContainerRequest{Path: path(r.Path)}
	case *proto.ExistsRequest:
		return &proto.ExistsRequest{Path: path(r.Path), Watch: r.Watch}
	case *proto.GetDataRequest:
		return &proto.GetDataRequest{Path: path(r.Path), Watch: r.Watch}
	case *proto.SetDataRequest:
		return &proto.SetDataRequest{Path: path(r.Path), Data: r.Data, Version: r.Version}
	case *proto.GetACLRequest:
		return &proto.GetACLRequest{Path: path(r.Path)}
	case *proto.SetACLRequest:
		return &proto.SetACLRequest{Path: path(r.Path), Acl: r.Acl, Version: r.Version}
	case *proto.GetChildrenRequest:
		return &proto.GetChildrenRequest{Path: path(r.Path), Watch: r.Watch}
	case *proto.GetChildren2Request:
		return &proto.GetChildren2Request{Path: path(r.Path), Watch: r.Watch}
	case *proto.GetAllChildrenNumberRequest:
		return &proto.GetAllChildrenNumberRequest{Path: path(r.Path)}
	case *proto.GetEphemeralsRequest:
		return &proto.GetEphemeralsRequest{PrefixPath: path(r.PrefixPath)}
	case *proto.SyncRequest:
		return &proto.SyncRequest{Path: path(r.Path)}
	case *proto.CheckVersionRequest:
		return &proto.CheckVersionRequest{Path: path(r.Path), Version: r.Version}
	case *proto.AddWatchRequest:
		return &proto.AddWatchRequest{Path: path(r.Path), Mode: r.Mode}
	case *proto.CheckWatchesRequest:
		return &proto.CheckWatchesRequest{Path: path(r.Path), Type: r.Type}
	case *proto.RemoveWatchesRequest:
		return &proto.RemoveWatchesRequest{Path: path(r.Path), Type: r.Type}
	case *proto.SetWatches:
		return &proto.SetWatches{RelativeZxid: zxid, DataWatches: paths(r.DataWatches),
			ExistWatches: paths(r.ExistWatches), ChildWatches: paths(r.ChildWatches)}
	case *proto.SetWatches2:
		return &proto.SetWatches2{RelativeZxid: zxid, DataWatches: paths(r.DataWatches),
			ExistWatches: paths(r.ExistWatches), ChildWatches: paths(r.ChildWatches),
			PersistentWatches: paths(r.PersistentWatches), PersistentRecursiveWatches: paths(r.PersistentRecursiveWatches)}
	case *wire.MultiRequest:
		m := &wire.MultiRequest{Ops: slices.Clone(r.Ops)}
		for i := range m.Ops {
			m.Ops[i].Record = resolved(m.Ops[i].Record, root, zxid)
		}
		return m
	}
	return r // has neither
}
