package handler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// Only lanes of users rest, each task costs d, and what is left when that ends happens at once. A machine that starts again
// is quick again.
func TestSlowUsers(t *testing.T) {
	d := handler.NewDeterministic(1, handler.Schedule(handler.FIFO))
	defer d.Stop()
	n, began := d.Node("n"), d.Now()
	var ran []string
	on := func(n *handler.Node, lane string, tasks int) {
		for i := range tasks {
			n.Lane(lane).Dispatch(future.Func(func() {
				ran = append(ran, fmt.Sprintf("%s%d@%v", strings.TrimSuffix(lane, "/callbacks"), i, d.Now().Sub(began)))
			}))
		}
	}
	advance := func(by time.Duration) {
		t.Helper()
		if err := d.Advance(by); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(want string) {
		t.Helper()
		if got := strings.Join(ran, " "); got != want {
			t.Errorf("ran %s, want %s", got, want)
		}
		ran = nil
	}
	n.SlowUsers(time.Second)
	on(n, "a-user/callbacks", 3)
	on(n, "a", 2)
	advance(1500 * time.Millisecond)
	wants("a-user0@0s a0@0s a1@0s a-user1@1s")
	n.SlowUsers(0)
	advance(0)
	wants("a-user2@1.5s")
	n.SlowUsers(time.Second)
	on(n, "a-user/callbacks", 1)
	advance(500 * time.Millisecond)
	on(n, "a-user/callbacks", 1)
	advance(time.Second)
	wants("a-user0@1.5s a-user0@2.5s")
	on(n, "a-user/callbacks", 2)
	n.Kill()
	n = n.Restart()
	on(n, "a-user/callbacks", 2)
	advance(0)
	wants("a-user0@3s a-user1@3s")
}

// Stop waits for no slow callback.
func TestSlowUsersStop(t *testing.T) {
	d := handler.NewDeterministic(1)
	n, ran := d.Node("n"), 0
	n.SlowUsers(time.Hour)
	for range 3 {
		n.Lane("a-user").Dispatch(future.Func(func() { ran++ }))
	}
	d.Stop()
	select {
	case <-d.Stopped():
	default:
		t.Errorf("not stopped; %d ran", ran)
	}
}
