package zk

import (
	"context"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// A ClientInfo is one of the identities that a connection has proved.
type ClientInfo struct {
	Scheme string // "ip", "digest", "sasl", "x509", …
	User   string // within the scheme; of a digest, the user without the hash
}

// WhoAmI lists what the server takes the client for, in no particular order: its address, and one
// identity for each credential that it has accepted (server 3.7).
//
// Errors: ErrUnimplemented before 3.7, and those of every operation.
func (c *Client) WhoAmI(ctx context.Context) *future.Future[[]ClientInfo] {
	if c.bad != nil {
		return failed[[]ClientInfo](c, wire.OpWhoAmI, "", c.bad)
	}
	return submit[[]ClientInfo](ctx, c, wire.OpWhoAmI, "", whoAmIKind{})
}

type whoAmIKind struct{}

func (whoAmIKind) encode(*base, *wire.Encoder) error { return nil }

func (whoAmIKind) decode(_ *base, d *wire.Decoder, _ *session.Reply) ([]ClientInfo, error) {
	var r proto.WhoAmIResponse
	if err := d.Decode(&r); err != nil {
		return nil, err
	}
	infos := make([]ClientInfo, len(r.ClientInfo))
	for i, in := range r.ClientInfo {
		infos[i] = ClientInfo{Scheme: in.AuthScheme, User: in.User}
	}
	return infos, nil
}
