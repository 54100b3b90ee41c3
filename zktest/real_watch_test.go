package zktest_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A client that is cut off misses what others do. When it is back, the watches on what is different now have fired, and
// no others.
func testWatchesAcrossGaps(t *testing.T, ens servers) {
	const nodes, rounds = 120, 5
	cl, other := ens.Client(t), ens.Client(t)
	session := cl.Session()
	created := zk.NodeCreated
	if !since(ens, "3.4") {
		created = zk.NodeDataChanged // so they say when it happened in a gap
	}
	type one struct {
		what    string
		changed *future.Future[zk.Event]
		want    zk.EventType // none: it must not fire
	}
	const none = zk.EventType(0)
	for round := range rounds {
		dir := fmt.Sprintf("/round%d", round)
		path := func(i int) string { return fmt.Sprintf("%s/n%d", dir, i) }
		got(t, other.Create(bg, dir, nil))
		var made []*future.Future[zk.Created]
		for i := range nodes {
			if i%4 != 3 { // that one is created later
				made = append(made, other.Create(bg, path(i), nil))
			}
		}
		got(t, future.All(made...))
		got(t, cl.Sync(bg, "/"))

		var watches []one
		add := func(what string, changed *future.Future[zk.Event], want zk.EventType) {
			watches = append(watches, one{what, changed, want})
		}
		for i := range nodes {
			want := [...]zk.EventType{zk.NodeDataChanged, zk.NodeChildrenChanged, zk.NodeDeleted, created}[i%4]
			touched := i%8 < 4 // the others stay as they are
			expect := func(is bool) zk.EventType {
				if touched && is {
					return want
				}
				return none
			}
			p := path(i)
			add("exists "+p, got(t, cl.ExistsAndWatch(bg, p)).Changed, expect(i%4 != 1))
			if i%4 != 3 {
				add("get "+p, got(t, cl.GetAndWatch(bg, p)).Changed, expect(i%4 != 1))
				add("children "+p, got(t, cl.ChildrenAndWatch(bg, p)).Changed, expect(i%4 == 1 || i%4 == 2))
			}
		}

		ens.Isolate(cl)
		await(t, cl, zk.Suspended)
		var done []future.Outcome
		for i := range nodes {
			switch p := path(i); {
			case i%8 >= 4:
			case i%4 == 0:
				done = append(done, other.Set(bg, p, nil, zk.AnyVersion))
			case i%4 == 1:
				done = append(done, other.Create(bg, p+"/child", nil))
			case i%4 == 2:
				done = append(done, other.Delete(bg, p, zk.AnyVersion))
			default:
				done = append(done, other.Create(bg, p, nil))
			}
		}
		got(t, future.Join(done...))
		ens.Rejoin(cl)
		await(t, cl, zk.Connected)
		got(t, cl.Sync(bg, "/")) // what was missed has been told before this is answered
		for _, w := range watches {
			ev, err, ready := w.changed.Poll()
			switch {
			case ready != (w.want != none), ready && (err != nil || ev.Type != w.want):
				t.Errorf("round %d: %s: fired %v, %v %v; want %v", round, w.what, ready, ev.Type, err, w.want)
			}
		}
	}
	if now := cl.Session(); now.ID != session.ID {
		t.Errorf("%v, want %v", now, session)
	}
}

// Watches that nobody waits for any more leave nothing on the server.
func testGivenUpWatches(t *testing.T, ens servers) {
	needsServers(t, ens, "3.5", "removeWatches")
	const watches = 1000
	cl := ens.Client(t)
	got(t, cl.Create(bg, "/n", nil))
	for i := range watches {
		ctx, cancel := context.WithCancel(bg)
		if i%3 == 0 { // while the answer is on its way
			time.AfterFunc(time.Duration(i%10)*100*time.Microsecond, cancel)
		}
		var err error
		switch i % 4 {
		case 0:
			var w zk.Watched[zk.Node]
			if w, err = cl.GetAndWatch(ctx, "/n").Wait(); err == nil {
				w.Unwatch(bg)
			}
		case 1:
			var w zk.Watched[zk.ChildList]
			if w, err = cl.ChildrenAndWatch(ctx, "/n").Wait(); err == nil {
				w.Unwatch(bg)
			}
		default:
			var w zk.Watched[*zk.Stat]
			if w, err = cl.ExistsAndWatch(ctx, fmt.Sprintf("/n%d", i%50)).Wait(); err == nil {
				w.Unwatch(bg)
			}
		}
		if err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		cancel()
	}
	forgotten(t, ens, cl, "those that were given up")
}

// forgotten waits until the server of cl has none of its watches in the table of the data. The word is not about children's.
func forgotten(t *testing.T, ens servers, cl *zk.Client, which string) {
	t.Helper()
	w := got(t, cl.GetAndWatch(bg, "/"))
	server := serverOf(t, ens, cl)
	mine := "0x" + strconv.FormatUint(uint64(cl.Session().ID), 16)
	left := []string{"?"}
	defer func() {
		if t.Failed() {
			t.Logf("%s: server %d has watches of %s on %q", which, server, mine, left)
		}
	}()
	ask := func() int {
		left = watchesOf(mine, ens.FourLetter(server, "wchc"))
		return len(left)
	}
	eventually(t, "the server tells of a watch", func() bool { return ask() > 0 })
	got(t, w.Unwatch(bg))
	eventually(t, "the server has forgotten the watches", func() bool { return ask() == 0 })
}

// watchesOf reads "0x1\n\t/a\n\t/b\n0x2\n…": the paths behind a session.
func watchesOf(session, wchc string) (paths []string) {
	inside := false
	for line := range strings.Lines(wchc) {
		path, is := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "\t")
		switch {
		case !is:
			inside = path == session
		case inside:
			paths = append(paths, path)
		}
	}
	return paths
}
