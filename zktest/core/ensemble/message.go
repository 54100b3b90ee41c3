package ensemble

import (
	"fmt"

	"github.com/gazoo-go/gazoo/zktest/core"
)

// Type is what a message is. The names are ZooKeeper's.
type Type uint8

// Messages. The arrows are between leader (L), learner (l) and any server that votes (v).
const (
	Notification      Type = iota + 1 // v -> v: a vote
	LearnerInfo                       // l -> L: opens a link; accepted epoch; whether it observes (FOLLOWERINFO, OBSERVERINFO)
	LeaderInfo                        // L -> l: the new epoch
	AckEpoch                          // l -> L: current epoch, last zxid
	Diff                              // L -> l: transactions that are missing
	Trunc                             // L -> l: what to drop first, and transactions that are missing
	Snap                              // L -> l: a snapshot
	NewLeader                         // L -> l: that was all; the newest view
	UpToDate                          // L -> l: serve; the view
	Proposal                          // L -> l
	Ack                               // l -> L: written, up to zxid
	Commit                            // L -> l: up to zxid
	Inform                            // L -> l: a committed transaction, for an observer
	Ping                              // both ways; the answer brings the sessions that were heard of
	RequestMsg                        // l -> L: a client's write or sync (REQUEST)
	Sync                              // L -> l: the answer to a sync
	Revalidate                        // both ways: is this session alive
	CommitAndActivate                 // L -> l: a change of the members; who leads from now on
	InformAndActivate                 // L -> l: the same for an observer
	Close                             // both ways: the link is closed, or was never known
)

var types = [...]string{
	"?", "NOTIFICATION", "LEARNERINFO", "LEADERINFO", "ACKEPOCH", "DIFF", "TRUNC", "SNAP", "NEWLEADER", "UPTODATE", "PROPOSAL", "ACK",
	"COMMIT", "INFORM", "PING", "REQUEST", "SYNC", "REVALIDATE", "COMMITANDACTIVATE",
	"INFORMANDACTIVATE", "CLOSE",
}

func (t Type) String() string {
	if int(t) < len(types) {
		return types[t]
	}
	return types[0]
}

// Message goes from one member to another. Which fields count depends on Type. What it points to is never written to.
type Message struct {
	Type Type
	// Link and Seq number the connection that a learner makes to the leader, and the messages on it in each direction. A
	// Notification is on none.
	Link uint64
	Seq  uint64

	Zxid    int64
	Epoch   int32 // -1 for none
	Timeout int32 // ms, Revalidate
	Session int64 // Revalidate, Sync
	Tag     uint64
	Alive   bool  // Revalidate, to the learner
	Observe bool  // LearnerInfo
	Leader  int64 // UpToDate, CommitAndActivate, InformAndActivate

	View *View // NewLeader, UpToDate

	Vote    *Vote
	Request *core.Request
	Txn     *core.Txn
	History *History // Diff, Trunc, Snap
	Touched []Touch
}

// History is what brings a learner up to date.
type History struct {
	Snapshot *core.State // Snap
	Txns     []*core.Txn // committed ones, behind what the learner has or the snapshot shows
}

// Touch is a session that a learner has heard from since the last ping, with its timeout in milliseconds.
type Touch struct {
	Session int64
	Timeout int32
}

// Envelope is a message on its way out.
type Envelope struct {
	To      int64 // Peer.ID
	Message Message
}

// Size is about as many bytes as ZooKeeper would send.
func (m *Message) Size() int {
	size := 40 + 12*len(m.Touched)
	if h := m.History; h != nil {
		for _, t := range h.Txns {
			size += txnSize(t)
		}
	}
	if m.Txn != nil {
		size += txnSize(m.Txn)
	}
	if m.Request != nil {
		size += 64
	}
	return size
}

func txnSize(t *core.Txn) int {
	size := 48
	for i := range t.Changes {
		ch := &t.Changes[i]
		size += 32 + len(ch.Path) + len(ch.Data)
	}
	return size
}

// String is for traces.
func (m *Message) String() string {
	switch m.Type {
	case Notification:
		return fmt.Sprintf("%v leader=%d zxid=0x%x epoch=%d round=%d %v", m.Type, m.Vote.Leader, m.Vote.Zxid, m.Vote.Epoch, m.Vote.Round, m.Vote.Role)
	case LearnerInfo, LeaderInfo:
		return fmt.Sprintf("%v epoch=%d", m.Type, m.Epoch)
	case AckEpoch:
		return fmt.Sprintf("%v epoch=%d zxid=0x%x", m.Type, m.Epoch, m.Zxid)
	case Diff, Trunc, Snap:
		return fmt.Sprintf("%v zxid=0x%x txns=%d", m.Type, m.Zxid, len(m.History.Txns))
	case Proposal, Inform, InformAndActivate:
		return fmt.Sprintf("%v 0x%x %v session=0x%x", m.Type, m.Txn.Zxid, m.Txn.Op, uint64(m.Txn.Session))
	case NewLeader, Ack, Commit, CommitAndActivate:
		return fmt.Sprintf("%v 0x%x", m.Type, m.Zxid)
	case RequestMsg:
		return fmt.Sprintf("%v %v session=0x%x", m.Type, m.Request.Op, uint64(m.Request.Session))
	case Sync, Revalidate:
		return fmt.Sprintf("%v session=0x%x", m.Type, uint64(m.Session))
	case Ping:
		return fmt.Sprintf("%v touched=%d", m.Type, len(m.Touched))
	case UpToDate, Close:
	}
	return m.Type.String()
}
