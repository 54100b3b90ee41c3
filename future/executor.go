package future

import "context"

// A Task is a piece of work that a lane runs once, in its turn.
// A future is its own Task: running it runs the callbacks linked to it.
type Task interface{ Run() }

// Func makes a function a [Task].
type Func func()

// Run calls f.
func (f Func) Run() { f() }

// A Waitable is what a lane's Park waits for; every future is one.
type Waitable interface {
	// Ready reports whether waiting is over.
	Ready() bool
	// Notify runs t once, inline, on the goroutine that completes the future, or at once
	// when it is complete already. So t must not block and must not run user code.
	// drop takes the request back and reports whether it was in time: t will not run.
	Notify(t Task) (drop func() bool)
}

// An Executor is a lane: a serial queue of tasks. Package handler has three kinds.
//
// All methods may be called from any goroutine, also from a task of the same lane.
type Executor interface {
	// Dispatch queues t behind everything queued before. It never runs t inline and never blocks.
	// It returns false once the lane has stopped: t will never run.
	Dispatch(t Task) bool
	// DispatchAll queues the tasks in order, as one Dispatch for each would, under one lock.
	// The slice is the caller's again when it returns.
	DispatchAll(ts []Task) bool
	// Park blocks the caller until w is ready. It returns nil, ctx's error, [ErrStopped] when the
	// handler stopped and w can never become ready, or a [*DeadlockError] when the caller is what w waits for.
	Park(ctx context.Context, w Waitable) error
	// OnCancel runs t once when ctx ends, inline, on the goroutine that notices: t must not block and
	// must not run user code. stop takes it back and reports whether it was in time. A ctx that
	// cannot end costs nothing.
	OnCancel(ctx context.Context, t Task) (stop func() bool)
	// OnStop runs t once on the lane when its handler stops, behind everything queued before, or
	// queues it at once when the handler is stopping. It is how suspended coroutines are unwound.
	// drop takes it back and reports whether it was in time; a handler is not stopped before every
	// t has run or has been dropped.
	OnStop(t Task) (drop func() bool)
}

// A Roster is an [Executor] that keeps account of the goroutines which run its tasks, so that a Wait in
// one of them can be recognised. The body of a coroutine has a goroutine of its own, which enters when
// the body begins or goes on, and leaves when it is suspended or ends. Goroutines are numbered by package
// internal/gid.
type Roster interface {
	Enter(goroutine uintptr)
	Leave(goroutine uintptr)
}

// A Blocker is an [Executor] on which anybody may simply block until a [Source] has done what it has promised: Park would do
// nothing else.
type Blocker interface {
	// Blocking returns what they block with, always the same. It does not block itself.
	Blocking() *Parking
}

// A Source produces the result of a promise and learns how the result is consumed, so that a context
// that bounds the work is watched by whoever needs it and by nobody else. See [Promise.Init].
//
// A Source promises to complete its promise in the end, also when the handler stops.
// Its methods must not block and must not run user code.
type Source interface {
	// Context bounds the work. A Wait selects on it, which costs nothing more than waiting.
	Context() context.Context
	// Arm is called when a consumer other than a Wait appears: from then on the Source itself must
	// notice the end of Context. It may be called more than once, and as late as after Settled.
	Arm()
	// Cancel is called when a Wait has seen Context end: the promise must complete without further delay.
	Cancel()
	// Settled is called once, when the promise is complete and every callback that was linked
	// before completion has run.
	Settled()
}
