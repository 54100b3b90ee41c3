package session

import "time"

// Stats counts what a machine has done since it was made. Bytes are those of whole frames, without TLS.
type Stats struct {
	Requests, Replies       uint64 // written and answered, the machine's own syncs included, pings not
	Events                  uint64 // of watches, as the server sent them
	BytesOut, BytesIn       uint64
	Dials, Connects         uint64 // attempts to connect, and sessions or continuations of one that came of them
	LastLatency, MaxLatency time.Duration
	TotalLatency            time.Duration // of all Replies

	Queued, QueuedBytes int // not written yet
	Unanswered          int // written
	Watches             int // one-shot
	Subscriptions       int
}

// replied notes how long a reply took.
func (s *Stats) replied(d time.Duration) {
	s.Replies++
	s.LastLatency, s.MaxLatency = d, max(s.MaxLatency, d)
	s.TotalLatency += d
}

// Stats returns the counts, and how much there is of what comes and goes.
func (m *Machine) Stats() Stats {
	s := m.stats
	s.Queued, s.QueuedBytes = m.queue.reqs.n-m.queue.skips, m.queue.bytes()
	s.Unanswered = m.sent.n
	s.Watches, s.Subscriptions = m.watches.n, m.posts.subs
	return s
}

// Stats is [Machine.Stats].
func (d *Driver) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.m.Stats()
}
