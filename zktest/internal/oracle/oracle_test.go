package oracle_test

import (
	"errors"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/internal/oracle"
	"pgregory.net/rapid"
)

func TestRegister(t *testing.T) {
	type step struct {
		write bool
		token int64
		want  string // the refusal; "" when it is accepted
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"one holder after the other", []step{{true, 1, ""}, {true, 1, ""}, {true, 5, ""}}},
		{"a holder that was suspended", []step{
			{true, 1, ""}, {true, 5, ""},
			{true, 1, "write with the old token 0x1: a write with 0x5 came before it"},
			{true, 5, ""},
		}},
		{"readers hold together, in any order", []step{{false, 12, ""}, {false, 10, ""}, {false, 12, ""}}},
		{"a writer that lost to a reader", []step{
			{false, 12, ""},
			{true, 10, "write with the old token 0xa: a read with 0xc came before it"},
			{true, 12, ""},
		}},
		{"a reader that lost to a writer", []step{
			{false, 10, ""}, {true, 11, ""},
			{false, 10, "read with the old token 0xa: a write with 0xb came before it"},
			{false, 12, ""}, {false, 11, ""},
		}},
		{"what is refused leaves no mark", []step{
			{true, 20, ""}, {true, 3, "write with the old token 0x3: a write with 0x14 came before it"},
			{false, 4, "read with the old token 0x4: a write with 0x14 came before it"}, {true, 20, ""}, {false, 20, ""},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r oracle.Register
			writes, reads := 0, 0
			for i, s := range tt.steps {
				err := request(&r, s.write, s.token)
				got := ""
				if err != nil {
					got = err.Error()
				} else if s.write {
					writes++
				} else {
					reads++
				}
				if got != s.want {
					t.Fatalf("step %d: got %q, want %q", i, got, s.want)
				}
			}
			if w, n := r.Accepted(); w != writes || n != reads {
				t.Errorf("accepted %d writes and %d reads, want %d and %d", w, n, writes, reads)
			}
		})
	}
}

// The two marks against the definition: a request is stale if what excludes it, with a greater token, was accepted before.
func TestRegisterIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r oracle.Register
		type accepted struct {
			write bool
			token int64
		}
		var before []accepted
		for range rapid.IntRange(1, 30).Draw(t, "requests") {
			write := rapid.Bool().Draw(t, "write")
			token := rapid.Int64Range(1, 10).Draw(t, "token")
			stale := false
			for _, b := range before {
				stale = stale || (write || b.write) && b.token > token
			}
			err := request(&r, write, token)
			var refused *oracle.StaleError
			if errors.As(err, &refused) != stale || (err != nil) != stale {
				t.Fatalf("write %v, token %d after %v: %v, but stale is %v", write, token, before, err, stale)
			}
			if !stale {
				before = append(before, accepted{write, token})
			} else if refused.Token != token || refused.Write != write || refused.Mark <= token {
				t.Fatalf("write %v, token %d was refused with %+v", write, token, refused)
			}
		}
	})
}

func request(r *oracle.Register, write bool, token int64) error {
	if write {
		return r.Write(token)
	}
	return r.Read(token)
}
