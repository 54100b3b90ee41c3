package server

import (
	"context"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
)

// Connect returns a client of gazoo that is connected, and closed with the test.
func Connect(t *testing.T, addr string, opts ...zk.Option) *zk.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	cl, err := zk.Connect(ctx, addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Close(t, cl) })
	return cl
}

// Close closes a client of gazoo.
func Close(t *testing.T, cl *zk.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if err := cl.Close(ctx).WaitErr(); err != nil {
		t.Errorf("closing gazoo: %v", err)
	}
}
