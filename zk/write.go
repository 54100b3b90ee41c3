package zk

import (
	"context"
	"fmt"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// Set replaces a node's data if its version is the given one, or whatever it is with [AnyVersion].
// It returns the new Stat. data may be changed by the caller once Set has returned.
//
// Errors: ErrNoNode, ErrBadVersion, ErrNoAuth without permission to write, ErrTooLong, and those of
// every operation; [MaybeApplied] tells whether a failed one may have been carried out.
func (c *Client) Set(ctx context.Context, path string, data []byte, version int32, opts ...WriteOption) *future.Future[Stat] {
	full, err := c.path(path)
	if err == nil {
		err = checkVersion(version)
	}
	if err == nil {
		err = c.checkSize(len(data))
	}
	if err != nil {
		return failed[Stat](c, wire.OpSetData, path, err)
	}
	return submit[Stat](ctx, c, wire.OpSetData, path, setKind{full, data, version, isIdempotent(opts)})
}

// Delete removes a node without children if its version is the given one, or [AnyVersion].
//
// Errors: ErrNoNode, ErrBadVersion, ErrNotEmpty, ErrNoAuth without permission to delete children of
// the parent, and those of every operation, as with Set.
func (c *Client) Delete(ctx context.Context, path string, version int32) *future.Future[struct{}] {
	full, err := c.path(path)
	if err == nil {
		err = checkVersion(version)
	}
	if err != nil {
		return failed[struct{}](c, wire.OpDelete, path, err)
	}
	return submit[struct{}](ctx, c, wire.OpDelete, path, deleteKind{full, version})
}

// SetACL replaces a node's access control list if the list's version (Stat.Aversion) is the given one,
// or [AnyVersion]. It fires no watch.
//
// Errors: ErrNoNode, ErrBadVersion, ErrInvalidACL, ErrNoAuth without permission to administrate, and
// those of every operation, as with Set.
func (c *Client) SetACL(ctx context.Context, path string, acl []ACL, version int32, opts ...WriteOption) *future.Future[Stat] {
	full, err := c.path(path)
	if err == nil {
		err = checkVersion(version)
	}
	if err == nil {
		err = checkACL(acl)
	}
	if err != nil {
		return failed[Stat](c, wire.OpSetACL, path, err)
	}
	return submit[Stat](ctx, c, wire.OpSetACL, path, setACLKind{full, acl, version, isIdempotent(opts)})
}

// checkSize refuses data that cannot fit into a request, before it is copied anywhere.
func (c *Client) checkSize(n int) error {
	if n > c.opt.maxRequest {
		return fmt.Errorf("%w: %d bytes of data, and the limit is %d", ErrTooLong, n, c.opt.maxRequest)
	}
	return nil
}

// checkVersion refuses what no node can have.
func checkVersion(v int32) error {
	if v < AnyVersion {
		return fmt.Errorf("%w: version %d is negative and not AnyVersion", ErrBadArguments, v)
	}
	return nil
}

func checkACL(acl []ACL) error {
	if len(acl) == 0 {
		return fmt.Errorf("%w: it is empty", ErrInvalidACL)
	}
	for _, a := range acl {
		if a.Scheme == "" {
			return fmt.Errorf("%w: an entry has no scheme", ErrInvalidACL)
		}
		if a.Perms&^PermAll != 0 {
			return fmt.Errorf("%w: permissions %#x are not known", ErrInvalidACL, int32(a.Perms))
		}
	}
	return nil
}

type setKind struct {
	path       string
	data       []byte
	version    int32
	idempotent bool
}

func (k setKind) encode(_ *base, e *wire.Encoder) error {
	r := proto.SetDataRequest{Path: k.path, Data: k.data, Version: k.version}
	return r.Write(e)
}

func (k setKind) decode(_ *base, d *wire.Decoder, _ *session.Reply) (Stat, error) { return readStat(d) }

type deleteKind struct {
	path    string
	version int32
}

func (k deleteKind) encode(_ *base, e *wire.Encoder) error {
	r := proto.DeleteRequest{Path: k.path, Version: k.version}
	return r.Write(e)
}

func (deleteKind) decode(*base, *wire.Decoder, *session.Reply) (struct{}, error) {
	return struct{}{}, nil
}

type setACLKind struct {
	path       string
	acl        []ACL
	version    int32
	idempotent bool
}

func (k setACLKind) encode(_ *base, e *wire.Encoder) error {
	return e.Encode(&proto.SetACLRequest{Path: k.path, Acl: toWire(k.acl), Version: k.version})
}

func (k setACLKind) decode(_ *base, d *wire.Decoder, _ *session.Reply) (Stat, error) {
	return readStat(d)
}
