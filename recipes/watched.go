package recipes

import (
	"context"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// awaitWatched awaits a read with a watch, which must have been given the coroutine's own context. That ends the read;
// Await alone would give up when the context ends although the read might still succeed, and then nobody would hold its
// watch, which would stay on the server.
func awaitWatched[T any](co *future.Co, f *future.Future[zk.Watched[T]]) (zk.Watched[T], error) {
	return awaitOwn(co, f)
}

// awaitOwn awaits a request that was given the coroutine's own context. That ends it, with an error that tells what may
// have become of it; the error of Await alone would not.
func awaitOwn[T any](co *future.Co, f *future.Future[T]) (v T, err error) {
	err = co.Shield(func(context.Context) (err error) {
		v, err = future.Await(co, f)
		return err
	})
	return v, err
}

// awaitEnd awaits what goes on when the coroutine's context ends. known is false if its end is not known: then that has ended
// first. A result that has come between that and the coroutine's turn counts.
func awaitEnd[T any](co *future.Co, f *future.Future[T]) (v T, known bool, err error) {
	v, err = future.Await(co, f)
	if f.Ready() {
		v, err, _ = f.Poll()
		return v, true, err
	}
	return v, false, err
}

// awaitChange awaits the event of a watch, and takes the watch back if it is not to be awaited any more.
func awaitChange[T any](co *future.Co, w zk.Watched[T]) error {
	_, err := future.Await(co, w.Changed)
	if err != nil {
		w.Unwatch(context.Background())
	}
	return err
}
