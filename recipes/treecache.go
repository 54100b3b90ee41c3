package recipes

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A TreeCache keeps a copy of a node and everything below it, and tells what changes. Reading the copy asks nobody.
//
// It has no nodes of its own and makes none, the root included, which may come and go. So it gets on with every other
// user of the path.
//
// Where servers have them (3.6) it takes one recursive subscription; elsewhere a one-shot watch of each node's data and
// one of its children. An event only says what is to be read again: the cache is always made of answers, which one session
// gets in order, and never goes back, whatever the order in which events and answers arrive. Nodes are compared by zxids: a node
// that was deleted and made again while nobody looked is removed and added, also if its version is the same.
//
// A change of a node that comes before the last one was read is not seen: of several NodeUpdated there is one. Between
// NodeAdded and NodeRemoved of one creation (of one Czxid) there are only NodeUpdated. Parents are added before
// their children and removed after them. Before an event is told the cache shows it.
//
// SUSPENDED and LOST: the cache stays as it is, and tells. When there is a connection again every node is looked at, what
// has changed is read and told, and Initialized says that the cache is right again; also in a new session. Where there is a
// subscription it takes one request for 64 small nodes, to load them too; elsewhere two for each node to load, and one to
// look. 100,000 nodes take half a kilobyte each, and with watches of their own two.
// Root deleted: everything is removed, and added again when the root is. Not readable (ErrNoAuth): the node is left out,
// and all below it; see OnFault. ACLs make no events: a permission that comes later is noticed when the node changes, or
// behind the next gap.
// Too large for the client (ErrTooLong, see [zk.WithMaxReply]), which costs a connection: a node with too much data is left
// out until that changes. Of one with too many children the cache keeps those that it knows, and tells OnFault; when there
// are fewer it asks again, after a minute, and after twice as long each time it is in vain, up to an hour.
// Left behind: nothing. Close takes the watches back; a server before 3.5 forgets them with the session.
type TreeCache struct {
	*recipe
	started, closed atomic.Bool
	root            *treeNode
	undone          *future.Promise[struct{}] // completes when Close is done

	// The rest belongs to the work lane.
	ctx       context.Context // of all that is asked; ends with Close
	cancel    context.CancelFunc
	stopStart context.CancelFunc // gives up waiting for a subscription
	stopState func()
	ready     *future.Promise[struct{}] // completes when everything was read for the first time
	events    *audience[TreeEvent]
	faults    *audience[error]
	sub       *zk.Subscription // nil: there is none, and every node has watches
	down      bool             // ConnectionSuspended or ConnectionLost was told last
	ended     bool             // the client is closed: nothing more can be read

	todo     []*treeNode // to be read, from head on
	head     int
	inFlight int    // requests
	window   int    // how many there may be
	together int    // how many nodes one request reads at most
	stirred  bool   // pump is queued
	paused   bool   // a timer runs: the server, or the client, has enough for now
	asked    uint64 // counts what was asked
	reading  uint64 // counts the times that the whole tree was to be read
	missing  int    // how many nodes are due
	owed     bool   // Initialized is to be told when none is
}

// treeWindow is how many requests a cache has on their way at most. More would not be faster, and others use the client, too.
const treeWindow = 1024

// ErrStarted is the error of a Start that is not the first.
var ErrStarted = errors.New("recipes: already started")

