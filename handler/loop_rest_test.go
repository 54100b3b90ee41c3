package handler_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/gazoo-go/gazoo/handler"
)

// A Run that ends with the last task that there is leaves nothing to do: the loop stops although it must stay on a goroutine
// that does not run it any more.
func TestLoopDoneWithLastTask(t *testing.T) {
	l := handler.NewLoop()
	ctx, cancel := context.WithCancel(context.Background())
	l.Post(cancel)
	ran := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		ran <- l.Run(ctx)
	}()
	if err := <-ran; err != context.Canceled {
		t.Errorf("Run returned %v", err)
	}
	l.Stop()
	<-l.Stopped()
}
