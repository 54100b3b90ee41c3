package zktest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/story"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

func TestRealSubscribe(t *testing.T) {
	t.Parallel()
	ens := zktest.StartZooKeeper(t, 3)
	for _, tt := range subscriptions {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, ens) })
	}
}

// subscriptions are the tests of watches that stay, and of taking watches away. They leave the servers alone.
var subscriptions = []struct {
	name string
	run  func(*testing.T, servers)
}{
	{"Subscribe", testSubscribe},
	{"Gap", testSubscribedGap},
	{"Expiry", testSubscribedExpiry},
	{"OneShots", testOneShotsUnderSubscription},
	{"RemoveWatches", testRemoveWatches},
}

// hears waits for the next events of a subscription, which must be these.
func hears(t *testing.T, sub *zk.Subscription, want ...string) {
	t.Helper()
	var seen []string
	ctx, cancel := context.WithTimeout(bg, realPatience)
	defer cancel()
	for len(seen) < len(want) {
		select {
		case ev, open := <-sub.C():
			if !open {
				t.Fatalf("events %q, want %q; it has ended: %v", seen, want, sub.Err())
			}
			text := fmt.Sprint(ev.Type, " ", ev.Path)
			if ev.SessionChanged {
				text += " session"
			}
			seen = append(seen, text)
		case <-ctx.Done():
			t.Fatalf("events %q, want %q", seen, want)
		}
	}
	if !slices.Equal(seen, want) {
		t.Errorf("events %q, want %q", seen, want)
	}
}

// silent makes sure that a subscription of cl has nothing more to tell.
func silent(t *testing.T, cl *zk.Client, subs ...*zk.Subscription) {
	t.Helper()
	got(t, cl.Sync(bg, "/")) // what has happened has been told before this is answered
	for _, sub := range subs {
		select {
		case ev := <-sub.C():
			t.Errorf("one event more: %+v", ev)
		default:
		}
	}
}

// live plays the story.
func live(t *testing.T, cl *zk.Client) {
	t.Helper()
	if err := story.Play(bg, cl); err != nil {
		t.Fatal(err)
	}
}

// Both modes, one after the other and at once, in either order, which up to 3.8 the servers cannot have.
func testSubscribe(t *testing.T, ens servers) {
	if !since(ens, "3.6") {
		testSubscribeUnimplemented(t, ens)
		return
	}
	cl, other := ens.Client(t), ens.Client(t)
	modes := []zk.WatchType{zk.PersistentWatch, zk.PersistentRecursiveWatch}
	stories := [][]string{story.Persistent, story.Recursive}
	for i, mode := range modes {
		sub := got(t, cl.Subscribe(bg, "/n", mode))
		for range 2 {
			live(t, other)
			hears(t, sub, stories[i]...)
		}
		silent(t, cl, sub)
		got(t, sub.Close(bg))
	}
	for i := range 4 {
		first, leaves := i%2, i/2
		var subs [2]*zk.Subscription
		subs[first] = got(t, cl.Subscribe(bg, "/n", modes[first]))
		subs[1-first] = got(t, cl.Subscribe(bg, "/n", modes[1-first]))
		live(t, other)
		hears(t, subs[0], stories[0]...)
		hears(t, subs[1], stories[1]...)
		got(t, subs[leaves].Close(bg))
		live(t, other)
		hears(t, subs[1-leaves], stories[1-leaves]...)
		silent(t, cl, subs[1-leaves])
		got(t, subs[1-leaves].Close(bg))
	}
	forgotten(t, ens, cl, "the subscriptions'")
}

