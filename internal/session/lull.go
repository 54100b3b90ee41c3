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
	lullSlower   = 2                    // times as slow as they were, replies may be so because of the lulls
)

// A lulls is what the machine remembers of lulls.
//
//	            replies have become lullSlower times as slow
//	(usual) ────────────────────────────────────────────────▶ none until ──as long as one takes──▶ (none)
//
// If a sender cannot go on while nobody reads, lulls make replies slow, and slow replies make lulls: they would never end.
type lulls struct {
	usual time.Duration // the least that a reply has taken since lulls began; 0: there are none
	until time.Duration // there are none before
}

// lull returns for how long nothing need be read.
func (m *Machine) lull(now time.Duration) time.Duration {
	l, took := &m.lulls, m.stats.LastLatency
	lull := took / lullShare
	switch {
	case lull < lullLeast:
		l.usual = 0
		return 0
	case m.sent.n < lullAwaiting || now < l.until:
		return 0
	case l.usual == 0:
		l.usual = took
	case took > lullSlower*l.usual:
		*l = lulls{until: now + took}
		return 0
	}
	l.usual = min(l.usual, took)
	return min(lull, lullMost)
}
