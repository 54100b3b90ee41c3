package handler

import (
	"fmt"
	"strings"

	"github.com/gazoo-go/gazoo/future"
)

// deadlock returns the error of a wait in vain. n may be nil.
func (w *world) deadlock(n *Node, lane string, reason future.DeadlockReason) error {
	e := &future.DeadlockError{Lane: lane, Reason: reason}
	if n != nil {
		e.Node = n.name
	}
	if reason == future.NothingLeft || reason == future.HorizonPassed {
		w.mu.Lock()
		defer w.mu.Unlock()
		e.Detail = w.whoWaits()
	}
	return e
}

// gaveUp returns why a drive has ended before it was over: nothing was left, or nothing in time.
func (w *world) gaveUp() future.DeadlockReason {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.events) > 0 || w.isAway() {
		return future.HorizonPassed
	}
	return future.NothingLeft
}

// whoWaits tells what processes wait for. The caller holds mu.
func (w *world) whoWaits() string {
	const most = 20
	var b strings.Builder
	for i, p := range w.started {
		if i == most {
			fmt.Fprintf(&b, "and %d more processes\n", len(w.started)-most)
			break
		}
		fmt.Fprintf(&b, "process %d of node %q ", p.number, p.node.name)
		switch {
		case p.goroutine == 0:
			b.WriteString("has not begun\n")
		case p.suspended:
			fmt.Fprintf(&b, "waits on lane %q\n", p.waitsFor)
		default:
			b.WriteString("waits for something else than a future: a channel, a mutex, a timer of package time\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
