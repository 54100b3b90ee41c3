package zktest

import (
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
	"github.com/gazoo-go/gazoo/zktest/internal/record"
)

// traceMessage shows a message between servers in the picture, if there is to be one. Its result is called when the
// message arrives.
func (s *Sim) traceMessage(from, to string, m *ensemble.Message) (arrived func()) {
	if s.trace == nil {
		return nothing
	}
	p := record.Peer{Type: m.Type.String(), Detail: m.String(), Zxid: m.Zxid}
	switch m.Type {
	case ensemble.RequestMsg:
		p.Zxid = 0
		p.About = writeOf(m.Request.Op, m.Request.Session, m.Request.Server, m.Request.Tag)
		if r, ok := m.Request.Record.(interface{ GetPath() string }); ok {
			p.About.Path = r.GetPath()
		}
	case ensemble.Proposal, ensemble.Inform:
		p.Zxid = m.Txn.Zxid
		p.About = writeOf(m.Txn.Op, m.Txn.Session, m.Txn.Server, m.Txn.Tag)
		p.About.Path = pathOf(m.Txn)
	case ensemble.Ack, ensemble.Commit:
		p.Vote = true
	default:
		p.Zxid = 0
	}
	return s.trace.Message(from, to, p)
}

func writeOf(op wire.Op, session, server int64, tag uint64) record.Request {
	return record.Request{Op: op, Session: session, Origin: [2]uint64{uint64(server), tag}}
}

// pathOf is what a transaction changes, or the first of it.
func pathOf(t *core.Txn) string {
	if len(t.Changes) == 0 {
		return ""
	}
	ch := &t.Changes[0]
	if len(ch.Paths) > 0 { // ephemerals of a session that ends
		return ch.Paths[0]
	}
	return ch.Path
}
