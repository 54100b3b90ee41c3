package handler

import (
	"context"
	"time"

	"github.com/gazoo-go/gazoo/future"
)

// A group is what the lanes of a node share whose names agree up to the first slash: one queue, so
// that its tasks run in the order in which they were dispatched.
type group struct {
	n     *Node
	key   string // of the names, up to the first slash
	label uint64

	// Guarded by the world's mu:
	queue    []future.Task // queue[:head] has run
	head     int
	task     future.Task // the one that is running
	causes   []uint64    // the steps that have dispatched what is queued; kept for an observer only
	from     uint64      // the one that has dispatched task
	rest     *event      // ends the rest that it has; nil: it has none. See Node.SlowUsers
	busyLane             // in the ring while there is a task queued or running
}

func (g *group) identity() (*Node, uint64, []byte) { return g.n, g.label, nil }

func (g *group) owner() *Node { return g.n }

func (g *group) begin() (ok, more bool) {
	g.task = g.queue[g.head]
	g.queue[g.head] = nil
	if g.n.w.observe != nil {
		g.from = g.causes[g.head]
	}
	g.head++
	more = g.head < len(g.queue)
	if !more {
		g.queue, g.head, g.causes = g.queue[:0], 0, g.causes[:0]
	}
	if g.rests() {
		more = false
	}
	return true, more
}

func (g *group) cause() uint64     { return g.from }
func (g *group) describe(e *Event) { e.Node, e.Kind, e.Label = g.n.name, KindTask, g.key }

func (g *group) run() {
	t := g.task
	g.n.w.mu.Unlock()
	t.Run()
}

func (g *group) end() {
	g.task = nil
	if len(g.queue) == 0 {
		g.n.life.endLane(&g.busyLane)
	}
}

func (g *group) add(force bool, ts ...future.Task) bool {
	w := g.n.w
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(ts) == 0 {
		return !g.n.life.stopping.Load()
	}
	idle := len(g.queue) == 0
	if idle && g.task == nil {
		if !g.n.life.beginLane(&g.busyLane, force) {
			return false
		}
	} else if !force && g.n.life.stopping.Load() {
		return false
	}
	if g.head > keepQueue && g.head > len(g.queue)/2 {
		n := copy(g.queue, g.queue[g.head:])
		clear(g.queue[n:])
		if w.observe != nil {
			g.causes = append(g.causes[:0], g.causes[g.head:]...)
		}
		g.queue, g.head = g.queue[:n], 0
	}
	g.queue = append(g.queue, ts...)
	if w.observe != nil {
		for range ts {
			g.causes = append(g.causes, w.trace.steps)
		}
	}
	if idle && g.rest == nil {
		w.add(g)
	}
	return true
}

// drop forgets what is queued, except what unwinds coroutines. The caller holds the world's mu, and has
// taken the group out of what may happen.
func (g *group) drop() {
	queued := g.queue[g.head:]
	g.queue, g.head, g.rest = nil, 0, nil
	for _, t := range queued {
		if _, ok := t.(*stopTask); ok {
			g.queue = append(g.queue, t)
		}
	}
	if len(g.queue) > 0 {
		g.n.w.add(g)
	} else if len(queued) > 0 && g.task == nil {
		g.n.life.endLane(&g.busyLane)
	}
}

func (g *group) force(t future.Task) { g.add(true, t) }

// A detLane is a name for its group's queue.
type detLane struct {
	*group
	name string
}

func (l *detLane) Name() string                            { return l.name }
func (l *detLane) Now() time.Time                          { return l.n.Now() }
func (l *detLane) Enter(goroutine uintptr)                 { l.n.w.body.Store(goroutine) }
func (l *detLane) Leave(uintptr)                           { l.n.w.body.Store(0) }
func (l *detLane) Idle() *future.Coroutine                 { return l.n.w.stable.take() }
func (l *detLane) Keep(c *future.Coroutine)                { l.n.w.stable.keep(c) }
func (l *detLane) Dispatch(t future.Task) bool             { return l.add(false, t) }
func (l *detLane) DispatchAll(ts []future.Task) bool       { return l.add(false, ts...) }
func (l *detLane) OnStop(t future.Task) (drop func() bool) { return l.n.life.onStop(l.group, t) }

func (l *detLane) OnCancel(ctx context.Context, t future.Task) (stop func() bool) {
	return l.n.w.arm(ctx, l.n, t)
}

func (l *detLane) AfterFunc(d time.Duration, t future.Task) Timer {
	return l.n.after(d, l.label, t, l)
}

func (l *detLane) Park(ctx context.Context, w future.Waitable) error {
	return l.n.w.park(ctx, l.n, l.name, w)
}
