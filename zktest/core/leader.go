package core

import (
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// Leader decides what becomes of requests: it checks each against the state and against what it has proposed itself and
// nobody has applied yet, in the order of ZooKeeper's checks, and numbers the outcome.
//
//	Request --Prepare--> Txn (a staged view remembers what it will change) --Applied--> (forgotten: the State shows it)
//
// Every request that comes here takes a zxid, whether it succeeds or not.
type Leader struct {
	cfg      Config
	state    *State
	Sessions *Tracker

	zxid   int64 // last given out
	staged map[string]record
	order  []stagedPath // what is in staged, by zxid; all but the newest record of a path are stale
	undo   []undoRecord // of the multi at hand
	multi  bool         // a multi is at hand

	// Reconfigure, if set, says what the members of the ensemble become by a request that was given that zxid, as the text
	// that the configuration then is, or why they stay what they are.
	Reconfigure func(r *proto.ReconfigRequest, zxid int64) ([]byte, wire.Code)

	// Pipelined says that Prepare may be called again before the last Txn was applied. Without it nothing but the
	// operations of one multi is staged.
	Pipelined bool
}

// record is what the checks need to know of a node.
type record struct {
	zxid                       int64 // of the proposal that made it so
	gone                       bool
	version, aversion, creates int32
	children                   int32
	length                     int32 // of the data
	kind                       Kind
	owner                      int64
	acl                        []data.ACL
}

type stagedPath struct {
	zxid int64
	path string
}

type undoRecord struct {
	path string
	old  record
	had  bool
}

// NewLeader returns a leader for the state, whose zxid it goes on from.
func NewLeader(cfg Config, state *State, start time.Time) *Leader {
	cfg = cfg.withDefaults()
	return &Leader{cfg: cfg, state: state, zxid: state.zxid, staged: make(map[string]record),
		Sessions: NewTracker(start, cfg.TickTime)}
}

// Zxid is the last one given out.
func (l *Leader) Zxid() int64 { return l.zxid }

// SetEpoch makes zxids continue at the beginning of an epoch: the high 32 bits of every zxid of one leader.
func (l *Leader) SetEpoch(epoch int32) { l.zxid = int64(epoch) << 32 }

// Prepare turns a request into a transaction. Sync, which takes no zxid, does not come here.
func (l *Leader) Prepare(now time.Time, r *Request) *Txn {
	l.zxid++
	t := &Txn{Zxid: l.zxid, Time: now.UnixMilli(), Session: r.Session, Server: r.Server, Tag: r.Tag, Op: r.Op}
	switch r.Op {
	case wire.OpCreateSession:
		l.createSession(now, t, r)
		return t
	case wire.OpCloseSession:
		l.closeSession(t)
		return t
	}
	if t.Code = l.checkSession(r); t.Code != wire.OK {
		return t
	}
	p := &proposal{leader: l, txn: t, request: r, now: now}
	if r.Op == wire.OpMulti {
		t.Code = p.multi()
	} else {
		t.Code = p.single()
	}
	if t.Code != wire.OK {
		t.Changes = nil
	}
	return t
}

// checkSession refuses the writes of a session that is ending, or that its client has taken to another server.
func (l *Leader) checkSession(r *Request) wire.Code {
	s := l.Sessions.sessions[r.Session]
	switch {
	case s == nil || s.closing:
		return wire.CodeSessionExpired
	case s.owner != r.Server:
		return wire.CodeSessionMoved
	}
	return wire.OK
}

// record looks a node up, in what is proposed first.
func (l *Leader) record(path string) (record, bool) {
	if len(l.staged) > 0 {
		if r, ok := l.staged[stagedKey(path)]; ok {
			return r, !r.gone
		}
	}
	n := l.state.tree.get(path)
	if n == nil {
		return record{}, false
	}
	return record{
		zxid: n.mzxid, version: n.version, aversion: n.aversion, creates: n.creates,
		children: int32(len(n.children)), length: int32(len(n.data)), kind: n.kind, owner: n.owner, acl: n.acl,
	}, true
}

// stagedKey gives the root one name.
func stagedKey(path string) string {
	if path == "" {
		return rootPath
	}
	return path
}

// stage remembers what a node will be when the proposal with this zxid is applied.
func (l *Leader) stage(zxid int64, path string, r record) {
	if !l.multi && !l.Pipelined {
		return
	}
	path = stagedKey(path)
	if l.multi {
		old, had := l.staged[path]
		l.undo = append(l.undo, undoRecord{path, old, had})
	}
	r.zxid = zxid
	l.staged[path] = r
	l.order = append(l.order, stagedPath{zxid, path})
}

// begin and end stand around a multi: if it fails, all that it staged is taken back.
func (l *Leader) begin() { l.multi, l.undo = true, l.undo[:0] }

func (l *Leader) end(failed bool) {
	l.multi = false
	if !failed {
		return
	}
	for i := len(l.undo) - 1; i >= 0; i-- {
		if u := l.undo[i]; u.had {
			l.staged[u.path] = u.old
		} else {
			delete(l.staged, u.path)
		}
	}
	l.order = l.order[:len(l.order)-len(l.undo)]
}

// Applied says that the leader's own State has applied everything up to zxid.
func (l *Leader) Applied(zxid int64) {
	n := 0
	for ; n < len(l.order) && l.order[n].zxid <= zxid; n++ {
		if at := l.order[n]; l.staged[at.path].zxid == at.zxid {
			delete(l.staged, at.path)
		}
	}
	if n == len(l.order) {
		l.order = l.order[:0]
	} else {
		l.order = l.order[n:]
	}
}
