package recipes

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// ErrEmpty is the outcome of a TryGet of a queue that has nothing to give.
var ErrEmpty = errors.New("recipes: the queue is empty")

// A PutOption configures Put and PutAll of a queue.
type PutOption func(*putting)

type putting struct{ priority int }

// Priority is before whom what is put is taken: before everything with a greater number, and behind whatever was put
// before with the same. 0 to 999; default: 100, as with Kazoo.
func Priority(n int) PutOption { return func(p *putting) { p.priority = n } }

// entries are what is in a queue: the children entry-<priority>-<number> of a node.
type entries struct {
	*recipe
	dir   string                   // that node
	ready bool                     // something was put: dir is there
	last  *future.Future[struct{}] // complete when the newest Put has its place among the requests
}

// Put puts an item into the queue. What one client puts is in the order of its calls, as long as no connection is lost
// meanwhile. The item may be changed by the caller once Put has returned.
//
// Errors: if ctx or the session ends before the server's answer, an error whose [zk.MaybeApplied] is true when the item
// may be in the queue. With any other it is not. ErrBadArguments for an invalid path or priority, ErrTooLong, ErrNoAuth,
// ErrClosed.
func (e *entries) Put(ctx context.Context, item []byte, opts ...PutOption) *future.Future[struct{}] {
	return e.PutAll(ctx, [][]byte{item}, opts...)
}

// PutAll puts items into the queue, one behind the other, all or none: it is one transaction, so they must fit into one
// request, see [zk.WithMaxRequest]. Otherwise it is like Put.
func (e *entries) PutAll(ctx context.Context, items [][]byte, opts ...PutOption) *future.Future[struct{}] {
	p := putting{priority: 100}
	for _, opt := range opts {
		opt(&p)
	}
	items = each(items, bytes.Clone)
	return future.Async(ctx, e.work, func(co *future.Co) (struct{}, error) {
		if p.priority < 0 || p.priority > 999 {
			return struct{}{}, &zk.OpError{Op: "put", Path: e.path, Err: fmt.Errorf("%w: priority %d", zk.ErrBadArguments, p.priority)}
		}
		if len(items) == 0 {
			return struct{}{}, nil
		}
		return struct{}{}, e.put(co, ctx, fmt.Sprintf("%s/entry-%03d-", e.dir, p.priority), items)
	}).On(e.user)
}

// put has its turn: when what was put before is on its way, or, before anything has succeeded, is in the queue.
func (e *entries) put(co *future.Co, ctx context.Context, prefix string, items [][]byte) error {
	before, mine := e.last, future.NewPromise[struct{}](e.work)
	e.last = mine.Future()
	if before != nil {
		if _, err := future.Await(co, before); err != nil {
			mine.Follow(before)
			return err
		}
	}
	next := func() { mine.Complete(struct{}{}, nil) }
	defer next()
	number := -1 // ours, of the first item: when those of the server have run out
	fill := func(tx *zk.Txn) {
		for i, item := range items {
			if number < 0 {
				tx.Create(prefix, item, zk.Sequential)
			} else {
				tx.Create(fmt.Sprintf("%s%010d", prefix, number+i), item)
			}
		}
	}
	return e.inSession(co, ctx, func(view *zk.Client) error {
		for {
			err := e.once(co, ctx, view, fill, func() {
				if e.ready {
					next()
				}
			})
			e.ready = err == nil || e.ready && !errors.Is(err, zk.ErrNoNode)
			switch {
			case zk.MaybeApplied(err):
				return err
			case errors.Is(err, zk.ErrNodeExists): // a server of 3.6 or later gives the last number again and again
				number = e.anyUnordered(len(items))
			case !errors.Is(err, zk.ErrNoNode):
				return err
			default:
				if err := e.ensure(co, ctx, view, e.dir); err != nil {
					return err
				}
			}
		}
	})
}

// anyUnordered returns the first of n numbers that decide nothing, see orderedBelow, any of them.
func (e *entries) anyUnordered(n int) int {
	random, _ := strconv.ParseUint(e.cl.GUID()[:8], 16, 32)
	return orderedBelow + int(random%uint64(1<<31-orderedBelow-n))
}

// Len is how many items are in the queue, those that are held included. It counts whatever is below the path.
func (e *entries) Len(ctx context.Context) *future.Future[int] {
	return future.Then(e.reads().Exists(ctx, e.dir), func(st *zk.Stat) (int, error) {
		if st == nil {
			return 0, nil
		}
		return int(st.NumChildren), nil
	}).On(e.user)
}

// An entry is a contender with a priority, three digits, that goes before its number.
type entry struct {
	contender
	priority string
}

// parseEntry reads the name of an entry; ok is false for a foreign node.
func parseEntry(name string) (e entry, ok bool) {
	rest, ours := strings.CutPrefix(name, "entry-")
	if !ours || len(rest) < 4 || rest[3] != '-' || strings.Trim(rest[:3], "0123456789") != "" {
		return e, false
	}
	c, ok := parseContender(name, []string{"entry-" + rest[:4]})
	return entry{c, rest[:3]}, ok
}

// inTurn returns the entries among names, the next to be taken first. When the numbers do not tell the order it returns
// only those that are before all others by their priority.
func (e *entries) inTurn(co *future.Co, ctx context.Context, view *zk.Client, names []string) ([]contender, error) {
	var es []entry
	for _, name := range names {
		if en, ok := parseEntry(name); ok {
			es = append(es, en)
		}
	}
	slices.SortFunc(es, func(a, b entry) int { // numbers that have run out turn negative: those come behind the others
		return cmp.Or(strings.Compare(a.priority, b.priority), cmp.Compare(uint32(a.seq), uint32(b.seq)))
	})
	first := len(es)
	exact := true
	for i := range es {
		if es[i].priority != es[0].priority {
			first = i
			break
		}
		exact = exact && es[i].ordered()
	}
	if exact {
		first = len(es)
	}
	cs := each(es[:first], func(en entry) contender { return en.contender })
	if exact {
		return cs, nil
	}
	return inOrder(co, &attempt{r: e.beside(e.dir), ctx: ctx, view: view}, cs)
}

// removed is told of an entry that we have removed: when the numbers are great, the parent goes too if it is empty, and
// they begin anew.
func (e *entries) removed(en contender) {
	if en.seq > resetAbove || en.seq < 0 {
		e.cl.Delete(context.Background(), e.dir, zk.AnyVersion)
	}
}
