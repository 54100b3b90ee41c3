package ensemble_test

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
)

var epoch = time.UnixMilli(1_700_000_000_000).UTC()

// cluster is an ensemble in virtual time, with a network that can be told what to do: the driver that the package comment
// describes.
type cluster struct {
	t       *testing.T
	seed    uint64
	rng     *rand.Rand
	now     time.Time
	events  eventQueue
	nodes   []*node
	peers   []ensemble.Peer
	latency func() time.Duration
	cfg     func(id int64) ensemble.Config
	watch   func(from, to int64, m *ensemble.Message) bool // false loses the message
	sent    map[ensemble.Type]int
	steps   int
	clients uint16
}

// node is a server and the links that go out from it.
type node struct {
	c       *cluster
	id      int64
	disk    ensemble.Disk
	m       *ensemble.Member // nil while it is down
	life    int
	paused  bool
	inbox   []func()
	links   map[int64]*direction
	armed   time.Time
	clients []*client
}

// direction is one way of a pair of servers: in order, each message not before the one in front of it.
type direction struct {
	last  time.Time
	queue []func()
	due   int // how many of them should have arrived, but for the stall
	stall bool
	lose  bool
}

// arrive delivers the first message that is on its way.
func (d *direction) arrive() {
	if d.stall {
		d.due++
		return
	}
	fn := d.queue[0]
	d.queue = d.queue[1:]
	fn()
}

type event struct {
	at  time.Time
	seq int
	fn  func()
}

type eventQueue struct {
	list []event
	seq  int
}

func (q *eventQueue) Len() int { return len(q.list) }
func (q *eventQueue) Less(i, j int) bool {
	if !q.list[i].at.Equal(q.list[j].at) {
		return q.list[i].at.Before(q.list[j].at)
	}
	return q.list[i].seq < q.list[j].seq
}
func (q *eventQueue) Swap(i, j int) { q.list[i], q.list[j] = q.list[j], q.list[i] }
func (q *eventQueue) Push(x any)    { q.list = append(q.list, x.(event)) }
func (q *eventQueue) Pop() any {
	e := q.list[len(q.list)-1]
	q.list = q.list[:len(q.list)-1]
	return e
}

func newCluster(t *testing.T, n int, seed uint64, edit ...func(*ensemble.Config)) *cluster {
	c := &cluster{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), now: epoch, sent: make(map[ensemble.Type]int)}
	c.latency = func() time.Duration { return time.Duration(1+c.rng.IntN(3000)) * time.Microsecond }
	c.cfg = func(id int64) ensemble.Config {
		cfg := ensemble.Config{}
		cfg.ServerID, cfg.Seed = id, seed
		for _, f := range edit {
			f(&cfg)
		}
		return cfg
	}
	for id := range int64(n) {
		c.peers = append(c.peers, ensemble.Peer{ID: id + 1})
		c.nodes = append(c.nodes, &node{c: c, id: id + 1, links: make(map[int64]*direction)})
	}
	return c
}

func (c *cluster) start() *cluster {
	for _, n := range c.nodes {
		n.start()
	}
	return c
}

func (c *cluster) at(at time.Time, fn func()) {
	c.events.seq++
	heap.Push(&c.events, event{at, c.events.seq, fn})
}

// run lets time pass.
func (c *cluster) run(d time.Duration) { c.runTo(c.now.Add(d)) }

func (c *cluster) runTo(end time.Time) {
	for c.events.Len() > 0 && !c.events.list[0].at.After(end) {
		c.step()
	}
	c.now = end
}

func (c *cluster) step() {
	e := heap.Pop(&c.events).(event)
	if e.at.After(c.now) {
		c.now = e.at
	}
	c.steps++
	e.fn()
}

// until runs until something is the case.
func (c *cluster) until(what string, within time.Duration, is func() bool) {
	c.t.Helper()
	end := c.now.Add(within)
	for !is() {
		if c.events.Len() == 0 || c.events.list[0].at.After(end) {
			c.t.Fatalf("not within %v: %s\n%s", within, what, c.picture())
		}
		c.step()
	}
}

func (c *cluster) picture() string {
	var b strings.Builder
	for _, n := range c.nodes {
		if n.m == nil {
			fmt.Fprintf(&b, "%d down\n", n.id)
			continue
		}
		accepted, current := n.disk.Epochs()
		fmt.Fprintf(&b, "%d %v serving=%v epochs=%d/%d zxid=0x%x disk=0x%x why=%s\n", n.id, n.m.Role(), n.m.Serving(), accepted, current,
			n.m.Zxid(), n.disk.Zxid(), n.m.Why())
	}
	return b.String()
}

