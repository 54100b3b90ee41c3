package recipes

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A LockingQueue lends items to those who ask, by their priority and then in the order in which they were put. An item
// leaves the queue when whoever has it says that it is done: [Item.Consume]. If that one fails, or its session ends, the
// next one gets it: at least once.
//
// Layout: <path>/entries/entry-<priority, three digits>-<number> is an item; <path>/taken/<the same name> is ephemeral and
// says that somebody has it, its data 32 hexadecimal digits. It is Kazoo's, so clients in Go and Python may use one path.
// <path>-ops has a node for each Put that is under way. Other nodes are ignored.
//
//	for {
//		item, err := q.Get(ctx).Wait()
//		if err != nil {
//			return err // ctx has ended, mostly
//		}
//		if err := work(item.Context(ctx), item.Data); err != nil {
//			item.Release(ctx) // for somebody else, or for us again
//		} else if err := item.Consume(ctx).WaitErr(); err != nil {
//			log.Print(err) // ErrNotHeld, mostly: it was lost meanwhile, and somebody else gets it
//		}
//	}
//
// A LockingQueue has one item at a time: Get returns the one in hand until that is consumed, released or lost. Who wants
// several has several LockingQueues on one path.
//
// SUSPENDED: waiting goes on; an [Item] is lost by the clock, see [Held], or at once with [LostOnSuspended]. LOST: waiting
// starts anew in the next session; an Item is lost, and offered to others. Cancelled or timed out: what was being taken is
// given back. Path deleted: it is made anew, and who waits goes on waiting. Left behind on failure: nothing but the paths.
//
// What is said of [Queue] about size and number holds here too: every change wakes all who wait in Get.
type LockingQueue struct {
	entries
	taken string // path of the nodes that say what is taken

	item *Item                     // in hand, or not any more
	busy *future.Promise[struct{}] // there is a Get; complete when it has ended
}

// NewLockingQueue returns a queue on path, which is created when it is needed. It makes nothing and cannot fail.
func NewLockingQueue(cl *zk.Client, path string, opts ...Option) *LockingQueue {
	r := newRecipe(cl, "locking-queue", path, opts)
	r.opt.notEphemeral = false // what the dead have taken must be given to others
	return &LockingQueue{entries: entries{recipe: r, dir: path + "/entries"}, taken: path + "/taken"}
}

// Get returns the item in hand, if there is one. Otherwise it takes the next one that nobody has, and waits until there
// is one. When ctx ends first it fails with ctx's error.
//
// Errors: ErrNoAuth if an item may not be read or taken, ErrBadArguments for an invalid path, ErrClosed.
func (q *LockingQueue) Get(ctx context.Context) *future.Future[*Item] { return q.start(ctx, true) }

// TryGet is Get that does not wait for an item: it fails with [ErrEmpty] if there is none that nobody has, or if another
// Get of this LockingQueue waits for one.
func (q *LockingQueue) TryGet(ctx context.Context) *future.Future[*Item] { return q.start(ctx, false) }

func (q *LockingQueue) start(ctx context.Context, wait bool) *future.Future[*Item] {
	return future.Async(ctx, q.work, func(co *future.Co) (*Item, error) {
		for q.busy != nil {
			if !wait {
				return nil, ErrEmpty
			}
			if _, err := future.Await(co, q.busy.Future()); err != nil {
				return nil, err
			}
		}
		if q.item != nil && q.item.Err() == nil {
			return q.item, nil
		}
		q.busy = future.NewPromise[struct{}](q.work)
		defer func() {
			q.busy.Complete(struct{}{}, nil)
			q.busy = nil
		}()
		it := &Item{q: q}
		held, err := q.insist(co, ctx, func(at *attempt) (*Held, error) {
			return q.next(co, at, it, wait)
		})
		if err != nil {
			return nil, err
		}
		it.Held, q.item = held, it
		return it, nil
	}).On(q.user)
}

