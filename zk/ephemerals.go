package zk

import (
	"context"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// Ephemerals lists the ephemeral nodes of the client's session whose paths begin with prefix, in no
// particular order (server 3.6). All of them are those with "/". As in ZooKeeper, prefix is the beginning
// of a text: "/a" is also one of "/ab", and it may end in a slash. A view with a chroot sees only what
// is in it, by whole components.
//
// Errors: ErrUnimplemented before 3.6, and those of every operation.
func (c *Client) Ephemerals(ctx context.Context, prefix string) *future.Future[[]string] {
	full, err := c.full(prefix, prefix != "/")
	if err != nil {
		return failed[[]string](c, wire.OpGetEphemerals, prefix, err)
	}
	return submit[[]string](ctx, c, wire.OpGetEphemerals, prefix, ephemeralsKind{full})
}

// ephemeralsKind is getEphemerals. Results are the view's paths; what is not in the view is left out.
type ephemeralsKind struct{ prefix string }

func (k ephemeralsKind) encode(_ *base, e *wire.Encoder) error {
	return e.Encode(&proto.GetEphemeralsRequest{PrefixPath: k.prefix})
}

func (ephemeralsKind) decode(o *base, d *wire.Decoder, _ *session.Reply) ([]string, error) {
	var r proto.GetEphemeralsResponse
	if err := d.Decode(&r); err != nil {
		return nil, err
	}
	paths := make([]string, 0, len(r.Ephemerals))
	for _, full := range r.Ephemerals {
		if path, ok := o.c.chroot.Strip(full); ok {
			paths = append(paths, path)
		}
	}
	return paths, nil
}
