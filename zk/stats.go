package zk

import "time"

// Stats is what a client and all its views have done, and what they have to do.
type Stats struct {
	// Counts since the client was made.
	Requests      uint64 // written; without pings, with what the client asks for itself
	Replies       uint64 // to those
	Events        uint64 // of watches, as the server sent them
	BytesSent     uint64 // of all messages, without TLS
	BytesReceived uint64
	Dials         uint64 // attempts to connect
	Connects      uint64 // those that led to Connected or ConnectedReadOnly; all but the first are reconnects

	// What there is at the moment.
	InFlight    int // operations submitted whose callbacks have not all run; see [WithMaxInFlight]
	Queued      int // requests that wait to be written
	QueuedBytes int // theirs; see [WithMaxQueuedBytes]
	Unanswered  int // requests that were written and have no reply
	Watches     int // one-shot watches that are registered
	// Subscriptions that are open; see [Client.Subscribe].
	Subscriptions int

	// How long replies took, from the writing of the request on.
	LastLatency  time.Duration
	MaxLatency   time.Duration
	TotalLatency time.Duration // of all Replies: divide to get the mean
}

// Stats returns the client's counters. They cost nothing to keep; to ask for them costs one short lock, no
// matter how much there is to do.
func (c *Client) Stats() Stats {
	s := c.driver.Stats()
	return Stats{
		Requests: s.Requests, Replies: s.Replies, Events: s.Events,
		BytesSent: s.BytesOut, BytesReceived: s.BytesIn, Dials: s.Dials, Connects: s.Connects,
		InFlight: c.InFlight(), Queued: s.Queued, QueuedBytes: s.QueuedBytes, Unanswered: s.Unanswered, Watches: s.Watches, Subscriptions: s.Subscriptions,
		LastLatency: s.LastLatency, MaxLatency: s.MaxLatency, TotalLatency: s.TotalLatency,
	}
}
