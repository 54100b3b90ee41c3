package zk

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/gazoo-go/gazoo/future"
)

// What became of writes whose answers are lost is told by what later tries are refused with.
//
// A later try is sent in the same session. The leader refuses what still comes from a server that the session has left:
// so the earlier try was carried out before the later one, or never will be. And the server that refuses the later
// one, or any other that the session is taken to, shows the effect of the earlier one.

func (k setKind) keep() setKind {
	k.data = bytes.Clone(k.data)
	return k
}

func (k setKind) repeatable() bool { return k.version != AnyVersion || k.idempotent }

func (k setKind) prove(co *future.Co, ctx context.Context, v *Client, path string, refusal error) (p proven[Stat]) {
	if k.version == AnyVersion || !errors.Is(refusal, ErrBadVersion) {
		return p
	}
	n, err := future.Await(co, v.Get(ctx, path))
	if err == nil && n.Version == k.version+1 {
		p.v, p.done = n.Stat, bytes.Equal(n.Data, k.data)
		p.not = !p.done // it was somebody else's change
	}
	p.err = unseen(err)
	return p
}

func (k deleteKind) repeatable() bool { return true }

func (k deleteKind) prove(_ *future.Co, _ context.Context, _ *Client, _ string, refusal error) (p proven[struct{}]) {
	p.done = errors.Is(refusal, ErrNoNode)
	return p
}

func (k setACLKind) keep() setACLKind {
	k.acl = slices.Clone(k.acl)
	return k
}

func (k setACLKind) repeatable() bool { return k.version != AnyVersion || k.idempotent }

func (k setACLKind) prove(co *future.Co, ctx context.Context, v *Client, path string, refusal error) (p proven[Stat]) {
	if k.version == AnyVersion || !errors.Is(refusal, ErrBadVersion) {
		return p
	}
	l, err := future.Await(co, v.GetACL(ctx, path))
	if err == nil && l.Aversion == k.version+1 && slices.Equal(l.ACL, k.acl) {
		p.v, p.done = l.Stat, true // else it is not certain: servers do not keep every ACL as it was given
	}
	p.err = unseen(err)
	return p
}

func (k createKind) keep() createKind {
	k.data, k.acl = bytes.Clone(k.data), slices.Clone(k.acl)
	return k
}

// unseen is why a look at a node that might have told something failed: nil if that is as it may be.
func unseen(err error) error {
	if errors.Is(err, ErrNoNode) || errors.Is(err, ErrNoAuth) {
		return nil
	}
	return err
}
