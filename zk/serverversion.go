package zk

import (
	"context"
	"errors"
	"fmt"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// A Version is a release of ZooKeeper: Major, Minor and Patch. Compare and AtLeast order them.
type Version = wire.Version

// versionTries is how often ServerVersion asks.
const versionTries = 4

// ServerVersion asks the connected server for its version, by the four-letter words srvr or, where that is not
// allowed, envi. While there is no connection it waits for one; when a server gives no answer it asks
// again, three times.
//
// Errors: those of [Client.FourLetter], and ErrProtocol if the answer does not tell a version.
func (c *Client) ServerVersion(ctx context.Context) *future.Future[Version] {
	return detached(ctx, c, func(co *future.Co) (v Version, err error) {
		for range versionTries {
			// A read waits for a connection. Whether it may see the node does not matter.
			_, err = future.Await(co, c.Exists(ctx, "/"))
			if err != nil && !errors.Is(err, ErrNoAuth) && !errors.Is(err, ErrConnectionLoss) {
				break
			}
			if v, err = c.askVersion(co, ctx); !errors.Is(err, ErrConnectionLoss) {
				return v, err
			}
		}
		return v, err
	})
}

func (c *Client) askVersion(co *future.Co, ctx context.Context) (Version, error) {
	reply, err := future.Await(co, c.FourLetter(ctx, "srvr"))
	if errors.Is(err, ErrNotWhitelisted) {
		reply, err = future.Await(co, c.FourLetter(ctx, "envi"))
	}
	if err != nil {
		return Version{}, err
	}
	v, ok := wire.FourLetterVersion(reply)
	if !ok {
		_, addr := c.driver.Server()
		return Version{}, &OpError{Op: "srvr", Path: addr, Err: fmt.Errorf("%w: no version in the answer", ErrProtocol)}
	}
	return v, nil
}
