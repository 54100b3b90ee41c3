// Package handler decides where callbacks run, what time it is, what is random and how bytes travel.
// It is the one seam between a client and the world, and the one package that may use goroutines,
// clocks and sockets.
//
// Three handlers: a [Pool] runs lanes in parallel and is the default; a [Loop] runs everything on one
// goroutine; a [Deterministic] runs everything in an order and at times that follow from a seed, for
// simulations. A user's own embeds one of them, or [System], and overrides what it changes. Package
// handlertest has the tests that every handler must pass.
//
// # What runs where
//
//  1. Tasks run on lanes: callbacks, listeners, the bodies of coroutines. A [Lane] runs one task at a
//     time, in the order in which they were dispatched, and never inside the Dispatch.
//  2. The methods of a [Sink], what OnCancel and Handler.AfterFunc run, and what a future's Notify runs,
//     run inline, wherever the thing happens. They are the client's own code and never a user's.
//  3. A Lane's AfterFunc and OnStop run on the lane.
//  4. Spawn runs on its own: a goroutine, or a process of a Deterministic.
//
// # What may block
//
//  1. No method of a handler, lane or connection blocks, except Park, which is Wait.
//  2. What runs inline must not block: connections, timers and the whole of a Deterministic wait for it.
//  3. A task of a Pool may block. It delays its lane and nothing else. A task of a Loop or a
//     Deterministic must not: it delays everything. No task may leave its goroutine locked to its
//     thread (runtime.LockOSThread): a coroutine that is resumed there ends the process.
//  4. A Wait that can never end fails at once with a [*future.DeadlockError]. On a Pool that is a Wait in
//     a task for a result that a task of the same lane has to produce; an operation's result comes from
//     elsewhere. On a Loop and a Deterministic it is any Wait in a task or in a coroutine's body, unless
//     the result is there. Waiting in a function given to Spawn is always possible.
//  5. No lock is held across anything that waits, so that everything also runs inside a bubble of
//     testing/synctest.
//
// # What is ordered
//
//  1. Inside a lane everything. Between lanes of a Pool nothing. A Loop runs the tasks of all its lanes in
//     the order of their dispatch, and a Deterministic those of lanes whose names agree up to the first
//     slash: all that belongs to one client.
//  2. A [Pool.CompletionLane] starts its tasks in order and, with a [Concurrency] of more than one, runs
//     several at a time.
//  3. Of one connection Opened comes first and Closed last; see [Sink].
//  4. Timers of a Deterministic fire in the order of their times, and by the seed at the same time. Those
//     of the others are timers of the Go runtime, which promises no more than that none is early.
//
// # Stopping
//
// Stop refuses new tasks. What is queued still runs, then what OnStop was given, which is how suspended
// coroutines are unwound. Connections are closed and timers dropped. A Wait fails with
// [future.ErrStopped] once nothing is left that could bring its result. Stopped is closed when the last
// task, coroutine, connection and function given to Spawn has ended.
//
// A task that calls runtime.Goexit, as t.FailNow does, ends its goroutine but not its lane. A task that
// panics ends the process, as a panic in any goroutine does, unless the handler has a hook
// ([WithPanicHook]); a hook gets the panic and its stack, and the lane goes on.
package handler
