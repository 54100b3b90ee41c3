// Package ensemble is one server of a ZooKeeper ensemble as a function: bytes, messages and time in; bytes, messages and
// deadlines out. It keeps the rules of package core, whose parts it puts together: a [core.Front] for clients, a
// [core.State], and while it leads a [core.Leader].
//
//	clients <--bytes--> Front <--> Member <--messages--> the other members
//	                                 |
//	                               Disk    what is left after a crash
//
// # What a driver does
//
//	m := ensemble.NewMember(cfg, &disk, peers, now)  // as a process starts; disk is empty the first time
//	c := m.Open(now, remote)                         // clients: as core describes
//	m.Deliver(now, from, msg)                        // what another member had in its Outbox
//	m.Tick(now)                                      // at the latest at NextDeadline
//	for _, e := range m.Outbox(nil) { ... }          // after every call: send e.Message to e.To
//	for _, c := range m.Woken(nil) { ... }           // after every call
//
// Messages between two members arrive in order or not at all. A member notices by itself when one is missing or comes from
// a connection of before: the driver need not tell connections apart, and may lose, hold back and cut what it likes. It
// calls Disconnected where a broken connection would be noticed, which only makes things faster. A crash is a member that
// is thrown away; its Disk lives on.
//
// now is of a clock that is never set: ZooKeeper goes by elapsed time, too. Of a server that was stopped, what has arrived
// meanwhile is delivered before the Tick that is overdue.
//
// # What it does
//
// Elections are ZooKeeper's fast leader election, the protocol between leader and learners is Zab 1.0 as ZooKeeper has it:
// discovery (the epoch), synchronization (DIFF, TRUNC, SNAP, then NEWLEADER and UPTODATE), broadcast (PROPOSAL, ACK,
// COMMIT). One message of this package may stand for a run of ZooKeeper's: acknowledgements and commits cover everything
// up to a zxid, a DIFF brings its proposals along. Members join and leave by reconfiguration, see [View].
package ensemble
