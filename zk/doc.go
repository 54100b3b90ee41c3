// Package zk is an asynchronous ZooKeeper client: every operation returns a typed future at once.
//
//	cl, err := zk.Connect(ctx, "127.0.0.1:2181")
//	created, err := cl.Create(ctx, "/greeting", []byte("hello")).Wait()
//	node, err := cl.Get(ctx, "/greeting").Wait()
//
// Package future says what can be done with a future: wait, callbacks, coroutines. Package handler
// says where callbacks run.
//
// # Rules
//
//   - An operation is ordered when the call returns. ZooKeeper carries out the requests of a session in
//     that order, so a read sees the writes called before it, without waiting for them. Exceptions say
//     so: what needs several requests (MakeParents, Protected, EnsurePath, DeleteAll), and what a view
//     that retries ([Client.WithRetry]) sends once more.
//   - ctx governs the request only, never what it returned. When it ends before the request was sent,
//     nothing was done; afterwards the future fails at once, and [MaybeApplied] says what is unknown.
//     The connection does not notice.
//   - While there is no connection, operations wait for one, as long as their ctx and the session last.
//     Those already sent fail with [ErrConnectionLoss]: whether they were applied is unknown.
//   - When the session ends, everything waiting fails with [ErrSessionExpired], a new session is
//     started by itself, and ephemeral nodes and watches are gone. [Client.Pinned] keeps an operation
//     from slipping into the new session.
//   - A watch event's callback is queued before the callback of any reply that shows the change. With
//     handlers Loop and Deterministic it also runs before; a Pool runs watch callbacks and completions
//     in parallel.
//   - User code runs on lanes, never on the connection. A slow callback delays those behind it, no
//     heartbeat and no read.
//   - Every future ends: at the latest when the client is closed.
//   - Errors are typed: [*OpError] names operation and path and wraps a [Code] or another error, for
//     errors.Is and errors.As. What is wrong with the arguments is found before anything is sent.
//   - Data given to an operation may be changed as soon as the call has returned. Data and credentials
//     are never logged.
//   - Two mistakes panic: a nil context, and adding to a [Txn] that was committed.
//
// # Servers
//
// Servers from 3.3 to 3.9 are supported. An operation that the connected server does not know fails with
// [ErrUnimplemented], unless an older one does the same. What is newer than 3.4 is tried out, once per server,
// when nothing else is on its way: a server that does not know it closes the connection, which is then made
// anew, and only the operation itself notices. Servers before 3.4, which drop what they do not know without an
// answer, are known by their handshake, and not asked; they have no transactions.
package zk
