package session

import "time"

// What may be believed, and for how long. A follower answers pings by itself, and the leader, who
// expires sessions, learns of them only from time to time; so an answer proves less than it seems to.
// Times are those of sending, never of receiving: the server cannot have heard of us later than that
// by less than the way there.

// answers remembers when the two newest requests that were answered had been sent.
type answers struct{ last, lastButOne time.Duration }

// reset starts a connection: the handshake sent at that time was answered by the leader.
func (a *answers) reset(sent time.Duration) { *a = answers{sent, sent} }

// add notes an answer. Answers to pings overtake others, so the times need not ascend.
func (a *answers) add(sent time.Duration) {
	switch {
	case sent > a.last:
		a.last, a.lastButOne = sent, a.last
	case sent > a.lastButOne && sent < a.last:
		a.lastButOne = sent
	}
}

// A proof knows up to when the leader has certainly heard of us. The server that is connected notes
// when it hears of us, whatever we send, and passes that on with every heartbeat between servers, at
// most half a tick apart. A sync or write that is sent a quarter of the timeout after some other
// request, when that is answered, and is answered too, shows that the server was still in touch with
// the leader when such a heartbeat had passed: that other request is confirmed. Pings and reads, which
// the server answers by itself, can be confirmed but confirm nothing.
type proof struct {
	confirmed time.Duration // send time of the newest confirmed request
	leader    time.Duration // send time of the newest answered sync or write
	pending   []answer      // not confirmed, ascending
}

// unproved is when a session was confirmed that never was.
const unproved = -never / 2

// An answer is to what was sent at one time, and came at another.
type answer struct{ sent, heard time.Duration }

// forget starts a session that nothing is known of.
func (p *proof) forget() { p.confirmed, p.leader, p.pending = unproved, unproved, p.pending[:0] }

// reset starts a connection: the handshake sent at that time was answered by the leader.
func (p *proof) reset(sent time.Duration) {
	p.confirmed, p.leader, p.pending = max(p.confirmed, sent), max(p.leader, sent), p.pending[:0]
}

// maxPending answers, each 1/64 of a timeout apart, are exact enough, and older ones prove nothing any more.
const maxPending = 64

// add notes an answer; leader says that the leader took part in it.
func (p *proof) add(a answer, timeout time.Duration, leader bool) {
	n := 0
	if leader {
		p.leader = max(p.leader, a.sent)
		for n < len(p.pending) && p.pending[n].sent <= a.sent-timeout/4 && p.pending[n].heard <= a.sent {
			p.confirmed = max(p.confirmed, p.pending[n].sent)
			n++
		}
	}
	if k := len(p.pending); k == 0 || a.sent-p.pending[k-1].sent >= timeout/maxPending { // else that one stands for it
		p.pending = append(p.pending, a)
	}
	if n = max(n, len(p.pending)-maxPending); n > 0 {
		p.pending = append(p.pending[:0], p.pending[n:]...)
	}
}

// never is a deadline that does not come.
const never = time.Duration(1<<63 - 1)
