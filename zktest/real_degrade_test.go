package zktest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
)

// What a subscription tells that may be degraded: on servers before 3.6 one-shot watches stand for it, and later ones do
// not notice.
func testDegraded(t *testing.T, ens servers) {
	t.Run("Story", func(t *testing.T) { testDegradedStory(t, ens) })
	t.Run("Storm", func(t *testing.T) { testDegradedStorm(t, ens) })
}

// Whatever is done slowly is told, over a lost connection, too, and a Resync wherever nobody can know.
func testDegradedStory(t *testing.T, ens servers) {
	cl, other := ens.Client(t), ens.Client(t)
	old := !since(ens, "3.6")
	sub := got(t, cl.Subscribe(bg, "/n", zk.PersistentWatch, zk.DegradeToOneShot()))
	if old {
		fails(t, cl.Subscribe(bg, "/n", zk.PersistentRecursiveWatch, zk.DegradeToOneShot()), zk.ErrUnimplemented)
	}
	tells := func(what string, resync bool) {
		t.Helper()
		hears(t, sub, what+" /n")
		if resync {
			hears(t, sub, "Resync /n")
		}
		silent(t, cl, sub) // and what has fired is set again before this is answered
	}
	drain(sub) // it has cost a connection to find out how
	for round := range 2 {
		got(t, other.Create(bg, "/n", nil))
		tells("NodeCreated", old)
		for i := range 3 {
			got(t, other.Set(bg, "/n", nil, int32(i)))
			tells("NodeDataChanged", false)
			got(t, other.Create(bg, "/n/a", nil))
			tells("NodeChildrenChanged", false)
			got(t, other.Set(bg, "/n/a", nil, 0)) // is another node
			got(t, other.Delete(bg, "/n/a", 1))
			tells("NodeChildrenChanged", false)
		}
		if round == 0 {
			ens.Isolate(cl)
			await(t, cl, zk.Suspended)
			got(t, other.Set(bg, "/n", nil, 3))
			ens.Rejoin(cl)
			hears(t, sub, "Resync /n")
			got(t, cl.Sync(bg, "/"))
			got(t, cl.Sync(bg, "/")) // the server may have been behind, and tells of it now
			drain(sub)
		}
		got(t, other.Delete(bg, "/n", zk.AnyVersion))
		tells("NodeDeleted", old)
	}
	got(t, sub.Close(bg))
	if since(ens, "3.5") { // older ones cannot be told
		fails(t, cl.RemoveWatches(bg, "/n", zk.AnyWatch), zk.ErrNoWatcher)
		forgotten(t, ens, cl, "the subscription's")
	}
}

// Who reads again at every event has what there is in the end, however fast others change it and the connection is lost.
// GAZOO_DEGRADE_CHANGES is how many changes they make.
func testDegradedStorm(t *testing.T, ens servers) {
	changes := 300
	if text := os.Getenv("GAZOO_DEGRADE_CHANGES"); text != "" {
		if _, err := fmt.Sscan(text, &changes); err != nil {
			t.Fatal(err)
		}
	}
	cl, other := ens.Client(t), ens.Client(t)
	sub := got(t, cl.Subscribe(bg, "/n", zk.PersistentWatch, zk.DegradeToOneShot(), zk.Buffered(16)))
	seen := map[string]int64{}
	read := func() {
		list, err := ended(t, cl.Children(bg, "/n"))
		switch {
		case errors.Is(err, zk.ErrNoNode):
			seen = map[string]int64{}
		case err == nil: // else the connection was lost, and there will be a Resync
			seen = map[string]int64{"data": list.Mzxid, "children": list.Pzxid}
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range changes {
			switch i % 20 {
			case 0:
				_ = other.Create(bg, "/n", nil).WaitErr()
			case 19:
				_ = other.DeleteAll(bg, "/n").WaitErr()
			default:
				other.Set(bg, "/n", nil, zk.AnyVersion)
				_ = other.Create(bg, fmt.Sprintf("/n/%d", i), nil).WaitErr()
			}
			if i == changes/2 {
				ens.LoseConnection(cl)
			}
		}
		_ = other.Create(bg, "/n", nil).WaitErr()
		_ = other.Create(bg, "/n/last", nil).WaitErr()
		_ = other.Set(bg, "/n", nil, zk.AnyVersion).WaitErr()
	}()
	ctx, cancel := context.WithTimeout(bg, realPatience)
	defer cancel()
	read()
	want := func() map[string]int64 {
		st := got(t, other.Exists(bg, "/n"))
		return map[string]int64{"data": st.Mzxid, "children": st.Pzxid}
	}
	events, changing := 0, done
	for changing != nil || fmt.Sprint(seen) != fmt.Sprint(want()) {
		select {
		case <-changing:
			changing = nil
		case _, open := <-sub.C():
			if !open {
				t.Fatal(sub.Err())
			}
			events++
			read()
		case <-ctx.Done():
			t.Fatalf("%v is seen, and there is %v", seen, want())
		}
	}
	t.Logf("%d changes, %d events", changes, events)
	got(t, sub.Close(bg))
}
