package zk

import (
	"context"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// ChildrenCount counts all nodes below a node: its children, theirs, and so on, without the node itself
// (server 3.6). That of the children alone is NumChildren in the node's Stat. For the answer the server
// walks through its whole tree, so it is not for every second.
//
// Errors: ErrNoNode, ErrNoAuth without permission to read, ErrUnimplemented before 3.6, and those of
// every operation.
func (c *Client) ChildrenCount(ctx context.Context, path string) *future.Future[int] {
	full, err := c.path(path)
	if err != nil {
		return failed[int](c, wire.OpGetAllChildrenNumber, path, err)
	}
	return submit[int](ctx, c, wire.OpGetAllChildrenNumber, path, countKind{full})
}

type countKind struct{ path string }

func (k countKind) encode(_ *base, e *wire.Encoder) error {
	r := proto.GetAllChildrenNumberRequest{Path: k.path}
	return r.Write(e)
}

func (countKind) decode(_ *base, d *wire.Decoder, _ *session.Reply) (int, error) {
	var r proto.GetAllChildrenNumberResponse
	err := d.Decode(&r)
	return int(r.TotalNumber), err
}
