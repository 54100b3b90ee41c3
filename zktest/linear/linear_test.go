package linear_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/zktest/linear"
)

const s = time.Second

func TestHistories(t *testing.T) {
	for _, tt := range []struct {
		name  string
		check func() error
		want  string // part of the complaint; "" when there is none
	}{
		{"lock: one after the other", func() error {
			var h linear.Lock
			h.Acquire(0, 0, 1*s, 10)
			h.Acquire(1, 0, 4*s, 20)
			h.Release(0, 2*s, 3*s, 10)
			h.Release(1, 5*s, 6*s, 20)
			return h.Check()
		}, ""},
		{"lock: two holders", func() error {
			var h linear.Lock
			h.Acquire(0, 0, 1*s, 10)
			h.Acquire(1, 0, 2*s, 20)
			h.Release(0, 3*s, 4*s, 10)
			return h.Check()
		}, "client 1: acquire, token 0x14 (0s to 2s)"},
		{"lock: the first holder was killed", func() error {
			var h linear.Lock
			h.Acquire(0, 0, 1*s, 10)
			h.MaybeRelease(0, 2*s, 10)
			h.Acquire(1, 0, 3*s, 20)
			return h.Check()
		}, ""},
		{"lock: killed too late", func() error {
			var h linear.Lock
			h.Acquire(0, 0, 1*s, 10)
			h.Acquire(1, 0, 2*s, 20)
			h.MaybeRelease(0, 3*s, 10)
			return h.Check()
		}, "client 1: acquire"},
		{"lock: a token falls", func() error {
			var h linear.Lock
			h.Acquire(0, 0, 1*s, 10)
			h.Release(0, 2*s, 3*s, 10)
			h.Acquire(1, 4*s, 5*s, 10)
			return h.Check()
		}, "client 1: acquire, token 0xa (4s to 5s)"},
		{"counter: sums", func() error {
			h := linear.Counter{Start: 5}
			h.Add(0, 0, 2*s, 1, 7)
			h.Add(1, 0, 2*s, 1, 6)
			h.Get(0, 3*s, 4*s, 7)
			return h.Check()
		}, ""},
		{"counter: added twice", func() error {
			var h linear.Counter
			h.Add(0, 0, 1*s, 1, 1)
			h.Get(0, 3*s, 4*s, 2)
			return h.Check()
		}, "client 0: get = 2 (3s to 4s)"},
		{"counter: unknown and done", func() error {
			var h linear.Counter
			h.MaybeAdd(0, 0, 1)
			h.Get(1, 1*s, 2*s, 0)
			h.Get(1, 3*s, 4*s, 1)
			return h.Check()
		}, ""},
		{"counter: unknown and done twice", func() error {
			var h linear.Counter
			h.MaybeAdd(0, 0, 1)
			h.Get(1, 3*s, 4*s, 2)
			return h.Check()
		}, "get = 2"},
		{"counter: undone", func() error {
			var h linear.Counter
			h.MaybeAdd(0, 0, 1)
			h.Get(1, 1*s, 2*s, 1)
			h.Get(1, 3*s, 4*s, 0)
			return h.Check()
		}, "get = 0"},
		{"register: reads and swaps", func() error {
			h := linear.Register{Start: "a"}
			h.CompareAndSet(0, 0, 5*s, "a", "b", true)
			h.CompareAndSet(1, 0, 5*s, "a", "c", false)
			h.Read(2, 0, 1*s, "a")
			h.Write(2, 6*s, 7*s, "d")
			h.Read(2, 8*s, 9*s, "d")
			return h.Check()
		}, ""},
		{"register: both swaps", func() error {
			h := linear.Register{Start: "a"}
			h.CompareAndSet(0, 0, 5*s, "a", "b", true)
			h.CompareAndSet(1, 0, 5*s, "a", "c", true)
			return h.Check()
		}, `set "c" if "a": true`},
		{"register: old value", func() error {
			var h linear.Register
			h.Write(0, 0, 1*s, "a")
			h.Read(1, 2*s, 3*s, "")
			return h.Check()
		}, `client 1: read "" (2s to 3s)`},
		{"register: an unknown write is seen late", func() error {
			var h linear.Register
			h.MaybeWrite(0, 0, "a")
			h.MaybeCompareAndSet(0, 1*s, "x", "y")
			h.Write(1, 1*s, 2*s, "b")
			h.Read(1, 3*s, 4*s, "b")
			h.Read(1, 5*s, 6*s, "a")
			return h.Check()
		}, ""},
		{"queue: in order", func() error {
			var h linear.Queue
			h.TakeNone(0, 0, 1*s)
			h.Put(0, 2*s, 3*s, "a")
			h.Put(0, 3*s+1, 4*s, "1:")
			h.Take(1, 5*s, 6*s, "a")
			h.Take(1, 6*s+1, 7*s, "1:")
			h.TakeNone(1, 8*s, 9*s)
			return h.Check()
		}, ""},
		{"queue: out of order", func() error {
			var h linear.Queue
			h.Put(0, 2*s, 3*s, "a")
			h.Put(0, 3*s+1, 4*s, "b")
			h.Take(1, 5*s, 6*s, "b")
			return h.Check()
		}, `take "b"`},
		{"queue: taken twice", func() error {
			var h linear.Queue
			h.Put(0, 2*s, 3*s, "a")
			h.Take(1, 5*s, 6*s, "a")
			h.Take(2, 5*s, 6*s, "a")
			return h.Check()
		}, `take "a"`},
		{"queue: an item is lost", func() error {
			var h linear.Queue
			h.Put(0, 2*s, 3*s, "a")
			h.TakeNone(1, 4*s, 5*s)
			return h.Check()
		}, "take nothing"},
		{"queue: taken by who was killed, or put by nobody knows", func() error {
			var h linear.Queue
			h.Put(0, 2*s, 3*s, "a")
			h.MaybeTake(1, 4*s)
			h.MaybePut(1, 4*s, "b")
			h.Take(2, 5*s, 6*s, "b")
			h.TakeNone(2, 7*s, 8*s)
			return h.Check()
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.check()
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var e *linear.Error
			if !errors.As(err, &e) || errors.Is(err, linear.ErrUndecided) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(strings.Join(e.Stuck, ";"), tt.want) {
				t.Errorf("got %v\nwant a complaint about %s", err, tt.want)
			}
			var page bytes.Buffer
			if err := e.WriteHTML(&page); err != nil || !strings.Contains(page.String(), "<html") {
				t.Errorf("the page: %v, %d bytes", err, page.Len())
			}
		})
	}
}

