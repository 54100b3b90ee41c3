package witness

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A Recorder makes a history of what clients do. It is safe for concurrent use.
type Recorder struct {
	now func() time.Duration // since some beginning

	mu      sync.Mutex // guards what follows; held briefly, and never while a client is called
	h       History
	last    Moment
	txns    int32
	pathIDs map[string]int32
	values  map[string]int32
	pending map[int32]bool // watches that have not fired, by the operation that registered them
}

// NewRecorder returns a recorder by a clock that tells the time since some beginning, and never goes back.
func NewRecorder(now func() time.Duration) *Recorder {
	return &Recorder{now: now, pathIDs: map[string]int32{}, values: map[string]int32{}, pending: map[int32]bool{}}
}

// A Client is a [zk.Client] whose operations are recorded. Its methods are those of zk.Client.
type Client struct {
	r  *Recorder
	zk *zk.Client
	id int32
	mu sync.Mutex // makes the order of the history that of the calls
}

// Client returns a client that records what it does. The name is for people. All views of one zk.Client, and clients that
// follow each other in one process, should be clients of their own: what each has seen counts for itself.
func (r *Recorder) Client(name string, cl *zk.Client) *Client {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.h.Clients = append(r.h.Clients, name)
	return &Client{r: r, zk: cl, id: int32(len(r.h.Clients) - 1)}
}

// History returns what was recorded up to now. Writes that are not answered yet have an unknown outcome.
func (r *Recorder) History() *History {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.h
	h.Clients, h.Paths, h.Values, h.Lists = slices.Clone(h.Clients), slices.Clone(h.Paths), slices.Clone(h.Values), slices.Clone(h.Lists)
	h.Ops = make([]Op, 0, len(r.h.Ops))
	place := make([]int32, len(r.h.Ops)) // what became of each
	for i, op := range r.h.Ops {
		if op.Return == 0 && op.Kind <= Delete {
			op.Outcome = Unknown
		}
		place[i] = int32(len(h.Ops))
		if op.Outcome == 0 {
			continue
		}
		if op.Kind == Event {
			op.Watch = place[op.Watch]
		}
		h.Ops = append(h.Ops, op)
	}
	for i, op := range r.h.Ops {
		if r.pending[int32(i)] {
			h.Ops = append(h.Ops, Op{Kind: Event, Outcome: Unknown, Client: op.Client, Path: op.Path, Watch: place[i], Call: r.last + 1})
		}
	}
	return &h
}

// Create is [zk.Client.Create]. Parents that it makes on the way are not in the history.
func (c *Client) Create(ctx context.Context, path string, data []byte, opts ...zk.CreateOption) *future.Future[zk.Created] {
	op := Op{Kind: Create, Path: c.r.path(path), Value: c.r.value(data), Mode: modeOf(opts), Expected: -1}
	return record(c, op, func() *future.Future[zk.Created] { return c.zk.Create(ctx, path, data, opts...) },
		func(op *Op, made zk.Created) {
			op.Path = c.r.intern(made.Path)
			op.stat(&made.Stat)
		})
}

// Set is [zk.Client.Set].
func (c *Client) Set(ctx context.Context, path string, data []byte, version int32) *future.Future[zk.Stat] {
	op := Op{Kind: Set, Path: c.r.path(path), Value: c.r.value(data), Expected: version}
	return record(c, op, func() *future.Future[zk.Stat] { return c.zk.Set(ctx, path, data, version) },
		func(op *Op, st zk.Stat) { op.stat(&st) })
}

// Delete is [zk.Client.Delete].
func (c *Client) Delete(ctx context.Context, path string, version int32) *future.Future[struct{}] {
	op := Op{Kind: Delete, Path: c.r.path(path), Expected: version}
	return record(c, op, func() *future.Future[struct{}] { return c.zk.Delete(ctx, path, version) }, nil)
}

// Get is [zk.Client.Get].
func (c *Client) Get(ctx context.Context, path string) *future.Future[zk.Node] {
	op := Op{Kind: Get, Path: c.r.path(path), Expected: -1}
	return record(c, op, func() *future.Future[zk.Node] { return c.zk.Get(ctx, path) }, c.got)
}

// GetAndWatch is [zk.Client.GetAndWatch].
func (c *Client) GetAndWatch(ctx context.Context, path string) *future.Future[zk.Watched[zk.Node]] {
	op := Op{Kind: Get, Path: c.r.path(path), Expected: -1}
	return watched(c, op, func() *future.Future[zk.Watched[zk.Node]] { return c.zk.GetAndWatch(ctx, path) }, c.got)
}

// Exists is [zk.Client.Exists].
func (c *Client) Exists(ctx context.Context, path string) *future.Future[*zk.Stat] {
	op := Op{Kind: Exists, Path: c.r.path(path), Expected: -1}
	return record(c, op, func() *future.Future[*zk.Stat] { return c.zk.Exists(ctx, path) }, (*Op).stat)
}

// ExistsAndWatch is [zk.Client.ExistsAndWatch].
func (c *Client) ExistsAndWatch(ctx context.Context, path string) *future.Future[zk.Watched[*zk.Stat]] {
	op := Op{Kind: Exists, Path: c.r.path(path), Expected: -1}
	return watched(c, op, func() *future.Future[zk.Watched[*zk.Stat]] { return c.zk.ExistsAndWatch(ctx, path) }, (*Op).stat)
}

// Children is [zk.Client.Children].
func (c *Client) Children(ctx context.Context, path string) *future.Future[zk.ChildList] {
	op := Op{Kind: Children, Path: c.r.path(path), Expected: -1}
	return record(c, op, func() *future.Future[zk.ChildList] { return c.zk.Children(ctx, path) }, c.listed)
}

