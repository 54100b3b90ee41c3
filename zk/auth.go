package zk

import (
	"bytes"
	"context"
	"fmt"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// AddAuth authenticates the client further: for scheme "digest", with "user:password". Operations
// called after it are carried out with the new identity, which is kept when the connection is lost.
// The servers check a digest only against ACLs: any is accepted.
//
// Errors: ErrAuthFailed if the server refuses; it closes the connection then, and a new one is made
// without this credential. ErrBadArguments without a scheme. And those of every operation. Unlike
// [WithAuth] it is no condition for the client to go on.
func (c *Client) AddAuth(ctx context.Context, scheme string, credential []byte) *future.Future[struct{}] {
	err := c.bad
	if err == nil && scheme == "" {
		err = fmt.Errorf("%w: the scheme is empty", ErrBadArguments)
	}
	if err != nil {
		return failed[struct{}](c, wire.OpAuth, "", err)
	}
	if c.retry != nil {
		credential = bytes.Clone(credential)
		r := &repeated[struct{}]{c: c, ctx: ctx, op: wire.OpAuth, again: true}
		r.try = func(v *Client) *future.Future[struct{}] { return v.AddAuth(ctx, scheme, credential) }
		return r.start()
	}
	k := authKind{session.Credential{Scheme: scheme, Data: bytes.Clone(credential)}}
	return prepare[struct{}](ctx, c, wire.OpAuth, "", k).send()
}

type authKind struct{ cred session.Credential }

func (k authKind) encode(_ *base, e *wire.Encoder) error {
	return e.Encode(&proto.AuthPacket{Scheme: k.cred.Scheme, Auth: k.cred.Data})
}

func (authKind) decode(*base, *wire.Decoder, *session.Reply) (struct{}, error) {
	return struct{}{}, nil
}
