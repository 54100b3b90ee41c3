package handlertest

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

var futureCases = []testCase{
	{"CallbackOrder", func(s *suite) {
		l := s.h.Lane("a")
		p := future.NewPromise[int](l)
		var got []int
		link := func(i int) { p.Future().OnComplete(func(int, error) { got = append(got, i) }) }
		for i := range 10 {
			link(i)
		}
		p.Complete(1, nil)
		for i := 10; i < 20; i++ { // late
			link(i)
		}
		s.flush(l)
		for i := 20; i < 30; i++ { // later
			link(i)
		}
		s.flush(l)
		if len(got) != 30 {
			s.Errorf("%d of 30 callbacks ran", len(got))
		}
		s.inOrder(got)
	}},
	{"CompletionOrder", func(s *suite) { // of different futures, in a batch
		l := s.h.Lane("a")
		var got []int
		var b future.Batch
		for i := range 100 {
			p := future.NewPromise[int](l)
			p.Future().OnComplete(func(v int, _ error) { got = append(got, v) })
			p.CompleteIn(&b, i, nil)
		}
		b.Flush()
		s.flush(l)
		if len(got) != 100 {
			s.Errorf("%d of 100 callbacks ran", len(got))
		}
		s.inOrder(got)
	}},
	{"NeverInline", func(s *suite) {
		l := s.h.Lane("a")
		l.Dispatch(task(func() {
			inside := true
			p := future.NewPromise[int](l)
			check := func(int, error) {
				if inside {
					s.Error("a callback ran inline")
				}
			}
			p.Future().OnComplete(check)
			p.Complete(0, nil)
			p.Future().OnComplete(check)
			inside = false
		}))
		s.flush(l)
		s.flush(l)
	}},
	{"On", func(s *suite) {
		a, b := s.h.Lane("a"), s.h.Lane("b")
		n := 0 // b's
		p := future.NewPromise[int](a)
		e := s.event()
		for range 10 {
			p.Future().On(b).OnComplete(func(int, error) {
				if n++; n == 10 {
					done(e)
				}
			})
		}
		b.Dispatch(task(func() { n += 0 }))
		a.Dispatch(task(func() { p.Complete(0, nil) }))
		s.wait(e)
	}},
	{"Await", func(s *suite) { // resumed on the lane: n needs no lock
		l, other := s.h.Lane("a"), s.h.Lane("b")
		n := 0
		bodies := make([]*future.Future[int], 20)
		for i := range bodies {
			bodies[i] = future.Async(context.Background(), l, func(co *future.Co) (int, error) {
				sum := 0
				for j := range 10 {
					p := future.NewPromise[int](other)
					other.Dispatch(task(func() { p.Complete(j, nil) }))
					v, err := future.Await(co, p.Future())
					if err != nil {
						return 0, err
					}
					sum += v
					n++
				}
				return sum, nil
			})
		}
		sums, err := future.All(bodies...).Wait()
		if err != nil {
			s.Fatal(err)
		}
		for _, sum := range sums {
			if sum != 45 {
				s.Errorf("a body returned %d", sum)
			}
		}
		s.flush(l)
		if n != 200 {
			s.Errorf("%d awaits, not 200", n)
		}
	}},
	{"AwaitTimer", func(s *suite) {
		l := s.h.Lane("a")
		const d = 2 * time.Millisecond
		f := future.Async(context.Background(), l, func(co *future.Co) (time.Duration, error) {
			begun := l.Now()
			for range 3 {
				p := future.NewPromise[int](l)
				l.AfterFunc(d, task(func() { done(p) }))
				if _, err := future.Await(co, p.Future()); err != nil {
					return 0, err
				}
			}
			return l.Now().Sub(begun), nil
		})
		if passed, err := f.Wait(); err != nil || passed < 3*d {
			s.Errorf("slept for %v, %v", passed, err)
		}
	}},
	{"AwaitCancelled", func(s *suite) {
		l := s.h.Lane("a")
		ctx, cancel := context.WithCancel(context.Background())
		never := future.NewPromise[int](l)
		var unwound bool
		f := future.Async(ctx, l, func(co *future.Co) (int, error) {
			defer func() { unwound = true }()
			return future.Await(co, never.Future())
		})
		l.Dispatch(task(cancel))
		if err := f.WaitErr(); err != context.Canceled || !unwound {
			s.Errorf("the body returned %v, unwound: %v", err, unwound)
		}
	}},
	{"StopUnwinds", func(s *suite) {
		var unwound [3]bool
		var futures []*future.Future[int]
		begun := s.event()
		for i := range unwound {
			l := s.h.Lane([]string{"a", "a", "b"}[i])
			never := future.NewPromise[int](l)
			futures = append(futures, future.Async(context.Background(), l, func(co *future.Co) (int, error) {
				defer func() { unwound[i] = true }()
				if i == 2 {
					done(begun)
				}
				return future.Await(co, never.Future())
			}))
		}
		s.wait(begun)
		s.flush(s.h.Lane("b"))
		s.stop()
		for i, f := range futures {
			if err := f.WaitErr(); err != future.ErrStopped || !unwound[i] {
				s.Errorf("body %d ended with %v, unwound: %v", i, err, unwound[i])
			}
		}
	}},
	{"GoexitInBody", func(s *suite) {
		l := s.h.Lane("a")
		f := future.Async(context.Background(), l, func(co *future.Co) (int, error) {
			runtime.Goexit()
			return 0, nil
		})
		elsewhere(func() { f.Wait() })
		if err := f.WaitErr(); err != future.ErrGoexit {
			s.Errorf("the body ended with %v", err)
		}
		s.flush(l)
	}},
	{"PanicInBody", func(s *suite) {
		l := s.h.Lane("a")
		f := future.Async(context.Background(), l, func(co *future.Co) (int, error) { panic("x") })
		var pe *future.PanicError
		if err := f.WaitErr(); !errors.As(err, &pe) || pe.Value != "x" {
			s.Errorf("the body ended with %v", err)
		}
		s.flush(l)
	}},
	{"AfterStop", func(s *suite) {
		l := s.h.Lane("a")
		p := future.NewPromise[int](l)
		derived := future.Then(p.Future(), func(v int) (int, error) { return v, nil })
		s.stop()
		if f := future.Async(context.Background(), l, func(*future.Co) (int, error) { return 1, nil }); f.WaitErr() != future.ErrStopped {
			s.Errorf("a body on a stopped lane ended with %v", f.WaitErr())
		}
		p.Complete(1, nil)
		if err := derived.WaitErr(); err != future.ErrStopped {
			s.Errorf("a future derived on a stopped lane ended with %v", err)
		}
	}},
	{"Completions", func(s *suite) { // callbacks of one future keep their order on any lane
		l := handler.Completions(s.h, "completions")
		const n = 50
		got := make([][]int, n)
		e := s.event()
		left := make(chan struct{}, n)
		for i := range n {
			p := future.NewPromise[int](l)
			for j := range 5 {
				p.Future().OnComplete(func(int, error) { got[i] = append(got[i], j) })
			}
			p.Future().OnComplete(func(int, error) {
				if left <- struct{}{}; len(left) == n {
					done(e)
				}
			})
			p.Complete(0, nil)
		}
		s.wait(e)
		for i := range n {
			s.inOrder(got[i])
		}
	}},
}
