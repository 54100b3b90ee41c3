package zktest_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// What must have become of a load's nodes and watches.

// verify reads everything back, through another client, after finish.
func (l *load) verify(reader *zk.Client) {
	l.t.Helper()
	got(l.t, reader.Sync(bg, "/"))
	nodes := 0
	for _, w := range l.workers {
		nodes += w.verify(reader)
	}
	l.t.Logf("%d nodes read back", nodes)
	l.verifyWatches()
}

func (w *worker) verify(reader *zk.Client) int {
	t := w.load.t
	t.Helper()
	kids := got(t, reader.Children(bg, w.dir)).Names
	there := make(map[string]*future.Future[zk.Node])
	for _, name := range kids {
		there[name] = reader.Get(bg, w.dir+"/"+name)
	}
	for name, f := range w.nodes {
		switch _, is := there[name]; {
		case f == present && !is:
			t.Errorf("%s/%s was acknowledged and is not there", w.dir, name)
		case f == absent && is:
			t.Errorf("%s/%s must not be there", w.dir, name)
		}
		if f, is := there[name]; is {
			if n := got(t, f); string(n.Data) != name {
				t.Errorf("%s/%s holds %q", w.dir, name, n.Data)
			}
		}
	}
	for _, name := range kids {
		if _, known := w.nodes[name]; !known && name != "reg" && name != "counter" {
			t.Errorf("%s/%s was deleted and is there", w.dir, name)
		}
	}
	w.reg.verify(t, w.dir+"/reg", got(t, there["reg"]))
	w.counter.verify(t, w.dir+"/counter", got(t, there["counter"]))
	w.atomic(got(t, there["counter"]), there)
	return len(kids)
}

// verify compares the register with what must have become of it.
func (r *register) verify(t *testing.T, path string, n zk.Node) {
	t.Helper()
	v, _ := strconv.Atoi(string(n.Data))
	if v != r.acked && (v < r.acked || !slices.Contains(r.doubts, v)) {
		t.Errorf("%s is %d, when %d was acknowledged last and %v are in doubt", path, v, r.acked, r.doubts)
	}
	if int(n.Version) < r.oks || int(n.Version) > r.oks+len(r.doubts) {
		t.Errorf("%s was set %d times, when %d were acknowledged and %d are in doubt", path, n.Version, r.oks, len(r.doubts))
	}
}

// atomic checks that transactions in doubt were applied as a whole or not at all: each creates a node.
func (w *worker) atomic(counter zk.Node, there map[string]*future.Future[zk.Node]) {
	w.load.t.Helper()
	applied, newest := w.counter.oks, w.counter.acked
	for _, v := range w.counter.doubts {
		if _, is := there[fmt.Sprintf("t%06d", v)]; is {
			applied, newest = applied+1, max(newest, v)
		}
	}
	if int(counter.Version) != applied || string(counter.Data) != strconv.Itoa(newest) {
		w.load.t.Errorf("%s/counter is %s, set %d times, when the nodes say %d and %d times", w.dir, counter.Data, counter.Version, newest, applied)
	}
}

// verifyWatches checks that a watch has fired if and only if its node is not what it was. After a sync in the same
// session there is nothing to wait for: the server sends events before the answers that would show their cause.
func (l *load) verifyWatches() {
	l.t.Helper()
	got(l.t, l.cl.Sync(bg, "/"))
	watches, fired, now := 0, 0, make(map[string]*future.Future[*zk.Stat])
	for _, w := range l.workers {
		for _, x := range w.watches {
			if now[x.path] == nil {
				now[x.path] = l.cl.Exists(bg, x.path)
			}
		}
	}
	for _, w := range l.workers {
		for _, x := range w.watches {
			st := got(l.t, now[x.path])
			zxid := mzxid(st)
			if x.kind == "children" {
				zxid = st.Pzxid
			}
			ev, err, ready := x.changed.Poll()
			switch differs := zxid != x.zxid; {
			case ready && err != nil:
				l.t.Errorf("watch by %s on %s ended: %v", x.kind, x.path, err)
			case differs && !ready:
				late, cancel := context.WithTimeout(bg, 5*time.Second)
				_, err := x.changed.WaitContext(late)
				cancel()
				l.t.Errorf("watch by %s on %s has not fired, and the node went from zxid %#x to %#x (5 s later: %v)", x.kind, x.path, x.zxid, zxid, err)
				return // one is enough to wait for
			case !differs && ready && x.zxid != 0: // what was created and deleted is as it was, and the watch is right
				l.t.Errorf("watch by %s on %s fired with %v, and the node is as it was at zxid %#x", x.kind, x.path, ev, zxid)
			}
			watches++
			if ready {
				fired++
			}
		}
	}
	l.t.Logf("%d watches, %d have fired", watches, fired)
}
