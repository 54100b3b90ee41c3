package zktest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest"
)

// A belief is what somebody takes for true until he is told otherwise.
type belief struct {
	token int64
	over  bool
}

func (b *belief) Token() int64 { return b.token }

func (b *belief) Err() error {
	if b.over {
		return errors.New("over")
	}
	return nil
}

// What is wrong with beliefs, and what is not.
func TestSimExclusive(t *testing.T) {
	for _, tt := range []struct {
		name string
		test func(s *zktest.Sim, x *zktest.Exclusive, p, q *zktest.Process)
		want string
	}{
		{"two at once", func(s *zktest.Sim, x *zktest.Exclusive, p, q *zktest.Process) {
			x.Hold(p, &belief{token: 1})
			x.Hold(q, &belief{token: 2})
		}, "p (token 0x1) and q (token 0x2) all believe that they hold it"},
		{"an old token", func(s *zktest.Sim, x *zktest.Exclusive, p, q *zktest.Process) {
			x.Hold(p, &belief{token: 2, over: true})
			x.Hold(q, &belief{token: 1})
		}, "q holds it with token 0x1, but 0x2 was granted before"},
		{"a belief that comes back", func(s *zktest.Sim, x *zktest.Exclusive, p, q *zktest.Process) {
			b := &belief{token: 1}
			x.Hold(p, b)
			s.At(2*time.Second, func() { b.over = true })
			s.At(3*time.Second, func() { x.Hold(q, &belief{token: 2, over: true}) })
			s.At(4*time.Second, func() { b.over = false })
		}, "p believes again that it holds it, with token 0x1, after it had lost it"},
		{"one after the other, by one who was killed, and again", func(s *zktest.Sim, x *zktest.Exclusive, p, q *zktest.Process) {
			b := &belief{token: 1}
			x.Hold(p, b)
			s.At(2*time.Second, func() { b.over = true })
			s.At(3*time.Second, func() { x.Hold(p, &belief{token: 2}) })
			s.At(4*time.Second, func() { p.Kill(); p.Restart() })
			s.At(5*time.Second, func() { b.over = false; x.Hold(q, &belief{token: 3}) })
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := listen(t, func(s *zktest.Sim) {
				p, q := s.Process("p", func(*zktest.Process) {}), s.Process("q", func(*zktest.Process) {})
				tt.test(s, s.Exclusive("the lock"), p, q)
				s.Run(10 * time.Second)
			}, zktest.NoShrink(), zktest.Seeds(1))
			if tt.want == "" && l.errors.Len() > 0 {
				t.Error(l.errors.String())
			}
			l.wants(tt.want)
		})
	}
}