// leader is the one that serves in the latest epoch, nil if there is none.
func (c *cluster) leader() (best *node) {
	for _, n := range c.nodes {
		if n.m != nil && n.m.Role() == ensemble.Leading && n.m.Serving() && (best == nil || n.m.Epoch() > best.m.Epoch()) {
			best = n
		}
	}
	return best
}

func (c *cluster) elected() *node {
	c.t.Helper()
	c.until("a leader and all others in sync", 60*time.Second, func() bool {
		l := c.leader()
		for _, n := range c.nodes {
			if l == nil || n.m != nil && (!n.m.Serving() || n.m.Epoch() != l.m.Epoch() || n.m.ReadOnly()) {
				return false
			}
		}
		return true
	})
	return c.leader()
}

func (c *cluster) link(from, to int64) *direction {
	n := c.nodes[from-1]
	if n.links[to] == nil {
		n.links[to] = &direction{}
	}
	return n.links[to]
}

// stall holds back what goes one way, or lets it go.
func (c *cluster) stall(from, to int64, on bool) {
	d := c.link(from, to)
	d.stall = on
	for ; !on && d.due > 0; d.due-- {
		c.at(c.now, d.arrive)
	}
}

func (c *cluster) isolate(id int64, on bool) {
	for _, n := range c.nodes {
		if n.id != id {
			c.stall(id, n.id, on)
			c.stall(n.id, id, on)
		}
	}
}

// lose makes everything that a server sends vanish.
func (c *cluster) lose(id int64, on bool) {
	for _, n := range c.nodes {
		c.link(id, n.id).lose = on
	}
}

func (n *node) start() {
	n.life++
	n.paused, n.inbox = false, nil
	n.m = ensemble.NewMember(n.c.cfg(n.id), &n.disk, n.c.peers, n.c.now)
	n.settle()
}

// kill is SIGKILL; loud, peers hear of it at once.
func (n *node) kill(loud bool) {
	n.m = nil
	n.life++
	for _, cl := range n.clients {
		cl.closed = true
	}
	n.clients = nil
	for _, other := range n.c.nodes {
		if other != n && loud {
			n.c.at(n.c.now.Add(n.c.latency()), func() {
				other.do(func() { other.m.Disconnected(n.c.now, n.id) })
			})
		}
	}
}

// do runs something in the server, later if it is paused.
func (n *node) do(fn func()) {
	switch {
	case n.m == nil:
	case n.paused:
		n.inbox = append(n.inbox, fn)
	default:
		fn()
		n.settle()
	}
}

func (n *node) pause() { n.paused = true }

func (n *node) resume() {
	n.paused = false
	inbox := n.inbox
	n.inbox = nil
	for _, fn := range inbox {
		n.do(fn)
	}
	if n.m != nil {
		n.do(func() { n.m.Tick(n.c.now) })
	}
}

// settle follows every call: messages, connections, the timer.
func (n *node) settle() {
	for {
		woken := n.m.Woken(nil)
		for _, conn := range woken {
			conn.Tag.(*client).serverWoke()
		}
		if len(woken) == 0 {
			break
		}
	}
	for _, e := range n.m.Outbox(nil) {
		n.send(e)
	}
	at, ok := n.m.NextDeadline()
	if ok && !at.Equal(n.armed) {
		n.armed = at
		life := n.life
		n.c.at(at, func() {
			if n.life == life && n.armed.Equal(at) {
				n.armed = time.Time{}
				n.do(func() { n.m.Tick(n.c.now) })
			}
		})
	}
}

func (n *node) send(e ensemble.Envelope) {
	c := n.c
	c.sent[e.Message.Type]++
	if c.watch != nil && !c.watch(n.id, e.To, &e.Message) {
		return
	}
	if e.To > int64(len(c.nodes)) {
		return // nobody
	}
	d, to, msg := c.link(n.id, e.To), c.nodes[e.To-1], e.Message
	if d.lose {
		return
	}
	life := to.life
	d.queue = append(d.queue, func() {
		if to.life == life {
			to.do(func() { to.m.Deliver(c.now, n.id, msg) })
		}
	})
	at := c.now.Add(c.latency())
	if at.Before(d.last) {
		at = d.last
	}
	d.last = at
	c.at(at, d.arrive)
}