// What others do while there is no connection is told as one Resync, behind which everything is told again.
func testSubscribedGap(t *testing.T, ens servers) {
	needsServers(t, ens, "3.6", "addWatch")
	cl, other := ens.Client(t), ens.Client(t)
	session := cl.Session()
	got(t, other.Create(bg, "/n", nil))
	one := got(t, cl.Subscribe(bg, "/n", zk.PersistentWatch))
	all := got(t, cl.Subscribe(bg, "/n", zk.PersistentRecursiveWatch))
	alone := got(t, cl.Subscribe(bg, "/n/x", zk.PersistentWatch))
	for round := range 3 {
		ens.Isolate(cl)
		await(t, cl, zk.Suspended)
		set := got(t, other.Set(bg, "/n", nil, zk.AnyVersion))
		got(t, other.Create(bg, "/n/x", nil))
		ens.Rejoin(cl)
		hears(t, one, "Resync /n")
		hears(t, all, "Resync /n")
		hears(t, alone, "Resync /n/x")
		got(t, cl.Sync(bg, "/"))
		if n := got(t, cl.Get(bg, "/n")); n.Stat.Mzxid != set.Mzxid {
			t.Errorf("round %d: %+v, want %+v", round, n.Stat, set)
		}
		drain(one, all, alone) // the server was behind
		got(t, other.Delete(bg, "/n/x", 0))
		hears(t, one, "NodeChildrenChanged /n")
		hears(t, all, "NodeDeleted /n/x")
		hears(t, alone, "NodeDeleted /n/x")
	}
	silent(t, cl, one, all, alone)
	if now := cl.Session(); now.ID != session.ID {
		t.Errorf("%v, want %v", now, session)
	}
}

// drain throws away what has been told.
func drain(subs ...*zk.Subscription) {
	for _, sub := range subs {
		for {
			select {
			case <-sub.C():
				continue
			default:
			}
			break
		}
	}
}

func testSubscribedExpiry(t *testing.T, ens servers) {
	needsServers(t, ens, "3.6", "addWatch")
	cl, other := ens.Client(t), ens.Client(t)
	one := got(t, cl.Subscribe(bg, "/n", zk.PersistentWatch))
	all := got(t, cl.Subscribe(bg, "/n", zk.PersistentRecursiveWatch))
	pinned := got(t, cl.Pinned(cl.Session()).Subscribe(bg, "/n", zk.PersistentWatch))
	ens.ExpireSession(cl)
	// Who ends the session takes it over first, so the client may come back once more with the old one.
	for _, sub := range []*zk.Subscription{one, all} {
		for changed := false; !changed; {
			select {
			case ev := <-sub.C():
				if ev.Type != zk.Resync {
					t.Fatalf("event %+v before the new session's Resync", ev)
				}
				changed = ev.SessionChanged
			case <-time.After(realPatience):
				t.Fatal("no Resync of the new session")
			}
		}
	}
	live(t, other)
	hears(t, one, story.Persistent...)
	hears(t, all, story.Recursive...)
	silent(t, cl, one, all)
	if err := pinned.Err(); !errors.Is(err, zk.ErrSessionExpired) {
		t.Errorf("the old session's: %v", err)
	}
}

// One-shot watches and a subscription on one path. Up to 3.8 the server has only one of them; nobody notices.
func testOneShotsUnderSubscription(t *testing.T, ens servers) {
	needsServers(t, ens, "3.6", "addWatch")
	cl, other := ens.Client(t), ens.Client(t)
	for i, mode := range []zk.WatchType{zk.PersistentWatch, zk.PersistentRecursiveWatch} {
		dir := fmt.Sprintf("/n%d", i)
		got(t, other.Create(bg, dir, nil))
		got(t, cl.Sync(bg, "/"))
		early, kids := got(t, cl.GetAndWatch(bg, dir)), got(t, cl.ChildrenAndWatch(bg, dir))
		sub := got(t, cl.Subscribe(bg, dir, mode))
		late := got(t, cl.ExistsAndWatch(bg, dir))
		for range 3 {
			got(t, other.Set(bg, dir, nil, zk.AnyVersion))
			hears(t, sub, "NodeDataChanged "+dir)
		}
		got(t, early.Changed)
		got(t, late.Changed)
		if _, _, fired := kids.Changed.Poll(); fired {
			t.Error("the watch for children fired")
		}
		got(t, other.Create(bg, dir+"/x", nil))
		got(t, kids.Changed)
		if mode == zk.PersistentWatch {
			hears(t, sub, "NodeChildrenChanged "+dir)
		} else {
			hears(t, sub, "NodeCreated "+dir+"/x")
		}
		got(t, cl.Sync(bg, "/"))
		early, kids = got(t, cl.GetAndWatch(bg, dir)), got(t, cl.ChildrenAndWatch(bg, dir))
		got(t, sub.Close(bg)) // they stay
		got(t, other.Set(bg, dir, nil, zk.AnyVersion))
		got(t, other.Delete(bg, dir+"/x", 0))
		got(t, early.Changed)
		got(t, kids.Changed)
	}
}

