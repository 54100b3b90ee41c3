// Package core is a ZooKeeper server as a function: bytes and time in, bytes out.
//
// # Rules
//
//   - Nothing in here starts a goroutine, reads a clock, opens a socket, takes a lock or waits. Time is an argument,
//     deadlines are answers ([Server.NextDeadline]), connections that need attention are listed ([Server.Woken]).
//   - Everything is decided by the [Config], its Seed and the order of the calls: the same calls give the same bytes.
//     Orders that ZooKeeper leaves open (children, ephemerals, identities) are shuffled from seeded streams, one for each
//     connection, so that nobody comes to rely on one.
//   - A client can cost its connection, never the process. Frames are bounded; a client that does not read its replies
//     is no longer read from, and is cut when the events that wait for it are too many. The tree itself is bounded only
//     by what clients send, as in ZooKeeper.
//   - A deviation from ZooKeeper is a bug or is named in a comment. The reference is ZooKeeper 3.9; [Config.Version] goes
//     back to the behaviour of older ones.
//
// A value of this package belongs to one caller at a time: callers on several goroutines hold one mutex around every
// call, on the server and on all of its connections alike.
//
// # Parts
//
//	         bytes                    Request                      Txn
//	client ------> Conn, Front ----------------> Leader ----------------> State ----> triggers
//	        <-----  (reads, watches,  Upstream    (checks, zxids)          (tree,        |
//	         bytes   order of replies)                                      sessions)    |
//	                    ^------------------------ Front.Commit ------------- + <---------+
//
// A [Leader] turns a request into a [Txn], checking it against what is committed and what it has itself proposed since. A
// [State] applies transactions; all states that applied the same ones are equal. A [Front] owns the connections of one
// server: it answers reads from its State and hands the rest to an [Upstream].
//
// A [Server] is the three glued together, with the Upstream inside: a standalone ZooKeeper, where a transaction is
// committed before the call that brought its request returns. An ensemble is several Fronts and States, one Leader, and a
// network in between that somebody else writes.
//
// # Using a Server
//
//	s := core.New(core.Config{}, now)
//	c := s.Open(now, remote)
//	used := c.Received(now, input)   // show the rest again, longer
//	for _, c := range s.Woken() {    // after every call
//		out = c.Pull(out)            // write it; when all is written and c.Closing(), close
//	}                                // and offer c the input that it left
//	c.Closed(now)                    // whichever side closed
package core
