package handler

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/gazoo-go/gazoo/future"
)

// A PoolOption configures a [Pool].
type PoolOption interface{ pool(*Pool) }

// A LoopOption configures a [Loop].
type LoopOption interface{ loop(*Loop) }

// A DeterministicOption configures a [Deterministic].
type DeterministicOption interface{ deterministic(*Deterministic) }

// A PanicHook is told of a panic in a task or in a function given to Spawn: what was passed to panic,
// and the stack at that moment. It runs in place of the task's rest; the lane's other tasks follow.
type PanicHook func(v any, stack []byte)

// WithPanicHook makes panics the hook's business. It is an option of every handler. Without a hook
// nothing is recovered: the panic ends the process with its original stack, as Go users expect, or,
// on a Loop and a Deterministic, travels up to whoever runs them.
func WithPanicHook(hook func(v any, stack []byte)) PanicHook { return hook }

func (h PanicHook) pool(p *Pool) { p.hook = h }
func (h PanicHook) loop(l *Loop) { l.hook = h }

// caught is to be deferred around tasks when there is a hook.
func (h PanicHook) caught() {
	if v := recover(); v != nil {
		h(v, debug.Stack())
	}
}

// guard runs t under the hook, if there is one.
func (h PanicHook) guard(t future.Task) {
	if h != nil {
		defer h.caught()
	}
	t.Run()
}

// panicking tells a deferred function that was not reached by returning whether a panic is on its way
// up or runtime.Goexit. Asking recover would stop the panic and lose where it came from.
func panicking() bool {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.Goexit":
			return false
		case strings.HasPrefix(f.Function, "runtime.gopanic"):
			return true
		case !more:
			return false
		}
	}
}
