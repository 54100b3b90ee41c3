package handler

import (
	"sync/atomic"
	"time"

	"github.com/gazoo-go/gazoo/future"
)

// A wallTimer is a timer of the Go runtime. When it fires, its task runs on the runtime's timer
// goroutine or, if the timer belongs to a lane, is queued there; until the task starts, Stop is in time.
type wallTimer struct {
	t     future.Task
	lane  Lane
	life  *life
	taken atomic.Bool // the task runs or has been stopped
	rt    *time.Timer
}

// afterFunc starts a timer. lane may be nil.
func (s *System) afterFunc(lane Lane, d time.Duration, t future.Task) Timer {
	tm := &wallTimer{t: t, lane: lane, life: &s.life}
	tm.rt = time.AfterFunc(d, tm.fire)
	return tm
}

func (tm *wallTimer) fire() {
	if tm.lane != nil {
		tm.lane.Dispatch(tm)
		return
	}
	if tm.life.begin() {
		defer tm.life.end()
		tm.Run()
	}
}

// Run runs the task, unless Stop was faster.
func (tm *wallTimer) Run() {
	if tm.taken.CompareAndSwap(false, true) {
		tm.t.Run()
	}
}

func (tm *wallTimer) Stop() bool {
	if !tm.taken.CompareAndSwap(false, true) {
		return false
	}
	tm.rt.Stop()
	return true
}