// NewTreeCache returns a cache of the tree at path. It does nothing before Start. Options: [MaxDepth], [Select],
// [WithoutData].
func NewTreeCache(cl *zk.Client, path string, opts ...Option) *TreeCache {
	r := newRecipe(cl, "tree-cache", path, opts)
	t := &TreeCache{
		recipe: r, root: &treeNode{path: path}, window: treeWindow, together: treeBatch / 4,
		undone: future.NewPromise[struct{}](r.user), ready: future.NewPromise[struct{}](r.work),
		events: &audience[TreeEvent]{r: r}, faults: &audience[error]{r: r},
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// OnEvent has fn called with every event, in order, on a lane of the cache's own, where it may take its time; events wait
// meanwhile. Who calls it before Start misses none. The returned function ends that; its future completes when no call is
// running any more.
func (t *TreeCache) OnEvent(fn func(TreeEvent)) (stop func() *future.Future[struct{}]) {
	return t.events.join(fn)
}

// OnFault has fn called with errors that keep something out of the cache, on the same lane: ErrNoAuth for nodes that may
// not be read, ErrTooLong for data or lists of children that are too long for the client, and what no read should answer,
// which is tried again. Their zk.OpError has the path. Lost connections and sessions are no faults.
func (t *TreeCache) OnFault(fn func(error)) (stop func() *future.Future[struct{}]) {
	return t.faults.join(fn)
}

// Start begins. The future completes when everything was read. ctx governs that alone: when it ends first, the cache is
// closed. A root that is not there is no error.
//
// Errors: ErrNoAuth if the root may not be read, ErrTooLong if its data is too long for the client, ErrBadArguments for an
// invalid path, ErrClosed, [ErrStarted].
func (t *TreeCache) Start(ctx context.Context) *future.Future[struct{}] {
	if t.closed.Load() {
		return future.Failed[struct{}](t.refusal("start", t.path, zk.ErrClosed)).On(t.user)
	}
	if !t.started.CompareAndSwap(false, true) {
		return future.Failed[struct{}](ErrStarted).On(t.user)
	}
	ctx, stop := context.WithCancel(ctx)
	return future.Async(ctx, t.work, func(co *future.Co) (struct{}, error) {
		defer stop()
		t.stopStart = stop
		err := t.begin(co, ctx)
		if err == nil {
			_, err = future.Await(co, t.ready.Future())
		}
		if t.closed.Load() {
			err = t.refusal("start", t.path, zk.ErrClosed)
		}
		if err != nil {
			t.Close(context.WithoutCancel(ctx))
		}
		return struct{}{}, err
	}).On(t.user)
}

// Get returns a node as it is in the cache. It never waits and may be called anywhere, at any time; answers about different
// nodes may be of different moments. The data is the cache's: do not change it. Of the Stat, Cversion, Pzxid, NumChildren and
// Aversion are what they were when the node was last read, which its children do not cause.
//
// Errors: ErrNoNode if the cache has no such node; ErrBadArguments if path is neither the root nor below it; ErrClosed.
func (t *TreeCache) Get(path string) (zk.Node, error) {
	place, err := t.look("get", path)
	if err != nil {
		return zk.Node{}, err
	}
	if node := place.node.Load(); node != nil {
		return *node, nil
	}
	return zk.Node{}, t.refusal("get", path, zk.ErrNoNode)
}

// Children returns the names of a node's children that are in the cache, sorted. It never waits. Errors: those of Get.
func (t *TreeCache) Children(path string) ([]string, error) {
	place, err := t.look("children", path)
	if err != nil {
		return nil, err
	}
	if place.node.Load() == nil {
		return nil, t.refusal("children", path, zk.ErrNoNode)
	}
	names := []string{}
	for _, kid := range place.children() {
		if kid.node.Load() != nil {
			names = append(names, kid.name())
		}
	}
	return names, nil
}

func (t *TreeCache) look(op, path string) (*treeNode, error) {
	if t.closed.Load() {
		return nil, t.refusal(op, path, zk.ErrClosed)
	}
	place, inside := t.root.find(path)
	switch {
	case !inside:
		return nil, t.refusal(op, path, fmt.Errorf("%w: not a path at or below %q", zk.ErrBadArguments, t.path))
	case place == nil:
		return nil, t.refusal(op, path, zk.ErrNoNode)
	}
	return place, nil
}

func (t *TreeCache) refusal(op, path string, err error) error {
	return &zk.OpError{Op: "cache " + op, Path: path, Err: err}
}

// Close ends the cache for good. Nothing more is told, everything is forgotten, and the watches are taken back. The future
// completes when no callback is running any more and none will. ctx bounds the waiting only. Closing twice is no error.
func (t *TreeCache) Close(ctx context.Context) *future.Future[struct{}] {
	if t.closed.CompareAndSwap(false, true) {
		t.undone.Follow(future.Async(context.Background(), t.work, func(co *future.Co) (struct{}, error) {
			return struct{}{}, t.end(co)
		}))
	}
	return future.Async(ctx, t.user, func(co *future.Co) (struct{}, error) { return future.Await(co, t.undone.Future()) })
}

// end undoes what was begun.
func (t *TreeCache) end(co *future.Co) error {
	t.cancel()
	if t.stopStart != nil {
		t.stopStart()
	}
	if t.stopState != nil {
		t.stopState()
	}
	t.events.dismiss()
	t.faults.dismiss()
	if t.sub != nil {
		if _, err := future.Await(co, t.sub.Close(context.Background())); err != nil {
			return err
		}
	}
	err := t.unwatch(co)
	t.root.node.Store(nil)
	t.root.kids.Store(nil)
	t.todo = nil
	if _, stopped := future.Await(co, behind(t.user)); stopped != nil {
		return stopped
	}
	return err
}

// unwatch takes the one-shot watches of all nodes back, some at a time.
func (t *TreeCache) unwatch(co *future.Co) (err error) {
	var some []future.Outcome
	wait := func() {
		if _, e := future.Await(co, future.Join(some...)); e != nil {
			err = e
		}
		some = some[:0]
	}
	t.walk(t.root, func(n *treeNode) {
		some = append(some, n.disarm()...)
		if len(some) >= treeWindow {
			wait()
		}
	})
	wait()
	return err
}

// walk calls fn with n and every place below it, parents first.
func (t *TreeCache) walk(n *treeNode, fn func(*treeNode)) {
	fn(n)
	for _, kid := range n.children() {
		t.walk(kid, fn)
	}
}
