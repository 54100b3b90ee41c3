package handlertest

import (
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

var laneCases = []testCase{
	{"Name", func(s *suite) {
		if name := s.h.Lane("client/events").Name(); name != "client/events" {
			s.Errorf("the lane's name is %q", name)
		}
		if s.h.Name() == "" {
			s.Error("the handler has no name")
		}
	}},
	{"Order", func(s *suite) {
		l := s.h.Lane("a")
		var got []int
		add := func(i int) future.Task { return task(func() { got = append(got, i) }) }
		batch := make([]future.Task, 0, 10)
		for i := 0; i < 1000; {
			if i%3 == 0 {
				l.Dispatch(add(i))
				i++
				continue
			}
			batch = batch[:0]
			for range 7 {
				batch = append(batch, add(i))
				i++
			}
			if !l.DispatchAll(batch) {
				s.Fatal("DispatchAll refused the tasks")
			}
			clear(batch) // the slice is the caller's again
		}
		s.flush(l)
		s.inOrder(got)
	}},
	{"NeverInline", func(s *suite) {
		l := s.h.Lane("a")
		look := func(e *event) future.Task {
			return task(func() {
				if strings.Contains(string(debug.Stack()), "handlertest.dispatching") {
					e.Complete(1, nil)
				}
				done(e)
			})
		}
		e, again := s.event(), s.event()
		dispatching(l, look(e))
		if s.wait(e) == 1 {
			s.Error("Dispatch ran the task inline")
		}
		l.Dispatch(task(func() { dispatching(l, look(again)) }))
		if s.wait(again) == 1 {
			s.Error("Dispatch in a task ran the task inline")
		}
	}},
	{"Nothing", func(s *suite) {
		if !s.h.Lane("a").DispatchAll(nil) {
			s.Error("DispatchAll refused to do nothing")
		}
	}},
	{"FromTask", func(s *suite) { // behind what is queued already
		l := s.h.Lane("a")
		var got []int
		e := s.event()
		l.DispatchAll([]future.Task{
			task(func() {
				got = append(got, 0)
				for i := range 10 {
					l.Dispatch(task(func() { got = append(got, 3+i) }))
				}
				l.Dispatch(task(func() { done(e) }))
			}),
			task(func() { got = append(got, 1) }),
			task(func() { got = append(got, 2) }),
		})
		s.wait(e)
		if len(got) != 13 {
			s.Errorf("%d of 13 tasks ran", len(got))
		}
		s.inOrder(got)
	}},
	{"OneOrder", func(s *suite) {
		if !s.f.OneOrder {
			s.Skip("lanes are independent")
		}
		lanes := []handler.Lane{s.h.Lane("c/a"), s.h.Lane("c/b"), s.h.Lane("c")}
		var got []int
		for i := range 300 {
			lanes[i*i%3].Dispatch(task(func() { got = append(got, i) }))
		}
		s.flush(lanes...)
		s.inOrder(got)
	}},
	{"Concurrent", func(s *suite) {
		const producers, each = 8, 500
		lanes := []handler.Lane{s.h.Lane("a"), s.h.Lane("b"), s.h.Lane("b/c")}
		var got [3][producers][]int // each lane's, and so without a lock
		var wg sync.WaitGroup
		for p := range producers {
			wg.Go(func() {
				for i := range each {
					for l, lane := range lanes {
						t := task(func() { got[l][p] = append(got[l][p], i) })
						if i%2 == 0 {
							lane.Dispatch(t)
						} else {
							lane.DispatchAll([]future.Task{t})
						}
					}
					if i%50 == p {
						runtime.Gosched()
					}
				}
			})
		}
		wg.Wait()
		s.flush(lanes...)
		for l := range lanes {
			for p := range producers {
				if len(got[l][p]) != each {
					s.Errorf("lane %d ran %d tasks of producer %d, not %d", l, len(got[l][p]), p, each)
				}
				s.inOrder(got[l][p])
			}
		}
	}},
	{"ManyRounds", func(s *suite) { // a lane that runs dry again and again loses nothing
		l := s.h.Lane("a")
		n := 0
		for i := range 500 {
			e := s.event()
			l.Dispatch(task(func() { n++; done(e) }))
			s.wait(e)
			if n != i+1 {
				s.Fatalf("%d tasks ran, not %d", n, i+1)
			}
		}
	}},
	{"Completions", func(s *suite) {
		l := handler.Completions(s.h, "completions")
		const n = 500
		seen := make([]int, n)
		var wg sync.WaitGroup
		wg.Add(n)
		for i := range n {
			l.Dispatch(task(func() { seen[i]++; wg.Done() }))
		}
		e := s.event()
		go func() { wg.Wait(); done(e) }()
		if !s.f.OneWaiter {
			s.wait(e)
		} else {
			s.flush(l)
			wg.Wait()
		}
		for i, times := range seen {
			if times != 1 {
				s.Errorf("task %d ran %d times", i, times)
			}
		}
	}},
}

//go:noinline
func dispatching(l handler.Lane, t future.Task) {
	if !l.Dispatch(t) {
		panic("refused")
	}
}

// inOrder checks that got counts up from zero.
func (s *suite) inOrder(got []int) {
	s.Helper()
	for i, v := range got {
		if v != i {
			s.Fatalf("number %d ran in place of number %d", v, i)
		}
	}
}
