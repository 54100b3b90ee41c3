package ensemble

import (
	"sort"
	"time"

	"github.com/gazoo-go/gazoo/zktest/core"
)

// Disk is what survives a crash of a member. The zero Disk is empty. It belongs to one member at a time.
type Disk struct {
	acceptedEpoch int32 // the last epoch promised to somebody who might lead it
	currentEpoch  int32 // the last epoch whose leader it was in sync with
	snapshot      *core.State
	log           []*core.Txn // what was written; it may begin before the snapshot
	starts        uint64      // members made from it
	view, first   *View       // who belongs to the ensemble: last committed, and what no transaction has said
}

// Begin lets the history of a disk that is empty begin behind an epoch.
func (d *Disk) Begin(epoch int32) { d.acceptedEpoch, d.currentEpoch = epoch, epoch }

// Epochs are "acceptedEpoch" and "currentEpoch".
func (d *Disk) Epochs() (accepted, current int32) { return d.acceptedEpoch, d.currentEpoch }

// Zxid is the last one in the log.
func (d *Disk) Zxid() int64 {
	if n := len(d.log); n > 0 {
		return d.log[n-1].Zxid
	}
	if d.snapshot != nil {
		return d.snapshot.Zxid()
	}
	return 0
}

// Log is the transactions on disk, all of them or those since some time. It is not to be written to.
func (d *Disk) Log() []*core.Txn { return d.log }

// replay is the state that the disk shows, all of its log taken for committed.
func (d *Disk) replay(v core.Version) *core.State {
	state := core.NewState(v)
	if d.snapshot != nil {
		state = d.snapshot.Clone()
	}
	state.SetConfig(d.first.Text(), d.first.Version)
	for _, t := range d.log[after(d.log, state.Zxid()):] {
		state.Apply(t)
	}
	return state
}

// after is the index of the first transaction behind zxid.
func after(log []*core.Txn, zxid int64) int {
	return sort.Search(len(log), func(i int) bool { return log[i].Zxid > zxid })
}

// journal is the log of a running member:
//
//	 on disk                  being written    waiting    <- log
//	|------------------------|----------------|--------|
//	                    disk.log          writing
//
// One write at a time; what comes meanwhile waits for the next.
type journal struct {
	log     []*core.Txn
	writing int // how much of log the write will have covered, -1 without one
	until   time.Time
	force   bool // write once more even if nothing waits
}

// last is the zxid that this member would report in an election.
func (m *Member) last() int64 {
	zxid := m.state.Zxid()
	if n := len(m.journal.log); n > 0 {
		zxid = max(zxid, m.journal.log[n-1].Zxid)
	}
	return zxid
}

// append takes a transaction into the log.
func (m *Member) append(now time.Time, t *core.Txn) {
	m.journal.log = append(m.journal.log, t)
	m.write(now)
}

// write begins to write what waits, unless a write is under way, which goes on by itself.
func (m *Member) write(now time.Time) {
	j := &m.journal
	for j.writing < 0 && (j.force || len(m.disk.log) < len(j.log)) {
		j.force, j.writing = false, len(j.log)
		var d time.Duration
		if m.cfg.SyncDelay != nil {
			d = m.cfg.SyncDelay()
		}
		if d > 0 {
			j.until = now.Add(d)
			return
		}
		m.wrote(now)
	}
}

// wrote is the end of a write.
func (m *Member) wrote(now time.Time) {
	j := &m.journal
	m.disk.log = j.log[:j.writing:j.writing]
	j.writing = -1
	switch m.role {
	case Leading:
		m.leaderWrote(now)
	case Following, Observing:
		m.learnerWrote(now)
	case Looking, ReadOnly:
	}
}

// flush writes everything at once, as a server does that shuts down in good order, and takes all of it for committed.
func (m *Member) flush() {
	j := &m.journal
	j.writing, j.force = -1, false
	m.disk.log = j.log[:len(j.log):len(j.log)]
	for _, t := range j.log[after(j.log, m.state.Zxid()):] {
		m.state.Apply(t)
	}
}

// truncate drops what is behind zxid, which the leader does not know.
func (m *Member) truncate(zxid int64) {
	j := &m.journal
	n := after(j.log, zxid)
	j.log = j.log[:n:n]
	j.writing = -1
	m.disk.log = j.log
	if m.state.Zxid() > zxid {
		m.setState(m.disk.replay(m.cfg.Version))
	}
	m.setNext(m.pending())
}

// install takes the leader's snapshot in place of everything.
func (m *Member) install(snapshot *core.State) {
	m.journal = journal{writing: -1}
	m.disk.snapshot, m.disk.log = snapshot, nil
	m.setState(snapshot.Clone())
	m.setNext(nil)
}

// compact cuts the log behind a snapshot when it is long enough. What a learner may need stays. Only while the member
// serves is all that it has applied committed, and will never be truncated.
func (m *Member) compact() {
	j, keep := &m.journal, m.cfg.CommitLogCount
	if len(j.log) < m.cfg.SnapCount+keep || !m.Serving() || m.ReadOnly() {
		return
	}
	if j.writing >= 0 || len(m.disk.log) < len(j.log) || m.state.Zxid() < m.last() {
		return
	}
	m.disk.snapshot = m.state.Clone()
	j.log = append([]*core.Txn(nil), j.log[len(j.log)-keep:]...)
	m.disk.log = j.log[:len(j.log):len(j.log)]
}

func (m *Member) setState(s *core.State) {
	m.state = s
	m.SetState(s)
}
