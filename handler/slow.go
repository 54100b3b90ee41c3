package handler

import (
	"strings"
	"time"
)

// userLanes is how the names of groups end whose lanes run user code alone.
const userLanes = "-user"

// SlowUsers makes callbacks of users slow, until it is called with 0: lane groups whose names end in "-user" (the lane
// "lock-user/callbacks" is in one) rest for d after each task, as if the task had taken that long. Nothing else of the
// node waits for them.
func (n *Node) SlowUsers(d time.Duration) {
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	n.slow = d
	if d > 0 {
		return
	}
	for _, g := range n.queues {
		g.rested()
	}
}

// rests reports whether the group is to rest behind the task that begins. The caller holds the world's mu, as does that
// of rested.
func (g *group) rests() bool {
	if g.n.slow <= 0 || !strings.HasSuffix(g.key, userLanes) {
		return false
	}
	w, over := g.n.w, &event{node: g.n, label: g.label, kind: KindTimer}
	over.what = eventFunc(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if g.rest == over {
			g.rested()
		}
	})
	g.rest = over
	w.schedule(over, w.time()+g.n.slow)
	return true
}

func (g *group) rested() {
	if g.rest != nil {
		g.rest = nil
		if g.head < len(g.queue) {
			g.n.w.add(g)
		}
	}
}
