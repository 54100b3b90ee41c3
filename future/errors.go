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

// A DeadlockError says that a wait was refused because it could never end: the waiter runs on the
// very lane, or on the very loop, that would have to produce the result.
type DeadlockError struct {
	Lane string // the lane that was waited for
}

func (e *DeadlockError) Error() string {
	return fmt.Sprintf("future: waiting on lane %q for a result that only this lane can produce; use Then, Compose or Await", e.Lane)
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
