package linear

import (
	"fmt"
	"time"
)

// A Counter is the history of a number that is added to.
type Counter struct {
	History
	Start int64 // its value in the beginning
}

type addition struct {
	delta int64
	read  bool // only
}

// Add says that delta was added, and the value was then result.
func (h *Counter) Add(client int, call, ret time.Duration, delta, result int64) {
	h.add(client, call, ret, addition{delta: delta}, result)
}

// MaybeAdd says that delta may have been added.
func (h *Counter) MaybeAdd(client int, call time.Duration, delta int64) {
	h.maybe(client, call, addition{delta: delta})
}

// Get says that the value was read.
func (h *Counter) Get(client int, call, ret time.Duration, value int64) {
	h.add(client, call, ret, addition{read: true}, value)
}

// Check returns nil if the history is one of a counter; otherwise the error is an [*Error].
func (h *Counter) Check() error {
	return h.check(model{
		what: "counter", init: h.Start,
		step: func(state, input, output any) (bool, any) {
			sum := state.(int64) + input.(addition).delta
			result, answered := output.(int64)
			return !answered || result == sum, sum
		},
		describe: func(input, output any) string {
			if in := input.(addition); !in.read {
				if result, answered := output.(int64); answered {
					return fmt.Sprintf("add %d = %d", in.delta, result)
				}
				return fmt.Sprintf("maybe add %d", in.delta)
			}
			return fmt.Sprintf("get = %v", output)
		},
	})
}
