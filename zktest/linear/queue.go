package linear

import (
	"fmt"
	"strings"
	"time"
)

// A Queue is the history of a queue, first in, first out. Every item that was put is taken once at most.
type Queue struct{ History }

type (
	put  struct{ item string }
	take struct{}
	none struct{}
)

// Put says that an item was put at the end.
func (h *Queue) Put(client int, call, ret time.Duration, item string) {
	h.add(client, call, ret, put{item}, nil)
}

// MaybePut says that an item may have been put at the end.
func (h *Queue) MaybePut(client int, call time.Duration, item string) {
	h.maybe(client, call, put{item})
}

// Take says that the first item was taken.
func (h *Queue) Take(client int, call, ret time.Duration, item string) {
	h.add(client, call, ret, take{}, item)
}

// TakeNone says that there was nothing to take.
func (h *Queue) TakeNone(client int, call, ret time.Duration) {
	h.add(client, call, ret, take{}, none{})
}

// MaybeTake says that the first item may have been taken, whatever it was.
func (h *Queue) MaybeTake(client int, call time.Duration) { h.maybe(client, call, take{}) }

// Check returns nil if the history is one of a queue; otherwise the error is an [*Error].
func (h *Queue) Check() error {
	return h.check(model{
		what: "queue", init: "",
		step: func(state, input, output any) (bool, any) {
			s := state.(string) // every item with its length before it
			if in, ok := input.(put); ok {
				return true, s + fmt.Sprintf("%d:", len(in.item)) + in.item
			}
			if s == "" {
				_, taken := output.(string)
				return !taken, s
			}
			first, rest := firstOf(s)
			switch out := output.(type) {
			case string:
				return out == first, rest
			case none:
				return false, s
			}
			return true, rest
		},
		describe: func(input, output any) string {
			if in, ok := input.(put); ok {
				return fmt.Sprintf("%sput %q", perhaps(output), in.item)
			}
			switch out := output.(type) {
			case string:
				return fmt.Sprintf("take %q", out)
			case none:
				return "take nothing"
			}
			return "maybe take"
		},
	})
}

func firstOf(s string) (item, rest string) {
	length, rest, _ := strings.Cut(s, ":")
	n := 0
	for _, digit := range length {
		n = 10*n + int(digit-'0')
	}
	return rest[:n], rest[n:]
}