// ChildrenAndWatch is [zk.Client.ChildrenAndWatch].
func (c *Client) ChildrenAndWatch(ctx context.Context, path string) *future.Future[zk.Watched[zk.ChildList]] {
	op := Op{Kind: Children, Path: c.r.path(path), Expected: -1}
	return watched(c, op, func() *future.Future[zk.Watched[zk.ChildList]] { return c.zk.ChildrenAndWatch(ctx, path) }, c.listed)
}

func (c *Client) got(op *Op, n zk.Node) {
	op.Value = c.r.internValue(string(n.Data))
	op.stat(&n.Stat)
}

func (c *Client) listed(op *Op, l zk.ChildList) {
	op.List = int32(len(c.r.h.Lists))
	c.r.h.Lists = append(c.r.h.Lists, slices.Clone(l.Names))
	op.stat(&l.Stat)
}

// stat notes a Stat; nil is that of no node.
func (op *Op) stat(st *zk.Stat) {
	if st != nil {
		op.Czxid, op.Mzxid, op.Pzxid, op.Owner = st.Czxid, st.Mzxid, st.Pzxid, st.EphemeralOwner
		op.Version, op.Cversion = st.Version, st.Cversion
	}
}

// modeOf finds out what matters of the options. Those that take several requests are out of order.
func modeOf(opts []zk.CreateOption) (m Mode) {
	for _, o := range opts {
		switch o := o.(type) {
		case zk.Mode:
			if o&zk.Ephemeral != 0 {
				m |= Ephemeral
			}
			if o&zk.Sequential != 0 {
				m |= Sequential
			}
		case zk.TTL, zk.ACLs:
		default:
			m |= Unordered // MakeParents, Protected and their like
		}
	}
	return m
}

// record calls an operation and has its outcome noted, inline, when there is one; note adds its result.
func record[T any](c *Client, op Op, call func() *future.Future[T], note func(op *Op, v T)) *future.Future[T] {
	c.mu.Lock()
	i := c.begin(op)
	f := call()
	c.mu.Unlock()
	f.Notify(future.Func(func() {
		v, err, _ := f.Poll()
		c.end(i, err, func(op *Op) {
			if note != nil {
				note(op, v)
			}
		})
	}))
	return f
}

// watched is record for an operation that leaves a watch.
func watched[T any](c *Client, op Op, call func() *future.Future[zk.Watched[T]], note func(op *Op, v T)) *future.Future[zk.Watched[T]] {
	c.mu.Lock()
	i := c.begin(op)
	f := call()
	c.mu.Unlock()
	f.Notify(future.Func(func() {
		w, err, _ := f.Poll()
		c.end(i, err, func(op *Op) {
			note(op, w.Value)
			c.r.pending[int32(i)] = true
		})
		if err == nil {
			w.Changed.Notify(future.Func(func() { c.told(i, w.Changed) }))
		}
	}))
	return f
}

// begin makes the operation's place in the history.
func (c *Client) begin(op Op) int {
	after := c.zk.LastZxid()
	r := c.r
	r.mu.Lock()
	defer r.mu.Unlock()
	op.Client, op.Call, op.After = c.id, r.moment(), after
	r.h.Ops = append(r.h.Ops, op)
	return len(r.h.Ops) - 1
}

// end notes the outcome.
func (c *Client) end(i int, err error, note func(op *Op)) {
	seen := c.zk.LastZxid()
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	op := &c.r.h.Ops[i]
	op.Return, op.Seen = c.r.moment(), seen
	op.Outcome, op.Refusal = outcome(err)
	if op.Outcome == OK {
		note(op)
	}
}

// outcome sorts errors; 0 is for an operation that never happened or says nothing.
func outcome(err error) (Outcome, Refusal) {
	switch {
	case err == nil:
		return OK, 0
	case zk.MaybeApplied(err):
		return Unknown, 0
	case errors.As(err, new(*zk.TxnError)): // which of the parts it was matters to nobody
		return 0, 0
	case errors.Is(err, zk.ErrNoNode):
		return Failed, NoNode
	case errors.Is(err, zk.ErrNodeExists):
		return Failed, NodeExists
	case errors.Is(err, zk.ErrBadVersion):
		return Failed, BadVersion
	}
	return 0, 0
}

// told notes that a watch has fired or ended.
func (c *Client) told(i int, changed *future.Future[zk.Event]) {
	_, err, _ := changed.Poll()
	r := c.r
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.pending, int32(i))
	ev := Op{Kind: Event, Outcome: OK, Client: c.id, Path: r.h.Ops[i].Path, Watch: int32(i), Call: r.moment(), Expected: -1}
	ev.Return = ev.Call
	if err != nil {
		ev.Outcome = Failed // it ended without an event
	}
	r.h.Ops = append(r.h.Ops, ev)
}

// moment is now, and later than every moment before. The caller holds mu.
func (r *Recorder) moment() Moment {
	r.last = max(Moment(r.now()), r.last+1)
	return r.last
}

func (r *Recorder) path(p string) int32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.intern(p)
}

func (r *Recorder) value(data []byte) int32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.internValue(string(data))
}

func (r *Recorder) intern(p string) int32 {
	id, ok := r.pathIDs[p]
	if !ok {
		id = int32(len(r.h.Paths))
		r.pathIDs[p], r.h.Paths = id, append(r.h.Paths, p)
	}
	return id
}

func (r *Recorder) internValue(v string) int32 {
	id, ok := r.values[v]
	if !ok {
		id = int32(len(r.h.Values))
		r.values[v], r.h.Values = id, append(r.h.Values, v)
	}
	return id
}
