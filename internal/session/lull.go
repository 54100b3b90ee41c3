package session

import "time"

// A server that is busy answers one request at a time, and each answer would wake somebody, to read it and to write one
// request. Where answers take long and many are awaited, they may as well come together: as late as that makes one is a small
// part of what it has taken anyway.
const (
	lullShare    = 8                    // a lull is as long as this part of what the newest reply has taken,
	lullLeast    = time.Millisecond     // if that is not less, since shorter sleeps a system does not know,
	lullMost     = 4 * time.Millisecond // and at most this
	lullAwaiting = 16                   // requests that have no reply, at least
	lullSlower   = 2                    // times as slow as without, replies may be so because of the lulls
	lullLooks    = 16                   // replies' times, there are lulls for before it is looked again how slow they are without,
	lullTurn     = time.Second          // and at most for this
)

// A lulls is what the machine knows of replies without lulls. If a sender cannot go on while nobody reads, lulls make replies
// slow, and slow replies make lulls: they would never end.
//
//	(quick) ──replies are slow──▶ looking, without lulls ──as long as one takes──▶ (lulls)
//	                                       ▲                                          │
//	                                       └──replies are lullSlower times as slow────┤
//	                                       └──lullLooks or lullTurn are over──────────┘
//
// From everywhere back to quick, when replies are.
type lulls struct {
	look  time.Duration // there are none before; 0: replies are quick
	usual time.Duration // what a reply took then; 0: not known yet
	again time.Duration // when to look again, if usual is known
}

// lull returns for how long nothing need be read.
func (m *Machine) lull(now time.Duration) time.Duration {
	l, took := &m.lulls, m.stats.LastLatency
	lull := took / lullShare
	if lull < lullLeast {
		*l = lulls{}
		return 0
	}
	if m.sent.n < lullAwaiting || now < l.look {
		return 0
	}
	switch {
	case l.look == 0, l.usual != 0 && (now >= l.again || took > lullSlower*l.usual):
		*l = lulls{look: now + took}
		return 0
	case l.usual == 0:
		l.usual, l.again = took, now+min(lullLooks*took, lullTurn)
	}
	return min(lull, lullMost)
}
