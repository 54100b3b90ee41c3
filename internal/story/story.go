// Package story is a few changes of a tree, and what subscriptions must tell of them. Tests play it to servers of every
// kind.
package story

import (
	"context"

	"github.com/gazoo-go/gazoo/zk"
)

// Persistent and Recursive are what is told, as "type path", to whoever has subscribed to /n.
var (
	Persistent = []string{"NodeCreated /n", "NodeDataChanged /n", "NodeChildrenChanged /n", "NodeChildrenChanged /n", "NodeDeleted /n"}
	Recursive  = []string{"NodeCreated /n", "NodeDataChanged /n", "NodeCreated /n/a", "NodeDataChanged /n/a", "NodeCreated /n/a/b",
		"NodeDeleted /n/a/b", "NodeDeleted /n/a", "NodeDeleted /n"}
)

// Play does one of everything at and below /n, which must not exist, one after the other, and deletes it again.
func Play(ctx context.Context, cl *zk.Client) error {
	steps := []func() error{
		func() error { return cl.Create(ctx, "/n", nil).WaitErr() },
		func() error { return cl.Set(ctx, "/n", nil, 0).WaitErr() },
		func() error { return cl.Create(ctx, "/n/a", nil).WaitErr() },
		func() error { return cl.Set(ctx, "/n/a", nil, 0).WaitErr() },
		func() error { return cl.Create(ctx, "/n/a/b", nil).WaitErr() },
		func() error { return cl.Create(ctx, "/nn", nil).WaitErr() }, // is not below /n
		func() error { return cl.Delete(ctx, "/nn", 0).WaitErr() },
		func() error { return cl.Delete(ctx, "/n/a/b", 0).WaitErr() },
		func() error { return cl.Delete(ctx, "/n/a", 1).WaitErr() },
		func() error { return cl.Delete(ctx, "/n", 1).WaitErr() },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