// Nobody can decide this in few steps, and it is not called right. It must not take for ever in a bubble either,
// where time stands still.
func TestUndecidedIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h linear.Register
		h.Limit = 10_000
		for i := range 30 {
			h.Write(i, 0, 1*s, fmt.Sprint(i))
		}
		h.Read(0, 2*s, 3*s, "nobody's")
		err := h.Check()
		if !errors.Is(err, linear.ErrUndecided) {
			t.Fatalf("got %v", err)
		}
	})
}

// The complaint is the same each time, although porcupine hands its findings out in no order.
func TestSameComplaint(t *testing.T) {
	complain := func() string {
		var h linear.Register
		for i := range 6 {
			h.Write(i, 0, 10*s, fmt.Sprint(i))
		}
		h.Read(0, 11*s, 12*s, "x")
		return h.Check().Error()
	}
	first := complain()
	for range 20 {
		if again := complain(); again != first {
			t.Fatalf("got\n%s\nand\n%s", first, again)
		}
	}
}

// locks is a legal history of n grants among some clients.
func locks(n, clients int) *linear.Lock {
	r := rand.New(rand.NewPCG(1, 1))
	var h linear.Lock
	asked := make([]time.Duration, clients)
	now := time.Duration(0)
	for i := range n {
		c := r.IntN(clients)
		token := int64(i + 1)
		h.Acquire(c, asked[c], now+2, token)
		switch r.IntN(20) {
		case 0:
			h.MaybeRelease(c, now+3, token)
		default:
			h.Release(c, now+3, now+6, token)
		}
		now += 5
		asked[c] = now + 2
	}
	return &h
}

func TestLongHistory(t *testing.T) {
	if err := locks(5000, 20).Check(); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkLock(b *testing.B) {
	for _, clients := range []int{5, 20} {
		h := locks(5000, clients)
		b.Run(fmt.Sprint(clients, " clients"), func(b *testing.B) {
			for b.Loop() {
				if err := h.Check(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
