package handlertest

import (
	"context"
	"sync/atomic"
)

var cancelCases = []testCase{
	{"Runs", func(s *suite) {
		l := s.h.Lane("a")
		ctx, cancel := context.WithCancel(context.Background())
		e := s.event()
		var n atomic.Int32
		stop := l.OnCancel(ctx, task(func() { n.Add(1); done(e) }))
		l.Dispatch(task(cancel))
		s.wait(e)
		if stop() {
			s.Error("stopped what had run")
		}
		s.flush(l)
		if n.Load() != 1 {
			s.Errorf("the task ran %d times", n.Load())
		}
	}},
	{"Ended", func(s *suite) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		e := s.event()
		s.h.Lane("a").OnCancel(ctx, task(func() { done(e) }))
		s.wait(e)
	}},
	{"Stopped", func(s *suite) {
		l := s.h.Lane("a")
		ctx, cancel := context.WithCancel(context.Background())
		stop := l.OnCancel(ctx, task(func() { s.Error("a stopped task ran") }))
		if !stop() {
			s.Error("could not stop in time")
		}
		if stop() {
			s.Error("stopped twice")
		}
		cancel()
		s.flush(l)
	}},
	{"Many", func(s *suite) {
		l := s.h.Lane("a")
		parent, cancel := context.WithCancel(context.Background())
		const n = 100
		var ran, stopped atomic.Int32
		e := s.event()
		for i := range n {
			ctx := parent
			if i%2 == 0 {
				child, cancelChild := context.WithCancel(parent)
				defer cancelChild()
				ctx = child
			}
			stop := l.OnCancel(ctx, task(func() {
				if ran.Add(1) == n*3/4 {
					done(e)
				}
			}))
			if i%4 == 1 && stop() {
				stopped.Add(1)
			}
		}
		l.Dispatch(task(cancel))
		s.wait(e)
		if stopped.Load() != n/4 {
			s.Errorf("stopped %d of %d", stopped.Load(), n/4)
		}
	}},
	{"FewOfMany", func(s *suite) { // those that are left are not forgotten
		l := s.h.Lane("a")
		const n = 200
		var ran atomic.Int32
		e := s.event()
		var cancels []context.CancelFunc
		for i := range n {
			ctx, cancel := context.WithCancel(context.Background())
			cancels = append(cancels, cancel)
			stop := l.OnCancel(ctx, task(func() {
				if ran.Add(1) == n/10 {
					done(e)
				}
			}))
			if i%10 != 0 {
				stop()
			}
		}
		l.Dispatch(task(func() {
			for _, cancel := range cancels {
				cancel()
			}
		}))
		s.wait(e)
	}},
	{"NeverEnding", func(s *suite) {
		l := s.h.Lane("a")
		t := task(func() { s.Error("the task ran") })
		if !l.OnCancel(context.Background(), t)() {
			s.Error("could not stop in time")
		}
		if n := allocs(func() { l.OnCancel(context.Background(), t) }); n != 0 {
			s.Errorf("a context that cannot end costs %v allocations", n)
		}
	}},
}
