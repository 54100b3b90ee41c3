package zktest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// announce is a program's own code: it keeps an ephemeral node at path until ctx ends, whatever happens to the node and
// to the session.
func announce(ctx context.Context, cl *zk.Client, path string) error {
	for {
		w, err := cl.ExistsAndWatch(ctx, path).Wait()
		if err == nil && w.Value == nil {
			err = cl.Create(ctx, path, nil, zk.Ephemeral, zk.MakeParents()).WaitErr()
		}
		if err == nil {
			_, err = w.Changed.WaitContext(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, zk.ErrConnectionLoss), errors.Is(err, zk.ErrNodeExists):
			time.Sleep(time.Second)
		case err != nil && !errors.Is(err, zk.ErrSessionExpired):
			return err
		}
	}
}

// Everything that the test needs is made inside the bubble, where sleeping takes no time: this is over within milliseconds.
func TestInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := zktest.NewServer(t)
		cl := srv.Client(t)
		go func() {
			if err := announce(t.Context(), cl, "/workers/1"); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}()
		there := func(when string) {
			t.Helper()
			st, err := cl.Exists(t.Context(), "/workers/1").Wait()
			if err != nil || st == nil || st.EphemeralOwner != cl.Session().ID {
				t.Errorf("%s: node %+v of %v, %v", when, st, cl.Session(), err)
			}
		}
		synctest.Wait() // until everybody waits for something to happen: it is announced
		there("at first")

		time.Sleep(time.Hour) // the session lives on heartbeats
		srv.Expire(cl.Session().ID)
		time.Sleep(time.Minute)
		there("in the next session")

		if err := cl.Delete(t.Context(), "/workers/1", zk.AnyVersion).WaitErr(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		there("after somebody deleted it")

		srv.Drop(cl.Session().ID)
		time.Sleep(time.Minute)
		there("with another connection")
		if cl.Session().Epoch != 2 {
			t.Errorf("session %v: expired once, its connection lost once", cl.Session())
		}
	})
}
