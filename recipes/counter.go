package recipes

import (
	"context"
	"errors"
	"fmt"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// What a counter refuses.
var (
	// ErrOutOfRange: the sum is no int64, or no int32 with [CuratorNames], or no finite float64. Nothing was added.
	ErrOutOfRange = errors.New("recipes: counter out of range")
	// ErrNotANumber: the node's data is not what such a counter has.
	ErrNotANumber = errors.New("recipes: data is not a number")
)

// WithDefault sets what a [Counter] or a [FloatCounter] begins with: its value while its node is missing or has no data. It
// is 0 otherwise. A Counter takes no fractions. All clients of a counter must give the same.
func WithDefault[N int | int64 | float64](n N) Option {
	return func(o *options) {
		if o.begin = float64(n); float64(int64(n)) == float64(n) {
			o.begin = int64(n)
		}
	}
}

// Added is what an Add has done.
type Added[N int64 | float64] struct {
	Pre  N // the value before
	Post N // and after
}

// A Counter is an integer that many clients add to.
//
// Layout: the data of the path's node, a plain one, is the number as text; none is the default. It is Kazoo's. With
// [CuratorNames] it is four bytes, the most significant first, as in Curator's SharedCount; then it is an int32. While
// somebody adds, <path>-ops/<32 hex digits> is an ephemeral node.
//
// An increment is never applied twice, whatever is lost, and none is lost: a new value is set in a transaction with the
// version of the old one, and with a marker that tells whether that was carried out; see [zk.Txn.Once]. (Kazoo's and Curator's
// counters add twice when an answer is lost. One that is used by theirs as well is as good as they are.) SUSPENDED: it
// goes on with the next connection. LOST: it begins again in the next session, unless nobody can tell any more what became
// of the transaction: then it fails with ErrSessionExpired, and zk.MaybeApplied is true of the error. That is so, too, of
// ctx's error if ctx ended at such a moment. The path and its parents are made again when they were deleted; the counter then
// begins with its default. Left behind on failure: nothing but the path and <path>-ops.
//
// When a node was set 2^31 times its versions turn negative and cannot be compared any more. Then adding fails with
// ErrOutOfRange, until somebody deletes the node and creates it anew with its value.
type Counter struct{ number[int64] }

// NewCounter returns the counter on path. It makes nothing yet.
func NewCounter(cl *zk.Client, path string, opts ...Option) *Counter {
	r := newRecipe(cl, "counter", path, opts)
	n := number[int64]{recipe: r, parse: parseInt, format: formatInt, sum: sumInt}
	if r.opt.names == CuratorStyle {
		n.parse, n.format = parseCurator, formatCurator
	}
	var whole bool
	if n.begin, whole = r.opt.begin.(int64); !whole && r.opt.begin != nil {
		n.bad = n.refuse(fmt.Errorf("%w: a counter of integers begins with %v", zk.ErrBadArguments, r.opt.begin))
	} else if _, err := n.format(n.begin); err != nil {
		n.bad = n.refuse(err)
	}
	return &Counter{n}
}

// Add adds delta, which may be negative, and returns the values before and after. Two round trips, if nobody else adds in
// between; it is repeated until nobody does.
//
// Errors: [ErrOutOfRange], [ErrNotANumber], ErrBadArguments for an invalid path or default, ErrNoAuth,
// ErrNoChildrenForEphemerals, ErrClosed, and what is said above.
func (c *Counter) Add(ctx context.Context, delta int64) *future.Future[Added[int64]] {
	return c.start(ctx, delta)
}

// Value reads the value. A server may lag behind: an Add of 0, or a [zk.Client.Sync] before, shows what others have
// added for certain.
//
// Errors: as those of Add.
func (c *Counter) Value(ctx context.Context) *future.Future[int64] { return c.value(ctx) }

// A FloatCounter is a [Counter] of float64. It has no form for Curator. Sums are rounded, so they depend on the order.
type FloatCounter struct{ number[float64] }

// NewFloatCounter returns the counter on path. It makes nothing yet.
func NewFloatCounter(cl *zk.Client, path string, opts ...Option) *FloatCounter {
	r := newRecipe(cl, "float-counter", path, opts)
	n := number[float64]{recipe: r, parse: parseFloat, format: formatFloat, sum: sumFloat}
	switch begin := r.opt.begin.(type) {
	case int64:
		n.begin = float64(begin)
	case float64:
		n.begin = begin
	}
	if _, err := n.format(n.begin); err != nil {
		n.bad = n.refuse(err)
	}
	if r.opt.names == CuratorStyle {
		n.bad = n.refuse(fmt.Errorf("%w: Curator has no counter of floats", zk.ErrBadArguments))
	}
	return &FloatCounter{n}
}

// Add is [Counter.Add]. A delta that is not finite is refused with ErrBadArguments.
func (c *FloatCounter) Add(ctx context.Context, delta float64) *future.Future[Added[float64]] {
	return c.start(ctx, delta)
}

// Value is [Counter.Value].
func (c *FloatCounter) Value(ctx context.Context) *future.Future[float64] { return c.value(ctx) }
