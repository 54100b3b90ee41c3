package handlertest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

var timerCases = []testCase{
	{"AfterFunc", func(s *suite) {
		const d = 5 * time.Millisecond
		e := s.event()
		var n atomic.Int32
		begun := s.h.Now()
		tm := s.h.AfterFunc(d, task(func() { n.Add(1); done(e) }))
		s.wait(e)
		if passed := s.h.Now().Sub(begun); passed < d {
			s.Errorf("fired after %v, not %v", passed, d)
		}
		if tm.Stop() {
			s.Error("stopped what had run")
		}
		if n.Load() != 1 {
			s.Errorf("the task ran %d times", n.Load())
		}
	}},
	{"OnLane", func(s *suite) {
		l := s.h.Lane("a")
		e := s.event()
		const timers = 20
		n := 0 // the lane's
		for i := range timers {
			l.AfterFunc(time.Duration(i%3)*time.Millisecond, task(func() {
				if n++; n == timers {
					done(e)
				}
			}))
			l.Dispatch(task(func() { n += 0 }))
		}
		s.wait(e)
	}},
	{"Order", func(s *suite) {
		l := s.h.Lane("a")
		for tries := 1; ; tries++ {
			e := s.event()
			var got []int
			begin, late := l.Now(), false
			ran := func(i int) future.Task {
				return task(func() {
					late = late || len(got) == 0 && l.Now().Sub(begin) > 50*time.Millisecond
					if got = append(got, i); len(got) == 2 {
						done(e)
					}
				})
			}
			l.AfterFunc(60*time.Millisecond, ran(1))
			l.AfterFunc(time.Millisecond, ran(0))
			s.wait(e)
			if !late || tries == 10 { // else both may have been due: the machine was busy with something else
				s.inOrder(got)
				return
			}
		}
	}},
	{"NeverInline", func(s *suite) {
		l := s.h.Lane("a")
		for _, d := range []time.Duration{0, -time.Second} {
			e := s.event()
			l.Dispatch(task(func() {
				inside := true
				l.AfterFunc(d, task(func() {
					if inside {
						s.Error("the timer's task ran inline")
					}
					done(e)
				}))
				inside = false
			}))
			s.wait(e)
		}
	}},
	{"Stop", func(s *suite) {
		l := s.h.Lane("a")
		fail := task(func() { s.Error("a stopped timer fired") })
		for _, tm := range []handler.Timer{
			s.h.AfterFunc(time.Millisecond, fail), l.AfterFunc(time.Millisecond, fail),
			s.h.AfterFunc(time.Hour, fail), l.AfterFunc(time.Hour, fail),
		} {
			tm.Stop()
			if tm.Stop() {
				s.Error("stopped twice")
			}
		}
		e := s.event()
		l.AfterFunc(10*time.Millisecond, task(func() { done(e) }))
		s.wait(e)
	}},
	{"StopWhenQueued", func(s *suite) { // the time is up, but the lane has not come to it
		l := s.h.Lane("a")
		for range 20 {
			e := s.event()
			var stopped, ran bool
			l.Dispatch(task(func() {
				tm := l.AfterFunc(0, task(func() { ran = true }))
				l.Dispatch(task(func() {
					stopped = tm.Stop()
					l.AfterFunc(time.Millisecond, task(func() { done(e) }))
				}))
			}))
			s.wait(e)
			if stopped == ran {
				s.Fatalf("stopped: %v, ran: %v", stopped, ran)
			}
		}
	}},
	{"Clocks", func(s *suite) {
		l := s.h.Lane("a")
		a, b, c := s.h.Now(), l.Now(), s.h.Now()
		if b.Before(a) || c.Before(b) {
			s.Errorf("time goes back: %v, %v, %v", a, b, c)
		}
		if s.h.Wall().IsZero() {
			s.Error("the wall clock shows nothing")
		}
		if w := s.h.Wall(); w != w.Round(0) {
			s.Error("the wall clock has a monotonic reading")
		}
	}},
	{"WithTimeout", func(s *suite) {
		ctx, cancel := s.h.WithTimeout(context.Background(), 5*time.Millisecond)
		defer cancel()
		type key struct{}
		child, cancelChild := context.WithCancel(context.WithValue(ctx, key{}, 1))
		defer cancelChild()
		begun := s.h.Now()
		if end, ok := child.Deadline(); !ok || end.Before(begun.Add(-time.Second)) || end.After(begun.Add(time.Second)) {
			s.Errorf("the deadline is %v, it is %v", end, begun)
		}
		if ctx.Err() != nil || child.Err() != nil {
			s.Fatalf("ended too early: %v, %v", ctx.Err(), child.Err())
		}
		e := s.event()
		s.h.Lane("a").OnCancel(child, task(func() { done(e) }))
		s.wait(e)
		for _, c := range []context.Context{ctx, child} {
			if !errors.Is(c.Err(), context.DeadlineExceeded) {
				s.Errorf("ended with %v", c.Err())
			}
			select {
			case <-c.Done():
			default:
				s.Error("Done is not closed")
			}
		}
	}},
	{"WithTimeoutCancelled", func(s *suite) {
		parent, cancelParent := context.WithCancel(context.Background())
		a, cancelA := s.h.WithTimeout(parent, time.Hour)
		b, cancelB := s.h.WithTimeout(parent, time.Hour)
		defer cancelB()
		cancelA()
		if a.Err() != context.Canceled || b.Err() != nil || parent.Err() != nil {
			s.Errorf("after a cancel: %v, %v, %v", a.Err(), b.Err(), parent.Err())
		}
		child, cancelChild := context.WithCancel(b)
		defer cancelChild()
		e := s.event()
		s.h.Lane("a").OnCancel(child, task(func() { done(e) }))
		cancelParent()
		if b.Err() != context.Canceled {
			s.Errorf("after the parent's end: %v", b.Err())
		}
		s.wait(e)
		if child.Err() != context.Canceled {
			s.Errorf("a child after the parent's end: %v", child.Err())
		}
		c, cancelC := s.h.WithTimeout(parent, time.Hour)
		defer cancelC()
		if c.Err() != context.Canceled {
			s.Errorf("below an ended parent: %v", c.Err())
		}
		d, cancelD := s.h.WithTimeout(context.Background(), 0)
		defer cancelD()
		if !errors.Is(d.Err(), context.DeadlineExceeded) {
			s.Errorf("without any time: %v", d.Err())
		}
	}},
	{"WithTimeoutNested", func(s *suite) { // the nearest deadline counts
		outer, cancelOuter := s.h.WithTimeout(context.Background(), 5*time.Millisecond)
		defer cancelOuter()
		inner, cancelInner := s.h.WithTimeout(outer, time.Hour)
		defer cancelInner()
		a, _ := outer.Deadline()
		b, _ := inner.Deadline()
		if !a.Equal(b) {
			s.Errorf("the deadlines are %v and %v", a, b)
		}
		if _, err := s.event().Future().WaitContext(inner); !errors.Is(err, context.DeadlineExceeded) {
			s.Errorf("Wait returned %v", err)
		}
	}},
}

// allocs is how many allocations fn makes.
func allocs(fn func()) float64 { return testing.AllocsPerRun(100, fn) }
