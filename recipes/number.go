package recipes

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A number is the work of a counter: a value in a node, and how it is written there.
type number[N int64 | float64] struct {
	*recipe
	begin  N
	bad    error // why nothing can be done
	parse  func(data []byte) (N, error)
	format func(N) ([]byte, error)
	sum    func(a, b N) (N, error)
}

func (n *number[N]) refuse(err error) error {
	return &zk.OpError{Op: "counter", Path: n.path, Err: err}
}

// start is Add.
func (n *number[N]) start(ctx context.Context, delta N) *future.Future[Added[N]] {
	return future.Async(ctx, n.work, func(co *future.Co) (sum Added[N], err error) {
		if n.bad != nil {
			return sum, n.bad
		}
		err = n.inSession(co, ctx, func(view *zk.Client) (err error) {
			sum, err = n.add(co, ctx, view, delta)
			return err
		})
		if err != nil {
			return Added[N]{}, err
		}
		return sum, nil
	}).On(n.user)
}

// add reads and sets until nobody else has set in between.
func (n *number[N]) add(co *future.Co, ctx context.Context, view *zk.Client, delta N) (sum Added[N], err error) {
	for {
		old, version, err := n.read(co, ctx, view)
		if err != nil {
			return sum, err
		}
		sum.Pre = old
		if sum.Post, err = n.sum(old, delta); err != nil {
			return sum, n.refuse(err)
		}
		data, err := n.format(sum.Post)
		switch {
		case err != nil:
			return sum, n.refuse(err)
		case version < missing:
			return sum, n.refuse(fmt.Errorf("%w: versions of the node have run out", ErrOutOfRange))
		}
		err = n.once(co, ctx, view, func(tx *zk.Txn) {
			if version == missing {
				tx.Create(n.path, data)
			} else {
				tx.Set(n.path, data, version)
			}
		}, nil)
		switch {
		case zk.MaybeApplied(err):
			return sum, err
		case errors.Is(err, zk.ErrBadVersion), errors.Is(err, zk.ErrNodeExists), errors.Is(err, zk.ErrNoNode):
			continue // somebody was quicker
		}
		return sum, err
	}
}

// missing is the version of no node.
const missing = -1

// read returns the value, and the version that it has.
func (n *number[N]) read(co *future.Co, ctx context.Context, view *zk.Client) (v N, version int32, err error) {
	for {
		node, err := future.Await(co, view.Get(ctx, n.path))
		switch {
		case errors.Is(err, zk.ErrNoNode):
			return n.begin, missing, nil
		case err != nil:
			if err = n.again(co, ctx, view, err); err != nil {
				return v, 0, err
			}
			continue
		}
		if version = node.Version; version < 0 {
			version = missing - 1
		}
		if len(node.Data) == 0 {
			return n.begin, version, nil
		}
		v, err := n.parse(node.Data)
		if err != nil {
			err = n.refuse(err)
		}
		return v, version, err
	}
}

// value is Value.
func (n *number[N]) value(ctx context.Context) *future.Future[N] {
	return future.Async(ctx, n.work, func(co *future.Co) (v N, err error) {
		if n.bad != nil {
			return v, n.bad
		}
		v, _, err = n.read(co, ctx, n.cl)
		return v, err
	}).On(n.user)
}

// The forms of numbers. Kazoo's are Python's, which may have spaces around them.

func parseInt(data []byte) (int64, error) {
	v, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return v, unreadable(data, err)
}

func formatInt(v int64) ([]byte, error) { return strconv.AppendInt(nil, v, 10), nil }

func parseCurator(data []byte) (int64, error) {
	if len(data) != 4 {
		return 0, fmt.Errorf("%w: %d bytes instead of 4", ErrNotANumber, len(data))
	}
	return int64(int32(binary.BigEndian.Uint32(data))), nil
}

func formatCurator(v int64) ([]byte, error) {
	if int64(int32(v)) != v {
		return nil, fmt.Errorf("%w: %d is no int32", ErrOutOfRange, v)
	}
	return binary.BigEndian.AppendUint32(nil, uint32(v)), nil
}

func parseFloat(data []byte) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(string(data)), 64)
	return v, unreadable(data, err)
}

func formatFloat(v float64) ([]byte, error) {
	if err := finite(v); err != nil {
		return nil, err
	}
	return strconv.AppendFloat(nil, v, 'g', -1, 64), nil
}

// unreadable is err in our terms. It says how much there is, not what: that may be anything.
func unreadable(data []byte, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("%w: as it is", ErrOutOfRange)
	}
	return fmt.Errorf("%w: %d bytes", ErrNotANumber, len(data))
}

func sumInt(a, b int64) (int64, error) {
	sum := a + b
	if (sum > a) != (b > 0) && b != 0 {
		return 0, fmt.Errorf("%w: %d and %d", ErrOutOfRange, a, b)
	}
	return sum, nil
}

func sumFloat(a, b float64) (float64, error) {
	if finite(b) != nil {
		return 0, fmt.Errorf("%w: %v is not finite", zk.ErrBadArguments, b)
	}
	return a + b, finite(a + b)
}

func finite(v float64) error {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return fmt.Errorf("%w: %v", ErrOutOfRange, v)
	}
	return nil
}
