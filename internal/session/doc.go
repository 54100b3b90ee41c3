// Package session keeps one ZooKeeper session alive and carries requests over it.
//
// It has two halves. [Machine] is pure: no clock, goroutine, socket or lock. Events are method calls
// with the time as an argument, what must be done is appended to a list of effects, and NextDeadline
// asks for the next Tick. [Driver] runs a Machine over a handler.Handler: one mutex, short critical
// sections, everything slow outside it.
//
// # Rules
//
//   - A request is ordered when Submit returns: its xid and its bytes are assigned under the lock.
//   - A request is written or not. One that was never written stays queued across connections, until
//     its context or the session ends. A written one whose reply did not come fails with
//     CodeConnectionLoss, Written.
//   - Every request completes exactly once. The reply of a request whose context has ended keeps its
//     place in the order and is thrown away.
//   - Effects run in the order in which they came about, by one goroutine at a time. They dispatch to
//     lanes and never run user code, so no state change overtakes another, and no user can delay a
//     heartbeat.
//   - Deadlines are checked before input is looked at: after a pause, what was received late must not
//     revive what has ended.
//   - The server is not trusted. Whatever it sends costs the connection at most.
package session
