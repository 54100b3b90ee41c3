package zk

import (
	"context"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// Get reads a node's data and Stat.
//
// Errors: ErrNoNode; ErrNoAuth without permission to read; and those of every operation: ErrBadArguments
// for an invalid path, ErrConnectionLoss, ErrSessionExpired, ErrClosed, ErrOverloaded, ctx's error.
func (c *Client) Get(ctx context.Context, path string) *future.Future[Node] {
	if err := c.valid(path, false); err != nil {
		return failed[Node](c, wire.OpGetData, path, err)
	}
	return submit[Node](ctx, c, wire.OpGetData, path, getKind{})
}

// Exists returns a node's Stat, or nil if there is no such node.
//
// Errors: ErrNoAuth without permission to read (servers from 3.8.4 and 3.9.2 on), and those of every operation.
func (c *Client) Exists(ctx context.Context, path string) *future.Future[*Stat] {
	full, err := c.path(path)
	if err != nil {
		return failed[*Stat](c, wire.OpExists, path, err)
	}
	return submit[*Stat](ctx, c, wire.OpExists, path, existsKind{full, false})
}

// Children lists the names of a node's children, and returns its Stat.
//
// Errors: ErrNoNode, ErrNoAuth without permission to read, and those of every operation.
func (c *Client) Children(ctx context.Context, path string) *future.Future[ChildList] {
	full, err := c.path(path)
	if err != nil {
		return failed[ChildList](c, wire.OpGetChildren2, path, err)
	}
	return submit[ChildList](ctx, c, wire.OpGetChildren2, path, childrenKind{full, false})
}

// GetACL reads a node's access control list and Stat. Without permission to administrate, the
// hashes of digest identities are hidden.
//
// Errors: ErrNoNode, ErrNoAuth, and those of every operation.
func (c *Client) GetACL(ctx context.Context, path string) *future.Future[ACLList] {
	full, err := c.path(path)
	if err != nil {
		return failed[ACLList](c, wire.OpGetACL, path, err)
	}
	return submit[ACLList](ctx, c, wire.OpGetACL, path, getACLKind{full})
}

// An ACLList is a node's access control list and Stat.
type ACLList struct {
	ACL []ACL
	Stat
}

// Sync brings the connected server up to date: a read that follows it, without waiting for it, sees
// every write that was complete before the leader handled the sync. A client that is connected to the
// leader itself has less: the leader answers at once, and may be a moment behind followers that have
// answered a write of somebody else already. Who must not miss that waits for a write of their own.
func (c *Client) Sync(ctx context.Context, path string) *future.Future[struct{}] {
	full, err := c.path(path)
	if err != nil {
		return failed[struct{}](c, wire.OpSync, path, err)
	}
	return submit[struct{}](ctx, c, wire.OpSync, path, syncKind{full})
}

// getKind is getData of the operation's path. It is the most frequent operation of all, and so has no path of its own, is
// encoded and decoded by hand, and allocates nothing but the data.
type getKind struct{}

func (getKind) encode(o *base, e *wire.Encoder) error {
	if err := e.WritePath(o.c.chroot, o.path); err != nil {
		return err
	}
	return e.WriteBoolean(o.req.Watch != nil)
}

func (getKind) decode(o *base, d *wire.Decoder, _ *session.Reply) (Node, error) {
	b, err := d.ReadBuffer()
	if err != nil {
		return Node{}, err
	}
	st, err := readStat(d)
	return Node{Path: o.path, Data: b, Stat: st}, err
}

// fullKind is getData of a path as the server names it.
type fullKind struct {
	path  string
	watch bool
}

func (k fullKind) encode(_ *base, e *wire.Encoder) error {
	r := proto.GetDataRequest{Path: k.path, Watch: k.watch}
	return r.Write(e)
}

func (fullKind) decode(o *base, d *wire.Decoder, r *session.Reply) (Node, error) {
	return getKind{}.decode(o, d, r)
}

func readStat(d *wire.Decoder) (Stat, error) {
	var st data.Stat
	err := d.ReadStat(&st)
	return Stat(st), err
}

type existsKind struct {
	path  string
	watch bool
}

func (k existsKind) encode(_ *base, e *wire.Encoder) error {
	r := proto.ExistsRequest{Path: k.path, Watch: k.watch}
	return r.Write(e)
}

func (k existsKind) decode(_ *base, d *wire.Decoder, _ *session.Reply) (*Stat, error) {
	st, err := readStat(d)
	if err != nil {
		return nil, err
	}
	return &st, nil
}

func (k existsKind) excuse(_ *base, r *session.Reply) (*Stat, bool) {
	return nil, r.Replied && r.Err == ErrNoNode
}

type childrenKind struct {
	path  string
	watch bool
}

func (k childrenKind) encode(_ *base, e *wire.Encoder) error {
	r := proto.GetChildren2Request{Path: k.path, Watch: k.watch}
	return r.Write(e)
}

func (k childrenKind) decode(o *base, d *wire.Decoder, _ *session.Reply) (ChildList, error) {
	var r proto.GetChildren2Response
	if err := d.Decode(&r); err != nil {
		return ChildList{}, err
	}
	list := ChildList{Names: r.Children, Stat: Stat(r.Stat)}
	if k.watch && list.stuck() {
		o.c.mute.add(o.req.Watch.Call.(*watch))
	}
	return list, nil
}

type getACLKind struct{ path string }

func (k getACLKind) encode(_ *base, e *wire.Encoder) error {
	r := proto.GetACLRequest{Path: k.path}
	return r.Write(e)
}

func (k getACLKind) decode(_ *base, d *wire.Decoder, _ *session.Reply) (ACLList, error) {
	var r proto.GetACLResponse
	if err := d.Decode(&r); err != nil {
		return ACLList{}, err
	}
	return ACLList{ACL: fromWire(r.Acl), Stat: Stat(r.Stat)}, nil
}

type syncKind struct{ path string }

func (k syncKind) encode(_ *base, e *wire.Encoder) error {
	r := proto.SyncRequest{Path: k.path}
	return r.Write(e)
}

func (syncKind) decode(*base, *wire.Decoder, *session.Reply) (struct{}, error) {
	return struct{}{}, nil
}
