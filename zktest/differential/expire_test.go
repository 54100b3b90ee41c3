package differential

import (
	"fmt"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"pgregory.net/rapid"
)

// An expiry is the end of a session of which nothing was heard for its timeout. It takes as long as it takes, seconds;
// scripts end most sessions by closeSession, from the same connection or another.
type expiry struct {
	Timeout int32
	Cut     bool // the client hangs up; else its connection stays open and silent
}

// expiries generates scripts in which a session expires, with ordinary steps before and after.
func (p *profile) expiries() *rapid.Generator[script] {
	steps := rapid.SliceOfN(p.steps(), 0, 12)
	return rapid.Custom(func(t *rapid.T) script {
		s := steps.Draw(t, "before")
		s = append(s, step{Slot: below(t, slots), Expire: &expiry{
			Timeout: pick(t, []int32{0, -1, 1, 1000, 1001}),
			Cut:     below(t, 2) == 1,
		}})
		return append(s, steps.Draw(t, "after")...)
	})
}

// mark is an ephemeral of the session that expires, and is gone when it has.
const mark = "/expires"

// expire makes the session of a slot, or a new one, expire, and waits until it has.
func (p *player) expire(i int, e *expiry) {
	s := &p.slots[i]
	p.dial(i, &dial{Server: s.server, Resume: true, Of: i, Timeout: e.Timeout})
	if s.peer == nil { // its last session has ended
		p.dial(i, &dial{Server: s.server, Timeout: e.Timeout})
	}
	if s.peer == nil {
		return
	}
	p.exchange(i, []request{{Op: wire.OpCreate, Record: &proto.CreateRequest{
		Path: "~" + mark, Acl: openACL, Flags: int32(wire.FlagEphemeral)}}})
	p.settle(0)
	control := p.stage.control[0]
	if _, err := control.call(wire.OpExists, &proto.ExistsRequest{Path: p.stage.root + mark, Watch: true}, nil); err != nil {
		p.note(entry{Slot: i, What: fmt.Sprintf("nothing to wait for: %v", err)})
		return
	}
	if e.Cut {
		s.hangUp()
	}
	zxid, err := awaitEvent(control)
	if err != nil {
		p.note(entry{Slot: i, What: fmt.Sprintf("the session does not expire: %v", err)})
		return
	}
	p.ended(s.session, p.view.zxid(zxid))
	if s.peer != nil {
		p.drain(i)
	}
}

// awaitEvent reads the next event.
func awaitEvent(p *peer) (zxid int64, err error) {
	frame, err := p.frame()
	if err != nil {
		return 0, err
	}
	h, _, err := wire.ReadReplyHeader(frame)
	if err == nil && h.Xid != wire.XidWatch {
		err = fmt.Errorf("a reply with xid %d", h.Xid)
	}
	return h.Zxid, err
}
