// Package recipes has coordination recipes, in Kazoo's layouts:
//
//   - one at a time, or a few: [Lock], [NewReadLock] and [NewWriteLock], [Semaphore], [Election], [Lease]
//   - together: [Barrier], [DoubleBarrier], [Party], [SetPartitioner]
//   - shared data: [Counter], [Queue], [LockingQueue]
//   - what a node or a tree is, and what becomes of it: [DataWatch], [ChildrenWatch], [PatientChildrenWatch], [TreeCache]
//
// # Rules
//
//   - A recipe's work is a coroutine on a lane of its own, over futures: no goroutine, no lock, no
//     blocking call. User callbacks run on another lane, so they delay nothing that matters.
//   - What is held is not what it is taken from: Acquire returns a [Held], and only a Held can be
//     released. It is bound to one session.
//   - Nothing hangs: every future ends when its ctx does. Nothing is left behind: an attempt that was
//     cancelled, failed or lost removes its node, in the background if need be, as long as the session
//     lives, also when the answer to the create was lost. After that the server removes it.
//   - Trouble that passes ends nothing: lost connections, throttled requests, too many of them in the client, a server that
//     has lost its quorum. What was begun goes on when it is over, deletions too; ctx bounds the waiting.
//   - A Held can be lost at any time. [Held.Err], [Held.Lost] and [Held.Context] tell as soon as it can
//     be known, by the clock if the servers are silent; but between asking and acting there is always a
//     moment. What must never go wrong needs [Held.Token], checked by the resource, or [Held.Txn].
//   - A recipe that is made with a view of one session, [zk.Client.Pinned], has no other: when that has ended, what
//     waits and what is begun fails with ErrSessionExpired at once.
//   - Paths given to a recipe belong to it. Nodes whose names do not look like the recipe's are ignored.
package recipes