// RemoveWatches ends what is meant and nothing else.
func testRemoveWatches(t *testing.T, ens servers) {
	needsServers(t, ens, "3.5", "removeWatches")
	cl, other := ens.Client(t), ens.Client(t)
	server := serverOf(t, ens, cl)
	got(t, cl.Create(bg, "/n", nil))
	fails(t, cl.RemoveWatches(bg, "/n", zk.AnyWatch), zk.ErrNoWatcher)
	kinds := []zk.WatchType{zk.DataWatch, zk.ChildrenWatch, zk.AnyWatch}
	if since(ens, "3.6") {
		kinds = append(kinds, zk.PersistentWatch, zk.PersistentRecursiveWatch)
	}
	for _, kind := range kinds {
		data, kids := got(t, cl.GetAndWatch(bg, "/n")), got(t, cl.ChildrenAndWatch(bg, "/n"))
		ends := map[zk.WatchType]func() error{
			zk.DataWatch:     func() error { _, err, _ := data.Changed.Poll(); return err },
			zk.ChildrenWatch: func() error { _, err, _ := kids.Changed.Poll(); return err },
		}
		var one, all *zk.Subscription
		if since(ens, "3.6") {
			one, all = got(t, cl.Subscribe(bg, "/n", zk.PersistentWatch)), got(t, cl.Subscribe(bg, "/n", zk.PersistentRecursiveWatch))
			ends[zk.PersistentWatch], ends[zk.PersistentRecursiveWatch] = one.Err, all.Err
		}
		got(t, cl.RemoveWatches(bg, "/n", kind))
		for k, end := range ends {
			if gone := errors.Is(end(), zk.ErrUnwatched); gone != (k == kind || kind == zk.AnyWatch) {
				t.Errorf("removing %v: %v ended with %v", kind, k, end())
			}
		}
		got(t, other.Create(bg, "/n/a", nil))
		got(t, other.Set(bg, "/n", nil, zk.AnyVersion))
		got(t, other.Delete(bg, "/n/a", 0))
		if kind != zk.AnyWatch {
			if kind != zk.DataWatch {
				got(t, data.Changed)
			}
			if kind != zk.ChildrenWatch {
				got(t, kids.Changed)
			}
			if one != nil && kind != zk.PersistentWatch {
				hears(t, one, "NodeChildrenChanged /n", "NodeDataChanged /n", "NodeChildrenChanged /n")
			}
			if all != nil && kind != zk.PersistentRecursiveWatch {
				hears(t, all, "NodeCreated /n/a", "NodeDataChanged /n", "NodeDeleted /n/a")
			}
			if one != nil {
				got(t, cl.RemoveWatches(bg, "/n", zk.AnyWatch))
			}
		}
		forgotten(t, ens, cl, fmt.Sprintf("removing %v", kind))
	}
	if serverOf(t, ens, cl) != server {
		t.Error("the client has moved")
	}
}

// Servers that are too old say so, and one-shot watches are as good as ever.
func testSubscribeUnimplemented(t *testing.T, ens servers) {
	cl, other := ens.Client(t), ens.Client(t)
	got(t, other.Create(bg, "/n", nil))
	got(t, cl.Sync(bg, "/"))
	w := got(t, cl.GetAndWatch(bg, "/n"))
	for _, mode := range []zk.WatchType{zk.PersistentWatch, zk.PersistentRecursiveWatch} {
		for range 4 { // each server is asked once
			fails(t, cl.Subscribe(bg, "/n", mode), zk.ErrUnimplemented)
		}
	}
	await(t, cl, zk.Connected)
	got(t, other.Sync(bg, "/"))
	got(t, other.Set(bg, "/n", nil, 0))
	got(t, w.Changed)
}