// next takes the next entry that nobody has, and fills it in.
func (q *LockingQueue) next(co *future.Co, at *attempt, it *Item, wait bool) (*Held, error) {
	var l *look
	defer func() { l.end() }()
	for watch := false; ; {
		if !wait { // a follower may be late
			if _, err := future.Await(co, at.view.WithRetry(patient).Sync(at.ctx, q.path)); err != nil {
				return nil, err
			}
		}
		newer, err := q.look(co, at.ctx, at.view, watch, q.dir, q.taken)
		l.end()
		l = newer
		if err != nil {
			return nil, err
		}
		free := slices.DeleteFunc(l.names[0], func(name string) bool { return slices.Contains(l.names[1], name) })
		es, looked := q.inTurn(co, at.ctx, at.view, free)
		if err := q.again(co, at.ctx, at.view, looked); err != nil {
			return nil, err
		}
		for _, it.entry = range es {
			held, err := q.take(co, at, it)
			if err == nil || !errors.Is(err, errTaken) {
				return held, err
			}
		}
		switch {
		case looked != nil || len(es) > 0: // others have them: look again
		case !wait:
			return nil, ErrEmpty
		case !watch:
			watch = true
		default:
			if _, err := future.Await(co, l.changed.Future()); err != nil {
				return nil, err
			}
		}
	}
}

// errTaken: somebody else was faster.
var errTaken = errors.New("recipes: taken by somebody else")

// take takes an entry and reads it.
func (q *LockingQueue) take(co *future.Co, at *attempt, it *Item) (*Held, error) {
	ctx := context.WithoutCancel(at.ctx)
	it.path = q.dir + "/" + it.entry.name
	claim, guid := q.taken+"/"+it.entry.name, q.cl.GUID()
	at.made = future.Async(ctx, q.work, func(co *future.Co) (zk.Created, error) { return q.claim(co, ctx, at.view, it.path, claim, guid) })
	made, known, err := awaitEnd(co, at.made)
	if err != nil {
		if known { // it has left nothing
			at.made = nil
		}
		return nil, err
	}
	at.watchOwn(made)
	node, err := future.Await(co, at.view.WithRetry(patient).Get(at.ctx, it.path))
	if errors.Is(err, zk.ErrNoNode) {
		err = errGone // somebody does not care for who has it
	}
	if err != nil {
		return nil, err
	}
	it.Data, it.czxid = node.Data, node.Czxid
	return newHeld(at, made)
}

// claim makes the node that says that an entry is taken, if the entry is there and nobody has it. It leaves none if it
// fails. Of a node that is there already, the data tells whether an earlier try has made it.
func (q *LockingQueue) claim(co *future.Co, ctx context.Context, view *zk.Client, entry, path, guid string) (zk.Created, error) {
	doubt := false
	for {
		tx := view.Txn()
		tx.Check(entry, zk.AnyVersion)
		made := tx.Create(path, []byte(guid), zk.Ephemeral)
		_, err := future.Await(co, tx.Commit(ctx))
		if err == nil {
			return future.Await(co, made)
		}
		doubt = doubt || zk.MaybeApplied(err)
		if retriable(err) || errors.Is(err, zk.ErrOverloaded) || errors.Is(err, zk.ErrNotReadOnly) {
			if err = q.again(co, ctx, view, err); err != nil {
				return zk.Created{}, err
			}
			continue
		}
		if doubt && !errors.Is(err, zk.ErrSessionExpired) {
			node, e := future.Await(co, view.WithRetry(patient).Get(ctx, path))
			if e == nil && string(node.Data) == guid {
				return zk.Created{Path: path, Stat: node.Stat}, nil // also if the entry is gone: that is seen next
			}
			if e != nil && !errors.Is(e, zk.ErrNoNode) {
				return zk.Created{}, e
			}
		}
		var te *zk.TxnError
		switch {
		case errors.Is(err, zk.ErrNodeExists), errors.As(err, &te) && te.Index == 0 && errors.Is(err, zk.ErrNoNode):
			err = errTaken
		case errors.Is(err, zk.ErrNoNode):
			if err = q.ensure(co, ctx, view, q.taken); err == nil {
				continue
			}
		}
		return zk.Created{}, err
	}
}

// ErrNotHeld is the outcome of a Consume or Release of an item that is not in hand any more.
var ErrNotHeld = errors.New("recipes: the item is not held")

// An Item is an item of a [LockingQueue] that its holder has in hand. Everything about [Held] holds for it: it may be lost,
// and somebody else may have it then; its Context ends with it; Txn changes something else only if it is still in hand.
type Item struct {
	*Held
	Data []byte

	q     *LockingQueue
	entry contender
	path  string // of the entry
	czxid int64  // of its creation
}

