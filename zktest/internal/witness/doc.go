// Package witness checks that what clients of ZooKeeper were told can all be true.
//
// A general checker of linearizability has to search for an order in which the operations may have happened, which takes
// for ever when many clients write to one node. ZooKeeper is kinder: nearly every reply bears witness to its place in the
// order, the zxid. So the checker replays a history in that order, in one pass, and asks at each operation whether its
// answer is the one that the node had then.
//
// # What is checked
//
//   - Real time: a write that began after another was answered has a greater zxid.
//   - Versions: a created node has version 0, each set adds one, and what was conditional on a version found it.
//   - Refusals: a write that was refused with NoNode, NodeExists or BadVersion met a moment in which that was so.
//   - Reads: each is what a node, or the list of its children, was at one zxid. Reads may be old, but no older
//     than anything that the same client has seen before.
//   - Transactions: all of it at one zxid, or nothing.
//   - Watches: a client is told of a change before it sees the change, or anything later.
//
// # What is not known
//
// The outcome of an operation whose connection was lost is Unknown. It counts as done only if somebody has seen what it
// did; each can explain one change at most, and a change that nothing explains is a violation. The reply to a delete or to
// a read does not tell its zxid, so these have a range of them: from what the client had seen before the call to what it
// had seen when the answer came. An ephemeral node may go away by itself, but not before its session's last write.
//
// # Rules
//
//   - All writes to the paths in a history are in the history, except by sessions that end. The nodes "/" and what is below
//     "/zookeeper" are not looked at.
//   - Operations of a client stand in the history in the order in which they were called.
//   - Check is pure, and its verdict is sound: it reports no history that ZooKeeper may produce. Where a range of zxids
//     leaves room it may miss a violation.
package witness
