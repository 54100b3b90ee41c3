package zk

import (
	"context"
	"fmt"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// RemoveWatches ends every watch of one kind on a path, whoever of this client and its views has asked for it:
// one-shot watches and subscriptions end with ErrUnwatched at once. The future completes when the server has
// forgotten what nobody needs any more. A server before 3.5 keeps a one-shot watch until it fires; the event
// is ignored.
//
// Errors: ErrNoWatcher if there was none; ErrBadArguments. ctx bounds the waiting only.
func (c *Client) RemoveWatches(ctx context.Context, path string, t WatchType) *future.Future[struct{}] {
	mustContext(ctx)
	full, err := c.path(path)
	if err == nil && !t.Valid() {
		err = fmt.Errorf("%w: %v is not known", ErrBadArguments, t)
	}
	if err != nil {
		return failed[struct{}](c, wire.OpRemoveWatches, path, err)
	}
	r := newRemoval(ctx, c, full)
	r.tell()
	if !c.driver.RemoveWatches(full, t, ErrUnwatched, &r.req) {
		return failed[struct{}](c, wire.OpRemoveWatches, path, ErrNoWatcher)
	}
	return r.sent()
}
