package handlertest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

var stopCases = []testCase{
	{"Idle", func(s *suite) {
		s.h.Lane("a")
		s.stop()
		s.stop() // again
		s.h.Start()
		if s.h.Lane("a").Dispatch(task(func() { s.Error("a task ran after the end") })) {
			s.Error("a stopped handler took a task")
		}
		if s.h.Lane("b").DispatchAll([]future.Task{task(func() {})}) {
			s.Error("a stopped handler took tasks")
		}
	}},
	{"QueuedTasksRun", func(s *suite) {
		lanes := []handler.Lane{s.h.Lane("a"), s.h.Lane("b")}
		var n atomic.Int32
		for i := range 200 {
			lanes[i%2].Dispatch(task(func() { n.Add(1) }))
		}
		s.stop()
		if n.Load() != 200 {
			s.Errorf("%d of 200 queued tasks ran", n.Load())
		}
	}},
	{"InTask", func(s *suite) {
		l := s.h.Lane("a")
		e := s.event()
		var after bool
		l.DispatchAll([]future.Task{
			task(func() {
				s.h.Stop()
				select {
				case <-s.h.Stopped():
					s.Error("stopped while a task runs")
				default:
				}
				if l.Dispatch(task(func() { s.Error("a refused task ran") })) {
					s.Error("a lane took a task after Stop")
				}
			}),
			task(func() { after = true; done(e) }),
		})
		s.wait(e)
		s.stop()
		if !after {
			s.Error("a queued task did not run")
		}
	}},
	{"OnStopOrder", func(s *suite) {
		l := s.h.Lane("a")
		var got []int
		add := func(i int) future.Task { return task(func() { got = append(got, i) }) }
		l.OnStop(add(2))
		drop := l.OnStop(add(-1))
		l.OnStop(add(3))
		l.Dispatch(add(0))
		l.Dispatch(add(1))
		if !drop() {
			s.Error("could not drop a task that had not run")
		}
		if drop() {
			s.Error("dropped a task twice")
		}
		s.stop()
		if len(got) != 4 {
			s.Errorf("%d tasks ran, not 4", len(got))
		}
		s.inOrder(got)
	}},
	{"OnStopDroppedLate", func(s *suite) { // while the handler waits for the lane to get there
		l := s.h.Lane("a")
		var drop func() bool
		dropped := false
		drop = l.OnStop(task(func() { s.Error("a dropped task ran") }))
		l.Dispatch(task(func() {
			s.h.Stop()
			dropped = drop()
		}))
		s.flushUntilStopped()
		if !dropped {
			s.Error("could not drop a task that was queued and had not run")
		}
	}},
	{"OnStopRan", func(s *suite) {
		var drop func() bool
		ran := false
		drop = s.h.Lane("a").OnStop(task(func() { ran = true }))
		s.stop()
		if !ran {
			s.Error("the task did not run")
		}
		if drop() {
			s.Error("dropped a task that had run")
		}
	}},
	{"OnStopAfterStop", func(s *suite) {
		l := s.h.Lane("a")
		ran := false
		l.Dispatch(task(func() {
			s.h.Stop()
			l.OnStop(task(func() { ran = true }))
			if ran {
				s.Error("the task ran inline")
			}
		}))
		s.flushUntilStopped()
		if !ran {
			s.Error("the task did not run")
		}
	}},
	{"WaitsForSpawn", func(s *suite) {
		e, err := s.event(), error(nil)
		begun := s.event()
		var ended atomic.Bool
		s.h.Spawn(func() {
			done(begun)
			err = e.Future().WaitErr() // never: only the stop ends it
			ended.Store(true)
		})
		s.wait(begun)
		s.stop()
		if !ended.Load() {
			s.Error("stopped before the function given to Spawn returned")
		}
		if err != future.ErrStopped {
			s.Errorf("Wait returned %v", err)
		}
		s.h.Spawn(func() { s.Error("a stopped handler spawned") })
	}},
	{"EndsWaitInTask", func(s *suite) {
		if s.f.NoWaitInTask {
			s.Skip("no waiting in tasks")
		}
		l, other := s.h.Lane("a"), s.h.Lane("b")
		begun, never := s.event(), future.NewPromise[int](other)
		var err error
		behind := false
		l.Dispatch(task(func() {
			done(begun)
			err = never.Future().WaitErr()
		}))
		l.Dispatch(task(func() { behind = true }))
		s.wait(begun)
		s.stop()
		if err != future.ErrStopped {
			s.Errorf("Wait returned %v", err)
		}
		if !behind {
			s.Error("the task behind it did not run")
		}
	}},
	{"LetsQueuedTaskComplete", func(s *suite) { // a Wait does not give up while there is hope
		p := future.NewPromise[int](s.h.Lane("a"))
		begun := s.event()
		var got int
		var err error
		s.h.Spawn(func() {
			done(begun)
			got, err = p.Future().Wait()
		})
		s.wait(begun)
		s.h.Lane("b").Dispatch(task(func() {
			s.h.Stop()
			p.Complete(7, nil)
		}))
		s.flushUntilStopped()
		if got != 7 || err != nil {
			s.Errorf("Wait returned %d, %v", got, err)
		}
	}},
	{"DropsTimers", func(s *suite) {
		l := s.h.Lane("a")
		l.AfterFunc(time.Hour, task(func() { s.Error("a timer of a lane fired") }))
		s.h.AfterFunc(time.Hour, task(func() { s.Error("a timer fired") }))
		s.stop()
	}},
	{"EndsWaitOutside", func(s *suite) {
		if s.f.OneWaiter {
			s.Skip("one waiter")
		}
		e := s.event()
		errs := make(chan error, 3)
		for range cap(errs) {
			go func() { errs <- e.Future().WaitErr() }()
		}
		s.flush(s.h.Lane("a"))
		s.stop()
		for range cap(errs) {
			if err := <-errs; err != future.ErrStopped {
				s.Errorf("Wait returned %v", err)
			}
		}
		if _, err := e.Future().WaitContext(context.Background()); err != future.ErrStopped {
			s.Errorf("Wait after the end returned %v", err)
		}
	}},
}

// flushUntilStopped drives the handler, if nobody else does, until it has stopped by itself.
func (s *suite) flushUntilStopped() {
	s.Helper()
	if _, err := wait(s.event()); !errors.Is(err, future.ErrStopped) {
		s.Errorf("waiting for what never comes returned %v", err)
	}
	s.receive(s.h.Stopped(), "the handler to stop")
}
