package zk

import (
	"errors"
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// A RetryPolicy says how often and when something that failed is tried again: by the views that
// [Client.WithRetry] returns, and by [Retry]. The zero RetryPolicy tries eight times within about
// thirteen seconds. A context that ends, ends the waiting at once.
//
// It is for failures that pass: ErrConnectionLoss, ErrThrottled, ErrOverloaded, a session that moved to
// another server, and ErrSessionExpired with IgnoreExpire. Nothing else is ever tried again.
type RetryPolicy struct {
	// MaxTries is how often it is tried in all, the first time included. 0: 8. [TryForever]: no limit.
	MaxTries int
	// Delay is waited before the second try. 0: 100 ms.
	Delay time.Duration
	// Backoff is what the delay is multiplied with for each further try, 1 or more. 0: 2.
	Backoff float64
	// Jitter is by which part of itself, at most, a delay is made longer or shorter at random, up to 1.
	// 0: 0.4. [NoJitter]: none.
	Jitter float64
	// MaxDelay bounds the delay, before jitter. 0: one minute, or Delay if that is longer.
	MaxDelay time.Duration
	// Deadline is how long after the beginning of the first try the last one may begin. A try that is
	// under way goes on: that is what contexts are for. 0: no limit.
	Deadline time.Duration
	// IgnoreExpire goes on in the next session when one has ended: with reads, and with functions given
	// to [Retry], which must not believe in anything then that the last session had. No other write is
	// ever carried from one session into another.
	IgnoreExpire bool
}

const (
	// TryForever is the MaxTries without limit.
	TryForever = -1
	// NoJitter is the Jitter that changes no delay.
	NoJitter = -1
)

// Why something was not tried again; see [RetryError].
var (
	// ErrTooManyTries: MaxTries of the RetryPolicy.
	ErrTooManyTries = errors.New("no tries are left")
	// ErrRetryDeadline: Deadline of the RetryPolicy.
	ErrRetryDeadline = errors.New("the deadline for another try has passed")
)

// ErrForceRetry is what a function given to [Retry] returns, as it is or wrapped, to be run again.
var ErrForceRetry = errors.New("to be tried again")

// A RetryError says that something failed, that another try might have helped, and why there was none.
// errors.Is and errors.As find what is in Err and in Reason.
type RetryError struct {
	Tries  int   // that were made
	Err    error // of the last one
	Reason error // ErrTooManyTries, ErrRetryDeadline, a context's error, ErrSessionExpired, ErrClosed
}

func (e *RetryError) Error() string {
	times := "tries"
	if e.Tries == 1 {
		times = "try"
	}
	return fmt.Sprintf("%v (given up after %d %s: %v)", e.Err, e.Tries, times, e.Reason)
}

// Unwrap returns Err and Reason.
func (e *RetryError) Unwrap() []error { return []error{e.Err, e.Reason} }

// filled returns the policy with its defaults.
func (p RetryPolicy) filled() (RetryPolicy, error) {
	bad := func(format string, args ...any) (RetryPolicy, error) {
		return p, fmt.Errorf("%w: retry policy: "+format, append([]any{ErrBadArguments}, args...)...)
	}
	switch {
	case p.MaxTries < TryForever:
		return bad("MaxTries is %d: it must be positive, 0 or TryForever", p.MaxTries)
	case p.Delay < 0:
		return bad("Delay is %v: it must not be negative", p.Delay)
	case p.Backoff != 0 && !(p.Backoff >= 1):
		return bad("Backoff is %v: it must be 1 or more, or 0", p.Backoff)
	case p.Jitter != NoJitter && !(p.Jitter >= 0 && p.Jitter <= 1):
		return bad("Jitter is %v: it must be from 0 to 1, or NoJitter", p.Jitter)
	case p.MaxDelay < 0:
		return bad("MaxDelay is %v: it must not be negative", p.MaxDelay)
	case p.MaxDelay != 0 && p.MaxDelay < p.Delay:
		return bad("MaxDelay is %v: it must not be shorter than Delay, %v", p.MaxDelay, p.Delay)
	case p.Deadline < 0:
		return bad("Deadline is %v: it must not be negative", p.Deadline)
	}
	if p.MaxTries == 0 {
		p.MaxTries = 8
	}
	if p.Delay == 0 {
		p.Delay = 100 * time.Millisecond
		if p.MaxDelay != 0 {
			p.Delay = min(p.Delay, p.MaxDelay)
		}
	}
	if p.Backoff == 0 {
		p.Backoff = 2
	}
	switch p.Jitter {
	case 0:
		p.Jitter = 0.4
	case NoJitter:
		p.Jitter = 0
	}
	if p.MaxDelay == 0 {
		p.MaxDelay = max(time.Minute, p.Delay)
	}
	return p, nil
}

// passing reports whether err is a failure that another try might not meet.
func (p *RetryPolicy) passing(err error) bool {
	switch {
	case errors.Is(err, ErrConnectionLoss), errors.Is(err, ErrThrottled), errors.Is(err, ErrOverloaded), errors.Is(err, wire.CodeSessionMoved):
		return true
	case errors.Is(err, ErrSessionExpired):
		return p.IgnoreExpire
	}
	return false
}
