package recipes

import (
	"context"
	"errors"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A Queue hands out items, each to one who asks, by their priority and then in the order in which they were put.
//
// Layout: <path>/entry-<priority, three digits>-<number> is an item. It is Kazoo's, so clients in Go and Python may use
// one path; Curator's queues have another. <path>-ops has a node for each request that is under way. Other children of the
// path are ignored. When the numbers have run out, after 2^31 items in a queue that was never empty, items get any number
// and are in the order of their creation all the same; who takes one then has the [Lock] <path>-__lock__ meanwhile, because
// names come again.
//
// An item is gone when it is handed out, so whoever dies with one in hand takes it along: at most once. See
// [LockingQueue] for at least once. Nothing is put or taken twice though answers are lost.
//
// SUSPENDED, LOST: Put and Get go on as soon as they can, unless the session ended while nobody can tell what was done;
// see there. Cancelled or timed out: an item that was just being taken is put back in its place, unless the session ends
// before that is done. Path deleted: it is made anew, and who waits goes on waiting. Left behind on failure: nothing but
// these paths.
//
// ZooKeeper is not made for queues: everything is in memory on every server, an item is less than a megabyte, and the
// names of all must fit into one reply, see [zk.WithMaxReply], and into Java's jute.maxbuffer on the servers. A Put wakes
// all who wait in Get. Hundreds of items for tens of clients are well; many more want something else.
type Queue struct {
	entries
	guard contest // see take
}

// NewQueue returns a queue on path, which is created when it is needed. It makes nothing and cannot fail.
func NewQueue(cl *zk.Client, path string, opts ...Option) *Queue {
	r := newRecipe(cl, "queue", path, opts)
	r.opt.notEphemeral = false // the guard of the dead must go
	return &Queue{entries{recipe: r, dir: path}, contest{r.beside(path + "-__lock__"), exclusiveKind}}
}

// Get takes the next item, and waits for one if there is none. When ctx ends first it fails with ctx's error.
//
// Errors: ErrNoAuth if an item may not be read or removed, ErrNotEmpty if somebody has put nodes below it; ErrBadArguments
// for an invalid path, ErrClosed. If [zk.MaybeApplied] is true of the error the session has ended while an item was being
// taken, which is gone: this Get may have taken it, or somebody else. The item comes along with such an error.
func (q *Queue) Get(ctx context.Context) *future.Future[[]byte] { return q.start(ctx, true) }

// TryGet takes the next item if there is one, and fails with [ErrEmpty] otherwise. It is Kazoo's get. The answer is not
// older than the call. Other errors are those of Get.
func (q *Queue) TryGet(ctx context.Context) *future.Future[[]byte] { return q.start(ctx, false) }

func (q *Queue) start(ctx context.Context, wait bool) *future.Future[[]byte] {
	return future.Async(ctx, q.work, func(co *future.Co) ([]byte, error) {
		for {
			var item []byte
			var what *taking
			err := q.inSession(co, ctx, func(view *zk.Client) (err error) {
				item, what, err = q.next(co, ctx, view, wait)
				return err
			})
			if err == nil {
				return item, nil
			}
			if !zk.MaybeApplied(err) {
				return nil, err
			}
			if what == nil { // it was about to be taken
				return nil, err
			}
			// What that session has not done by the beginning of the next it never does.
			if there, e := q.isThere(co, ctx, q.cl, what.node.Path, what.node.Czxid); e != nil || !there {
				return what.node.Data, err
			}
		}
	}).On(q.user)
}

// A taking is the removal of an entry.
type taking struct {
	node zk.Node
	done *future.Future[struct{}] // not bounded by the context of who wants it: see putBack
}

// next takes the next entry. The error's MaybeApplied is true if the session has ended in the middle.
func (q *Queue) next(co *future.Co, ctx context.Context, view *zk.Client, wait bool) ([]byte, *taking, error) {
	var l *look
	defer func() { l.end() }()
	for watch := false; ; {
		if !wait { // a follower may be late
			if _, err := future.Await(co, view.WithRetry(patient).Sync(ctx, q.path)); err != nil {
				return nil, nil, err
			}
		}
		newer, err := q.look(co, ctx, view, watch, q.dir)
		l.end()
		l = newer
		if err != nil {
			return nil, nil, err
		}
		es, looked := q.inTurn(co, ctx, view, l.names[0])
		if err := q.again(co, ctx, view, looked); err != nil {
			return nil, nil, err
		}
		for _, en := range es {
			t, err := q.take(co, ctx, view, en)
			switch {
			case err == nil:
				return t.node.Data, t, nil
			case !errors.Is(err, errGone):
				return nil, t, err
			}
		}
		switch {
		case looked != nil || len(es) > 0: // they are gone: look again
		case !wait:
			return nil, nil, ErrEmpty
		case !watch:
			watch = true
		default:
			if _, err := future.Await(co, l.changed.Future()); err != nil {
				return nil, nil, err
			}
		}
	}
}

// take removes an entry; errGone: somebody else was faster.
func (q *Queue) take(co *future.Co, ctx context.Context, view *zk.Client, en contender) (*taking, error) {
	if en.ordered() {
		return q.takeIf(co, ctx, view, en, func(*zk.Txn) {})
	}
	// Between the look at the node and its removal there may be another one of its name, with the same version.
	alone, err := q.guard.acquire(co, ctx, true)
	if err != nil {
		return nil, err
	}
	defer alone.Release(context.WithoutCancel(ctx))
	return q.takeIf(co, ctx, view, en, func(tx *zk.Txn) { tx.Check(alone.Path(), zk.AnyVersion) })
}

// takeIf removes an entry in one transaction with conditions.
func (q *Queue) takeIf(co *future.Co, ctx context.Context, view *zk.Client, en contender, conditions func(tx *zk.Txn)) (*taking, error) {
	path := q.dir + "/" + en.name
	node, err := future.Await(co, view.WithRetry(patient).Get(ctx, path))
	if errors.Is(err, zk.ErrNoNode) {
		return nil, errGone
	}
	if err != nil {
		return nil, err
	}
	t := &taking{node: node}
	on := context.WithoutCancel(ctx)
	t.done = future.Async(on, q.work, func(co *future.Co) (struct{}, error) {
		return struct{}{}, q.once(co, on, view, func(tx *zk.Txn) {
			conditions(tx)
			tx.Delete(path, node.Version)
		}, nil)
	})
	_, known, err := awaitEnd(co, t.done)
	switch {
	case err == nil:
		q.removed(en)
		return t, nil
	case !known: // and nobody waits for it any more
		q.putBack(on, t)
		return nil, err
	case zk.MaybeApplied(err):
		return t, err
	case errors.Is(err, zk.ErrNoNode), errors.Is(err, zk.ErrBadVersion):
		return nil, errGone
	}
	return nil, err
}

// putBack makes an entry anew, under its name, when it turns out to have been removed for nobody.
func (q *Queue) putBack(ctx context.Context, t *taking) {
	future.Async(ctx, q.work, func(co *future.Co) (struct{}, error) {
		if _, err := future.Await(co, t.done); err != nil {
			return struct{}{}, err
		}
		// It is lost if the session ends before the answer, and if the queue was deleted meanwhile.
		err := q.inSession(co, ctx, func(view *zk.Client) error {
			return q.once(co, ctx, view, func(tx *zk.Txn) { tx.Create(t.node.Path, t.node.Data) }, nil)
		})
		if errors.Is(err, zk.ErrNodeExists) && !zk.MaybeApplied(err) { // the name has come again
			err = q.put(co, ctx, t.node.Path[:len(q.dir)+len("/entry-000-")], [][]byte{t.node.Data})
		}
		return struct{}{}, err
	})
}
