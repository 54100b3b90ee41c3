package handlertest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

var parkCases = []testCase{
	{"Ready", func(s *suite) { // also in a task, and also when ctx has ended
		l := s.h.Lane("a")
		e := future.NewPromise[int](l)
		derived := future.Then(e.Future(), func(v int) (int, error) { return v, nil })
		e.Complete(3, nil)
		s.flush(l)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		check := func() {
			for _, f := range []*future.Future[int]{e.Future(), derived} {
				if err := l.Park(ctx, f); err != nil {
					s.Errorf("Park for what is ready returned %v", err)
				}
			}
		}
		check()
		l.Dispatch(task(check))
		s.flush(l)
	}},
	{"Context", func(s *suite) {
		ctx, cancel := context.WithCancel(context.Background())
		l := s.h.Lane("a")
		l.Dispatch(task(cancel))
		if _, err := s.event().Future().WaitContext(ctx); err != context.Canceled {
			s.Errorf("Wait returned %v", err)
		}
		if err := l.Park(ctx, s.event().Future()); err != context.Canceled {
			s.Errorf("Wait with a context that has ended returned %v", err)
		}
	}},
	{"Timeout", func(s *suite) {
		ctx, cancel := s.h.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		if _, err := s.event().Future().WaitContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
			s.Errorf("Wait returned %v", err)
		}
	}},
	{"InSpawn", func(s *suite) {
		const n = 20
		events := make([]*event, n+1)
		for i := range events {
			events[i] = s.event()
		}
		for i := range n { // each waits for the one before
			s.h.Spawn(func() {
				v, err := events[i].Future().Wait()
				events[i+1].Complete(v+1, err)
			})
		}
		s.h.Lane("a").Dispatch(task(func() { done(events[0]) }))
		if got := s.wait(events[n]); got != n {
			s.Errorf("got %d through a chain of %d", got, n)
		}
	}},
	{"InSpawnWithContext", func(s *suite) {
		e := s.event()
		s.h.Spawn(func() {
			ctx, cancel := s.h.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			_, err := s.event().Future().WaitContext(ctx)
			e.Complete(1, err)
		})
		if _, err := wait(e); !errors.Is(err, context.DeadlineExceeded) {
			s.Errorf("Wait returned %v", err)
		}
	}},
	{"ProducedOnSameLane", func(s *suite) {
		l := s.h.Lane("mine")
		e, source := s.event(), future.NewPromise[int](l)
		derived := future.Then(source.Future(), func(v int) (int, error) { return v, nil })
		l.Dispatch(task(func() {
			_, err := derived.Wait()
			e.Complete(0, err)
		}))
		_, err := wait(e)
		var de *future.DeadlockError
		if !errors.As(err, &de) || de.Lane != "mine" {
			s.Errorf("Wait returned %v", err)
		}
		source.Complete(4, nil)
		if v, err := derived.Wait(); v != 4 || err != nil {
			s.Errorf("Wait outside returned %d, %v", v, err)
		}
	}},
	{"ProducedOnOtherLane", func(s *suite) {
		if s.f.NoWaitInTask {
			s.Skip("no waiting in tasks")
		}
		e, source := s.event(), future.NewPromise[int](s.h.Lane("other"))
		derived := future.Then(source.Future(), func(v int) (int, error) { return v + 1, nil })
		s.h.Lane("mine").Dispatch(task(func() {
			source.Complete(4, nil)
			e.Complete(derived.Wait())
		}))
		if v := s.wait(e); v != 5 {
			s.Errorf("Wait returned %d", v)
		}
	}},
	{"InTask", func(s *suite) {
		l := s.h.Lane("mine")
		e, p := s.event(), future.NewPromise[int](l)
		l.Dispatch(task(func() {
			if !s.f.NoWaitInTask {
				s.h.Spawn(func() { p.Complete(8, nil) })
			}
			e.Complete(p.Future().Wait())
		}))
		v, err := wait(e)
		var de *future.DeadlockError
		switch {
		case s.f.NoWaitInTask && !errors.As(err, &de):
			s.Errorf("Wait returned %d, %v, not a DeadlockError", v, err)
		case !s.f.NoWaitInTask && (v != 8 || err != nil):
			s.Errorf("Wait returned %d, %v", v, err)
		}
	}},
	{"InBody", func(s *suite) { // a Wait in place of an Await
		l := s.h.Lane("mine")
		source := future.NewPromise[int](l)
		derived := future.Then(source.Future(), func(v int) (int, error) { return v, nil })
		f := future.Async(context.Background(), l, func(co *future.Co) (int, error) { return derived.Wait() })
		var de *future.DeadlockError
		if err := f.WaitErr(); !errors.As(err, &de) {
			s.Errorf("Wait returned %v", err)
		}
		source.Complete(0, nil)
	}},
	{"ManyWaiters", func(s *suite) {
		if s.f.OneWaiter {
			s.Skip("one waiter")
		}
		const n = 30
		lanes := []handler.Lane{s.h.Lane("a"), s.h.Lane("b")}
		var wg sync.WaitGroup
		for i := range n {
			p := future.NewPromise[int](lanes[i%2])
			for j := range 3 {
				wg.Go(func() {
					f := p.Future()
					if j == 1 {
						f = future.Then(f, func(v int) (int, error) { return v, nil })
					}
					if v, err := f.Wait(); v != i || err != nil {
						s.Errorf("Wait returned %d, %v", v, err)
					}
				})
			}
			wg.Go(func() {
				lanes[i%2].Dispatch(task(func() { lanes[1-i%2].Dispatch(task(func() { p.Complete(i, nil) })) }))
			})
			if i%3 == 0 {
				wg.Go(func() {
					ctx, cancel := context.WithCancel(context.Background())
					lanes[0].Dispatch(task(cancel))
					if _, err := s.event().Future().WaitContext(ctx); err != context.Canceled {
						s.Errorf("Wait returned %v", err)
					}
				})
			}
		}
		wg.Wait()
	}},
}
