// Package future has results that are there or will come, three ways to use them, and the lanes on
// which everything runs.
//
// Why futures in a language with goroutines? Goroutines that call a synchronous API lose the order
// in which they were meant to call it. ZooKeeper promises that the requests of one session are
// carried out in the order in which they were sent, and a program can only use that promise if a call
// is ordered when it returns, before its result is there:
//
//	a := cl.Create(ctx, "/job", nil)        // first
//	b := cl.Set(ctx, "/job", data, 0)       // second, on the same round trip
//	err := future.Join(a, b).WaitErr()
//
// A future is used by waiting, by callback, or in a coroutine; all three may be mixed on one future:
//
//	node, err := f.Wait()                                  // or WaitContext, Done, Chan, Poll
//	f.OnComplete(func(n zk.Node, err error) { … })         // or Then, Compose, Recover
//	node, err := future.Await(co, f)                       // in a body given to Async
//
// # Rules
//
//  1. A future completes once. Completing it again returns false.
//  2. Completion is visible at once to Wait, Done, Chan and Poll, on whatever goroutine it happens.
//     Callbacks run on the future's lane (an [Executor]), never inline, in the order in which they were
//     linked, each exactly once, also when linked after completion. A coroutine goes on on its own lane;
//     where that is the future's, it comes behind the callbacks that were linked before completion.
//  3. Inside a lane the order is strict. Between lanes the handler decides; see package handler.
//  4. Waiting blocks only the goroutine that waits. A wait that could never end fails with a
//     [*DeadlockError] at once. A callback that blocks delays its lane and nothing else.
//  5. A panic in a function given to Then, Compose, Recover or Async fails the future with a
//     [*PanicError]. A panic in an OnComplete callback goes to the handler's panic hook.
//  6. No goroutine is started for a future, and no channel made unless it is asked for.
//  7. When a handler stops, queued tasks still run; a future that needed a later task fails with
//     [ErrStopped].
package future
