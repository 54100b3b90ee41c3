package linear

import (
	"fmt"
	"time"
)

// A Lock is the history of a mutual exclusion with fencing tokens: one holder at a time, and each holder's token is greater
// than those before.
type Lock struct{ History }

type (
	acquire   struct{ token int64 }
	release   struct{ token int64 }
	lockState struct{ holder, newest int64 } // holder 0: free
)

// Acquire says that a client got the lock, with this token, which is not 0.
func (h *Lock) Acquire(client int, call, ret time.Duration, token int64) {
	h.add(client, call, ret, acquire{token}, nil)
}

// Release says that the holder with this token gave the lock back.
func (h *Lock) Release(client int, call, ret time.Duration, token int64) {
	h.add(client, call, ret, release{token}, nil)
}

// MaybeRelease says that the holder with this token may have lost the lock at any moment after call: a release that was not
// answered, a session that was lost, a process that was killed.
func (h *Lock) MaybeRelease(client int, call time.Duration, token int64) {
	h.maybe(client, call, release{token})
}

// Check returns nil if the history is one of a lock; otherwise the error is an [*Error].
func (h *Lock) Check() error {
	return h.check(model{
		what: "lock", init: lockState{},
		step: func(state, input, output any) (bool, any) {
			s := state.(lockState)
			_, maybe := output.(unknown)
			switch in := input.(type) {
			case acquire:
				if s.holder != 0 || in.token <= s.newest {
					return false, s
				}
				return true, lockState{in.token, in.token}
			case release:
				if s.holder != in.token {
					return maybe, s
				}
				s.holder = 0
			}
			return true, s
		},
		describe: func(input, output any) string {
			switch in := input.(type) {
			case acquire:
				return fmt.Sprintf("acquire, token %#x", in.token)
			case release:
				return fmt.Sprintf("%srelease, token %#x", perhaps(output), in.token)
			}
			return "?"
		},
	})
}

func perhaps(output any) string {
	if _, maybe := output.(unknown); maybe {
		return "maybe "
	}
	return ""
}
