package zk_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// An endingContext does something when it is asked, behind its end, for the nth time why it has ended.
type endingContext struct {
	context.Context
	nth   int32
	asked atomic.Int32
	then  func()
}

func (c *endingContext) Err() error {
	err := c.Context.Err()
	if err != nil && c.asked.Add(1) == c.nth {
		c.then()
	}
	return err
}

// A Close whose context ends gives up what it should close, and nothing else: not the next session, if it was complete in
// the same moment and the client has started again.
func TestCloseGivesUpNoOtherSession(t *testing.T) {
	for nth := range int32(4) {
		t.Run(fmt.Sprint(nth), func(t *testing.T) { bubble(t, func(t *testing.T) { closeGivesUp(t, nth) }) })
	}
}

func closeGivesUp(t *testing.T, nth int32) {
	srv := zktest.NewServer(t)
	cl := srv.Client(t)
	canceled, cancel := context.WithCancel(ctx)
	restarted := make(chan zk.Session, 1)
	closed := make(chan error, 1)
	ends := &endingContext{Context: canceled, nth: nth + 1, then: func() {
		srv.Resume()
		closed <- cl.Close(ctx).WaitErr()
		s, err := cl.Start(ctx).Wait()
		if err != nil {
			t.Errorf("start: %v", err)
		}
		restarted <- s
	}}
	srv.Pause()
	f := cl.Close(ends)
	cancel()
	err := f.WaitErr()
	if ends.asked.Load() <= nth { // nobody wants to know it so often
		srv.Resume()
		return
	}
	s := <-restarted
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	if err != nil {
		t.Errorf("the first close: %v", err)
	}
	if node, err := cl.Create(ctx, "/next", nil, zk.Ephemeral).Wait(); err != nil || node.EphemeralOwner != s.ID {
		t.Errorf("%+v, %v; session %#x", node, err, s.ID)
	}
}
