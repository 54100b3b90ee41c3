package session

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// watch registers a watch by a request that succeeds.
func (r *rig) watch(path string, kind WatchKind) *Watch {
	r.Helper()
	op := map[WatchKind]wire.Op{WatchData: wire.OpGetData, WatchExist: wire.OpExists, WatchChild: wire.OpGetChildren}[kind]
	c := r.submit("w", op, watching(path, kind))
	r.pull()
	if kind == WatchExist {
		c.Watch.Kind = WatchData // the answer decides
		r.reply(c.xid, 1, wire.CodeNoNode, nil)
	} else {
		r.reply(c.xid, 1, wire.OK, nil)
	}
	r.see()
	return c.Watch
}

func setWatches(t *testing.T, f frame) (w proto.SetWatches) {
	t.Helper()
	if f.op != wire.OpSetWatches || f.xid != wire.XidSetWatches {
		t.Fatalf("%v", f)
	}
	if err := wire.Decode(f.body, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// Watches go out again before any request and before CONNECTED, with the newest zxid of the time of
// the reconnect.
func TestReplayOfWatches(t *testing.T) {
	r := up(t)
	r.watch("/data", WatchData)
	r.watch("/child", WatchChild)
	r.watch("/exist", WatchExist)
	r.watch("/data", WatchData)
	r.watch("/data", WatchChild)
	c := r.submit("x", wire.OpSetData)
	r.pull()
	r.reply(c.xid, 1234, wire.OK, nil)
	r.submit("queued", wire.OpSetData)
	r.closed()
	r.see()
	r.connect(1)
	r.expect()
	got := r.wrote("setWatches#-8")
	w := setWatches(t, got[0])
	if w.RelativeZxid != 1234 || !slices.Equal(w.DataWatches, []string{"/data"}) || !slices.Equal(w.ExistWatches, []string{"/exist"}) ||
		!slices.Equal(w.ChildWatches, []string{"/child", "/data"}) {
		t.Errorf("%+v", w)
	}
	// Events that were missed come first; they are told at once.
	r.event(wire.EventNodeDataChanged, "/data")
	r.expect("fire /data: NodeDataChanged", "fire /data: NodeDataChanged")
	r.wrote()
	r.reply(wire.XidSetWatches, 2000, wire.OK, nil)
	r.expect("CONNECTED")
	if r.m.lastZxid != 1234 {
		t.Errorf("zxid %d: what setWatches shows has not been seen by anybody", r.m.lastZxid)
	}
	r.wrote("setData#7")
}

// Credentials go first: the server may want them for the watches.
func TestReplayOrder(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Auth = []Credential{{Scheme: "x"}} }).start()
	r.connect(1)
	r.pull()
	r.ok(wire.XidAuth)
	r.see()
	r.watch("/a", WatchData)
	r.closed()
	r.awake()
	r.connect(1)
	r.wrote("auth#-4", "setWatches#-8")
	r.ok(wire.XidSetWatches)
	r.expect()
	r.ok(wire.XidAuth)
	r.expect("CONNECTED")
}

// Many watches go in several requests, each under the limit, all with the same zxid, and CONNECTED waits for all.
func TestReplayInChunks(t *testing.T) {
	for _, c := range []struct {
		name  string
		max   int // of a request
		limit int // of the paths
		paths int
		long  int
	}{
		{"Java's limit", 1 << 20, 128 << 10, 3000, 200},
		{"a small server", 5000, 5000, 300, 100},
		{"one path is longer than all", 1 << 20, 128 << 10, 3, 200 << 10},
		{"one path is longer than a frame", 5000, 5000, 3, 6000},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := up(t, func(cfg *Config) { cfg.MaxRequest = c.max })
			want := map[string]bool{}
			r.m.lastZxid = 55
			for i := range c.paths {
				p := fmt.Sprintf("/%d/%s", i, strings.Repeat("x", c.long))
				kind := WatchKind(i % 3)
				r.m.watches.add(&Watch{Path: p, Kind: kind, Call: new(fired)})
				want[fmt.Sprint(kind, p)] = true
			}
			r.closed()
			r.connect(1)
			r.see()
			frames := r.pull()
			if len(frames) < 3 {
				t.Fatalf("%d requests", len(frames))
			}
			for _, f := range frames {
				w := setWatches(t, f)
				lists := [][]string{w.DataWatches, w.ExistWatches, w.ChildWatches}
				n := 0
				for k, list := range lists {
					for _, p := range list {
						n++
						delete(want, fmt.Sprint(WatchKind(k), p))
					}
				}
				if len(f.body)+wire.RequestHeaderLen > c.limit+chunkHeader && n > 1 || n == 0 {
					t.Errorf("%d paths in %d bytes", n, len(f.body))
				}
				if len(f.body)+wire.RequestHeaderLen > c.max && n > 1 {
					t.Errorf("%d bytes", len(f.body))
				}
				if w.RelativeZxid != 55 {
					t.Errorf("zxid %d", w.RelativeZxid)
				}
			}
			if len(want) > 0 {
				t.Errorf("%d watches were forgotten", len(want))
			}
			for range frames {
				r.expect()
				r.ok(wire.XidSetWatches)
			}
			r.expect("CONNECTED")
		})
	}
}

// A connection that is lost in the replay leaves nothing half done.
func TestReplayLost(t *testing.T) {
	r := up(t)
	r.watch("/a", WatchData)
	r.closed()
	r.connect(1)
	r.see()
	// Lost before the bytes were taken: they must not go to the next connection, in front of its handshake.
	r.closed()
	r.awake()
	r.opened()
	r.hello()
	r.wrote()
	r.welcome(1)
	r.wrote("setWatches#-8")
	r.expect()
	r.sleep(8*sec - 1)
	r.expect()
	r.sleep(1)
	if got := r.see(); got[0] != "hang up" {
		t.Errorf("%v", got)
	}
}
