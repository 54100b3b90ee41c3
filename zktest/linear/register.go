package linear

import (
	"fmt"
	"time"
)

// A Register is the history of a value that is read and written.
type Register struct {
	History
	Start string // its value in the beginning
}

type (
	read  struct{}
	write struct{ value string }
	swap  struct{ old, value string }
)

// Read says that the value was read.
func (h *Register) Read(client int, call, ret time.Duration, value string) {
	h.add(client, call, ret, read{}, value)
}

// Write says that the value was written.
func (h *Register) Write(client int, call, ret time.Duration, value string) {
	h.add(client, call, ret, write{value}, nil)
}

// MaybeWrite says that the value may have been written.
func (h *Register) MaybeWrite(client int, call time.Duration, value string) {
	h.maybe(client, call, write{value})
}

// CompareAndSet says that value was to be written if the value was old, and whether that was so.
func (h *Register) CompareAndSet(client int, call, ret time.Duration, old, value string, done bool) {
	h.add(client, call, ret, swap{old, value}, done)
}

// MaybeCompareAndSet is CompareAndSet without an answer.
func (h *Register) MaybeCompareAndSet(client int, call time.Duration, old, value string) {
	h.maybe(client, call, swap{old, value})
}

// Check returns nil if the history is one of a register; otherwise the error is an [*Error].
func (h *Register) Check() error {
	return h.check(model{
		what: "register", init: h.Start,
		step: func(state, input, output any) (bool, any) {
			s := state.(string)
			switch in := input.(type) {
			case read:
				return output == s, s
			case write:
				return true, in.value
			case swap:
				done, answered := output.(bool)
				if answered && done != (s == in.old) {
					return false, s
				}
				if s == in.old {
					return true, in.value
				}
			}
			return true, s
		},
		describe: func(input, output any) string {
			switch in := input.(type) {
			case read:
				return fmt.Sprintf("read %q", output)
			case write:
				return fmt.Sprintf("%swrite %q", perhaps(output), in.value)
			case swap:
				if done, answered := output.(bool); answered {
					return fmt.Sprintf("set %q if %q: %v", in.value, in.old, done)
				}
				return fmt.Sprintf("maybe set %q if %q", in.value, in.old)
			}
			return "?"
		},
	})
}
