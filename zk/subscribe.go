package zk

import (
	"context"
	"errors"
	"fmt"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// A WatchType is a kind of watch, for [Client.Subscribe] and [Client.RemoveWatches].
type WatchType = wire.WatcherType

// The kinds of watches. Subscribe takes the last two.
const (
	ChildrenWatch            = wire.WatcherChildren            // of ChildrenAndWatch
	DataWatch                = wire.WatcherData                // of GetAndWatch and ExistsAndWatch
	AnyWatch                 = wire.WatcherAny                 // all on the path
	PersistentWatch          = wire.WatcherPersistent          // a subscription to one node (server 3.6)
	PersistentRecursiveWatch = wire.WatcherPersistentRecursive // a subscription to a node and all below it (server 3.6)
)

// A SubscribeOption changes one subscription. A bad one makes Subscribe fail with ErrBadArguments.
type SubscribeOption func(*subscribing) error

type subscribing struct {
	buffer  int
	lane    handler.Lane
	degrade bool
}

// Buffered bounds the events that have not been received yet. Where one more comes, all of them are
// replaced by one Resync with Overflow. Default 1024; at most 2^24.
func Buffered(n int) SubscribeOption {
	return func(o *subscribing) error {
		if n < 1 {
			return fmt.Errorf("a buffer of %d events: must be positive", n)
		}
		if n > 1<<24 {
			return fmt.Errorf("a buffer of %d events: must not be larger than 2^24", n)
		}
		o.buffer = n
		return nil
	}
}

// OnLane has the subscription's callbacks run on l. Default: each subscription has a lane of its own.
func OnLane(l handler.Lane) SubscribeOption {
	return func(o *subscribing) error {
		if l == nil {
			return errors.New("lane: must not be nil")
		}
		o.lane = l
		return nil
	}
}

// DegradeToOneShot has a [PersistentWatch] subscription work on servers before 3.6 as well, by the one-shot watches of
// exists and getChildren, which the client sets again whenever they fire. The promises are the same, at a price: a
// [Resync] comes also where the client cannot know that nothing happened before the watch was set again, which is
// always so behind NodeCreated and NodeDeleted; each change of the list of children costs the reading of the whole list,
// and so the node must be readable (ErrNoAuth). A [PersistentRecursiveWatch] cannot be had like that: it fails with
// ErrUnimplemented all the same. Default: ErrUnimplemented for both. Servers from 3.6 on do not notice the option.
func DegradeToOneShot() SubscribeOption {
	return func(o *subscribing) error { o.degrade = true; return nil }
}

// Subscribe watches a node for as long as the subscription is open. The future completes when the server
// has the watch: every change after that is told. The node need not exist.
//
//   - [PersistentWatch]: the node is created, deleted, its data or its list of children changes.
//   - [PersistentRecursiveWatch]: the node or one below it is created, deleted or its data changes. There is
//     no NodeChildrenChanged: the child's own event says it.
//
// A subscription survives connections and sessions. What happened while there was no connection nobody
// tells, so each time, and when a slow receiver lets the buffer overflow, one event of type [Resync]
// comes in its place: whatever was read before may be out of date, and what is read from then on is
// followed by every later change. What was received last before may be told nowhere else.
//
// All subscriptions and one-shot watches of a client and its views share one watch of the server for a
// path. Where both kinds of subscriptions are on one path, the NodeChildrenChanged of the one are made from
// what the other's watch tells: creation and deletion of a child. Servers from 3.8.4 and 3.9.2 on tell
// nothing of nodes that may not be read, so there the two differ.
//
// A view's subscription ends with the view, that of [Client.Pinned] with the session.
//
// Errors: ErrUnimplemented on a server before 3.6 (but see [DegradeToOneShot]), and those of every operation.
func (c *Client) Subscribe(ctx context.Context, path string, t WatchType, opts ...SubscribeOption) *future.Future[*Subscription] {
	mustContext(ctx)
	o := subscribing{buffer: 1024}
	full, err := c.path(path)
	if err == nil && t != PersistentWatch && t != PersistentRecursiveWatch {
		err = fmt.Errorf("%w: %v watches are not for Subscribe", ErrBadArguments, t)
	}
	for _, opt := range opts {
		if err == nil && opt == nil {
			err = fmt.Errorf("%w: option: must not be nil", ErrBadArguments)
		}
		if err == nil {
			if bad := opt(&o); bad != nil {
				err = fmt.Errorf("%w: %w", ErrBadArguments, bad)
			}
		}
	}
	if err != nil {
		return failed[*Subscription](c, wire.OpAddWatch, path, err)
	}
	s := newSubscription(c, full, t, o)
	return submit[*Subscription](ctx, c, wire.OpAddWatch, path, subscribeKind{s})
}

// subscribeKind is addWatch. The mode stands last in its body, since the machine may change it.
type subscribeKind struct{ s *Subscription }

func (k subscribeKind) encode(_ *base, e *wire.Encoder) error {
	mode := wire.ModePersistent
	if k.s.sub.Recursive {
		mode = wire.ModePersistentRecursive
	}
	return e.Encode(&proto.AddWatchRequest{Path: k.s.sub.Path, Mode: int32(mode)})
}

func (k subscribeKind) decode(_ *base, d *wire.Decoder, _ *session.Reply) (*Subscription, error) {
	var r proto.ErrorResponse
	if err := d.Decode(&r); err != nil {
		k.s.end(context.Background(), err) // nobody will ever hold it
		return nil, err
	}
	if !k.s.c.own.add(k.s) {
		k.s.end(context.Background(), ErrClosed)
	}
	return k.s, nil
}

func (k subscribeKind) explain(err error) error { return k.s.explain(err) }

func (k subscribeKind) sub() *session.Sub { return &k.s.sub }

// A subber is the kind of an addWatch request.
type subber interface{ sub() *session.Sub }

// Sub makes an op a session.Subscriber.
func (o *op[T, K]) Sub() *session.Sub {
	if k, ok := any(&o.k).(subber); ok {
		return k.sub()
	}
	return nil
}
