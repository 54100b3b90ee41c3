package future

import (
	"errors"
	"fmt"
)

// ErrStopped says that the handler was stopped, so the result can never come.
var ErrStopped = errors.New("future: handler stopped")

// ErrGoexit is the result of a function given to [Then], [Compose], [Recover] or [Async] that called
// runtime.Goexit, as t.FailNow does.
var ErrGoexit = errors.New("future: the function called runtime.Goexit")

var errNilFuture = errors.New("future: the function returned a nil future")

// A DeadlockReason is why a wait can never end.
type DeadlockReason uint8

const (
	// WaitInCallback: the waiter runs on the very lane, or on the very loop, that would have to produce
	// the result. Use Then, Compose or Await instead.
	WaitInCallback DeadlockReason = iota
	// NothingLeft: a deterministic world has nothing left that could happen.
	NothingLeft
	// HorizonPassed: as much virtual time has passed as a wait in a deterministic world may take.
	HorizonPassed
	// UnknownGoroutine: while one goroutine drives a deterministic world, others that it does not know may not wait.
	UnknownGoroutine
)

// A DeadlockError says that a wait was refused or given up because it could never end.
type DeadlockError struct {
	Lane   string // the lane that was waited for; "" if it was no lane
	Node   string // of a deterministic world, whose lane it is; "" elsewhere
	Reason DeadlockReason
	Detail string // what else is known: who waits for what. "" if nothing is
}

func (e *DeadlockError) Error() string {
	lane := fmt.Sprintf("lane %q", e.Lane)
	if e.Node != "" {
		lane = fmt.Sprintf("lane %q of node %q", e.Lane, e.Node)
	}
	if e.Lane == "" {
		lane = "a condition"
	}
	var text string
	switch e.Reason {
	case NothingLeft:
		text = fmt.Sprintf("future: waiting on %s for what can never come: nothing is left that could happen", lane)
	case HorizonPassed:
		text = fmt.Sprintf("future: waiting on %s for what has not come within the horizon", lane)
	case UnknownGoroutine:
		text = fmt.Sprintf("future: waiting on %s in a goroutine that the world does not know, while another one drives it; use Spawn", lane)
	default:
		text = fmt.Sprintf("future: waiting on %s for a result that only this lane can produce; use Then, Compose or Await", lane)
	}
	if e.Detail != "" {
		text += "\n" + e.Detail
	}
	return text
}

// A PanicError is the result of a function given to [Then], [Compose], [Recover] or [Async] that panicked.
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // the stack of the panic, as debug.Stack prints it
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("future: panic: %v\n\n%s", e.Value, e.Stack)
}

// Unwrap returns the panic's value when it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
