package handlertest

import (
	"runtime"
	"strings"
)

var panicCases = []testCase{
	{"GoexitInTask", func(s *suite) {
		l := s.h.Lane("a")
		var got []int
		first, last := s.event(), s.event()
		for i := range 10 {
			l.Dispatch(task(func() {
				got = append(got, i)
				if i == 3 || i == 4 {
					done(first)
					runtime.Goexit()
				}
				if i == 9 {
					done(last)
				}
			}))
		}
		for range 2 { // whoever runs the lane may be gone, but not the lane
			elsewhere(func() { wait(last) })
		}
		s.wait(last)
		if len(got) != 10 {
			s.Fatalf("%d of 10 tasks ran", len(got))
		}
		s.inOrder(got)
	}},
	{"GoexitInSpawn", func(s *suite) {
		e := s.event()
		s.h.Spawn(func() {
			defer done(e)
			runtime.Goexit()
		})
		elsewhere(func() { wait(e) })
		s.wait(e)
	}},
	{"Hook", func(s *suite) {
		if s.f.NewWithHook == nil {
			s.Skip("no hook")
		}
		type caught struct {
			v     any
			stack string
		}
		var hooked []caught
		s.stop()
		s.h = s.f.NewWithHook(s.T, func(v any, stack []byte) { hooked = append(hooked, caught{v, string(stack)}) })
		l := s.h.Lane("a")
		ran := 0
		for i := range 10 {
			l.Dispatch(task(func() {
				if i%3 == 0 {
					explode(i)
				}
				ran++
			}))
		}
		s.flush(l)
		if ran != 6 || len(hooked) != 4 {
			s.Fatalf("%d tasks ran to their end and %d panics were caught, not 6 and 4", ran, len(hooked))
		}
		for i, c := range hooked {
			if c.v != 3*i || !strings.Contains(c.stack, "handlertest.explode") {
				s.Errorf("panic %d was caught as %v with the stack\n%s", i, c.v, c.stack)
			}
		}
	}},
	{"HookInSpawn", func(s *suite) {
		if s.f.NewWithHook == nil {
			s.Skip("no hook")
		}
		s.stop()
		var e *event
		s.h = s.f.NewWithHook(s.T, func(v any, stack []byte) {
			if v != 5 || !strings.Contains(string(stack), "handlertest.explode") {
				s.Errorf("the panic was caught as %v with the stack\n%s", v, stack)
			}
			done(e)
		})
		e = s.event()
		s.h.Spawn(func() { explode(5) })
		s.wait(e)
	}},
}

//go:noinline
func explode(v any) { panic(v) }
