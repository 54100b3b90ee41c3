package handler_test

import (
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// A lane that has rested takes tasks without an allocation, how many there may be.
func TestIdleLaneAllocatesNothing(t *testing.T) {
	p := handler.NewPool()
	defer p.Stop()
	l := p.Lane("a")
	ran := make(chan struct{}, 1)
	tasks := make([]future.Task, 100)
	for i := range tasks {
		tasks[i] = future.Func(func() {})
	}
	tasks[len(tasks)-1] = future.Func(func() { ran <- struct{}{} })
	for _, n := range []int{1, len(tasks)} {
		if got := testing.AllocsPerRun(1000, func() {
			l.DispatchAll(tasks[len(tasks)-n:])
			<-ran
		}); got >= 1 {
			t.Errorf("%d tasks: %.0f allocations", n, got)
		}
	}
}