// Consume removes the item from the queue: it is done. It is not in hand any more when Consume returns; the future completes
// when it is removed. When ctx ends first the removal goes on.
//
// Errors: [ErrNotHeld] if it was consumed, released or lost before: then it is still in the queue, or somebody else has
// consumed it. If [zk.MaybeApplied] is true of the error, the session ended before the answer, and it may be removed.
// ErrNoAuth; ErrNoNode if somebody has deleted it, whoever had it.
func (i *Item) Consume(ctx context.Context) *future.Future[struct{}] {
	return i.finish(ctx, "consume", i.consume)
}

// Release gives the item back: others may get it, and this LockingQueue too. It is not in hand any more when Release
// returns; the future completes when others may have it. When ctx ends first the release goes on.
//
// Errors: [ErrNotHeld] if it was consumed, released or lost before.
func (i *Item) Release(ctx context.Context) *future.Future[struct{}] {
	return i.finish(ctx, "release", i.remove)
}

func (i *Item) finish(ctx context.Context, op string, how func() *future.Future[struct{}]) *future.Future[struct{}] {
	if i.Err() != nil || !i.endBy(ErrReleased, how) {
		return future.Failed[struct{}](&zk.OpError{Op: op, Path: i.path, Err: ErrNotHeld}).On(i.r.user)
	}
	return i.whenGone(ctx)
}

// consume removes the entry and what says that it is taken, or else only the latter.
func (i *Item) consume() *future.Future[struct{}] {
	ctx := context.Background()
	try := func() *future.Future[struct{}] {
		tx := i.view.Txn()
		tx.Delete(i.Held.path, zk.AnyVersion)
		tx.Delete(i.path, zk.AnyVersion)
		return tx.Commit(ctx)
	}
	first := try()
	return future.Async(ctx, i.r.work, func(co *future.Co) (struct{}, error) {
		err := i.consumed(co, ctx, first, try)
		switch {
		case err == nil:
			i.q.removed(i.entry)
		case !errors.Is(err, zk.ErrSessionExpired) && !errors.Is(err, ErrNotHeld):
			_, _ = future.Await(co, i.remove()) // what fails here fails because the session has ended
		}
		return struct{}{}, err
	})
}

// consumed tries again until it is known what became of a first try.
func (i *Item) consumed(co *future.Co, ctx context.Context, first *future.Future[struct{}], try func() *future.Future[struct{}]) error {
	var doubt error // of a try that may have been carried out
	for f := first; ; f = try() {
		_, err := future.Await(co, f)
		if zk.MaybeApplied(err) {
			doubt = err
		}
		var te *zk.TxnError
		switch {
		case err == nil:
			return nil
		case errors.Is(err, zk.ErrSessionExpired):
			if doubt != nil {
				return fmt.Errorf("%w: %w", zk.ErrSessionExpired, doubt)
			}
			return i.notHeld()
		case errors.As(err, &te) && te.Index == 0 && errors.Is(err, zk.ErrNoNode):
			if doubt == nil {
				return i.notHeld()
			}
			return i.settled(co, ctx, doubt)
		case errors.As(err, &te): // what says that it is taken was there: no try was carried out
			return err
		}
		if err = i.r.again(co, ctx, i.view, err); err != nil {
			return inDoubt(doubt, err)
		}
		if doubt == nil {
			continue
		}
		// When numbers have run out both names come again, and another try could remove what is somebody else's.
		there, err := i.r.isThere(co, ctx, i.view, i.Held.path, i.token)
		if err != nil {
			return inDoubt(doubt, err)
		}
		if !there {
			return i.settled(co, ctx, doubt)
		}
	}
}

// settled is what has become of the item if a try is in doubt and what says that it is taken is not there: nobody else
// removes that; and if somebody has, the entry tells.
func (i *Item) settled(co *future.Co, ctx context.Context, doubt error) error {
	switch there, err := i.r.isThere(co, ctx, i.view, i.path, i.czxid); {
	case err != nil:
		return inDoubt(doubt, err)
	case there:
		return i.notHeld()
	}
	return nil
}

func (i *Item) notHeld() error { return &zk.OpError{Op: "consume", Path: i.path, Err: ErrNotHeld} }
