package core

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

func TestFourLetterWords(t *testing.T) {
	w := newWorld(t, Config{Whitelist: []string{"*"}, ClientPort: 2181, ServerID: 3, MaxConnsPerAddr: 60})
	a, b := w.connect(), w.connect()
	a.create("/e", "data", wire.FlagEphemeral)
	b.exists("/x", true)
	b.exists("/e", true)
	a.exists("/x", true)
	a.children("/", true) // the words about watches leave child watches out, as ZooKeeper's do
	sid := func(c *peer) string { return fmt.Sprintf("0x%x", c.session) }
	for word, want := range map[string]string{
		"ruok": "imok",
		"isro": "rw",
		"wchs": "2 connections watching 2 paths\nTotal watches:3\n",
		"wchc": sid(a) + "\n\t/x\n" + sid(b) + "\n\t/e\n\t/x\n\n",
		"wchp": "/e\n\t" + sid(b) + "\n/x\n\t" + sid(a) + "\n\t" + sid(b) + "\n\n",
		"dirs": "datadir_size: 0\nlogdir_size: 0\n",
		"conf": "clientPort=2181\nsecureClientPort=-1\ndataDir=\ndataDirSize=0\ndataLogDir=\ndataLogSize=0\ntickTime=2000\nmaxClientCnxns=60\n" +
			"minSessionTimeout=4000\nmaxSessionTimeout=40000\nclientPortListenBacklog=-1\nserverId=3\n",
		"srvr": "Zookeeper version: 3.9.4-gazoo, built on 07/07/2022 09:00 GMT\nLatency min/avg/max: 0/0.0/0\nReceived: 7\nSent: 7\n" +
			"Connections: 3\nOutstanding: 0\nZxid: 0x3\nMode: standalone\nNode count: 6\n",
	} {
		is(t, word, w.word(word), want)
	}
	// What go-zookeeper looks for, in srvr and in cons.
	for word, pattern := range map[string]string{
		"srvr": `Zookeeper version: ([A-Za-z0-9\.\-]+), built on (\d\d/\d\d/\d\d\d\d \d\d:\d\d [A-Za-z0-9:\+\-]+)`,
		"cons": `sid=(0x[A-Za-z0-9]+).*?lop=(\w+).*?est=(\d+).*?to=(\d+).*?lcxid=(0x[A-Za-z0-9]+).*?lzxid=(0x[A-Za-z0-9]+).*?lresp=(\d+).*?llat=(\d+).*?minlat=(\d+).*?avglat=(\d+).*?maxlat=(\d+)`,
	} {
		if text := w.word(word); !regexp.MustCompile(pattern).MatchString(text) {
			t.Errorf("%s: %q does not match", word, text)
		}
	}
	for word, lines := range map[string][]string{
		"stat": {"Clients:\n /127.0.0.1:40001[1](queued=0,recved=4,sent=4)\n", "\n\nLatency"},
		"cons": {"lop=GETC", "lop=EXIS", "to=10000", "lcxid=0x3"},
		"mntr": {"zk_server_state\tstandalone\n", "zk_znode_count\t6\n", "zk_watch_count\t4\n", "zk_ephemerals_count\t1\n", "zk_num_alive_connections\t3\n", "zk_version\t3.9.4"},
		"envi": {"Environment:\n", "zookeeper.version=3.9.4"},
		"dump": {"Session Sets (2)/(2):\n", "Sessions with Ephemerals (1):\n" + sid(a) + ":\n\t/e\n", "Connections Sets (1)/(3)"},
	} {
		text := w.word(word)
		for _, line := range lines {
			if !strings.Contains(text, line) {
				t.Errorf("%s lacks %q:\n%s", word, line, text)
			}
		}
	}
	is(t, "crst", w.word("crst"), "Connection stats reset.\n")
	if text := w.word("stat"); !strings.Contains(text, "recved=0,sent=0") {
		t.Errorf("after crst: %s", text)
	}
	is(t, "srst", w.word("srst"), "Server stats reset.\n")
	if text := w.word("srvr"); !strings.Contains(text, "Received: 0\nSent: 0\n") {
		t.Errorf("after srst: %s", text)
	}
	is(t, "connections are gone", len(w.s.Conns()), 2)

	w.s.SetReadOnly(true)
	w.pump()
	is(t, "isro", w.word("isro"), "ro")
	if text := w.word("srvr"); !strings.Contains(text, "\nREAD-ONLY mode; serving only read-only clients\n") || !strings.Contains(text, "Mode: read-only\n") {
		t.Errorf("srvr: %s", text)
	}
}

// safety.md 11: a client that takes its watches back leaves none.
func TestWatchSummaryAfterRemoval(t *testing.T) {
	w := newWorld(t, Config{Whitelist: []string{"wchs"}})
	c := w.connect()
	for i := range 100 {
		path := fmt.Sprint("/", i)
		c.exists(path, true)
		c.removeWatches(path, wire.WatcherData)
	}
	is(t, "wchs", w.word("wchs"), "0 connections watching 0 paths\nTotal watches:0\n")
}

func TestWhitelist(t *testing.T) {
	const refused = "ruok is not executed because it is not in the whitelist.\n"
	for _, x := range []struct {
		cfg        Config
		ruok, isro bool
	}{
		{Config{}, false, false},
		{Config{ReadOnlyMode: true}, false, true},
		{Config{Whitelist: []string{}}, false, false},
		{Config{Whitelist: []string{"ruok"}}, true, false},
		{Config{Whitelist: []string{"*"}}, true, true},
		{Config{Version: V3_4}, true, true},
	} {
		w := newWorld(t, x.cfg)
		is(t, "ruok", w.word("ruok") == "imok", x.ruok)
		is(t, "ruok", w.word("ruok") == refused, !x.ruok)
		is(t, "isro", w.word("isro") == "rw", x.isro)
		is(t, "srvr is always allowed", strings.HasPrefix(w.word("srvr"), "Zookeeper version: "), true)
	}
	w := newWorld(t, Config{Version: V3_4})
	is(t, "3.4 answers all but wchc and wchp", strings.Contains(w.word("wchc"), "whitelist"), true)
}

// The word is the first four bytes of a connection, in any pieces, and only there.
func TestWhereWordsAreRead(t *testing.T) {
	w := newWorld(t, Config{Whitelist: []string{"*"}})
	c := w.open()
	for _, b := range []byte("ruok\nmore") {
		c.write([]byte{b})
	}
	is(t, "in pieces", string(c.in), "imok")
	is(t, "closed", c.closed, true)
	c = w.open()
	c.write([]byte("nope"))
	is(t, "an unknown word is a length", c.closed && len(c.in) == 0, true)
	c = w.connect()
	c.write([]byte("ruok"))
	is(t, "not on a session", c.closed && len(c.in) == 0, true)
}

func TestSeen(t *testing.T) {
	w := newWorld(t, Config{})
	var hooked int
	w.s.cfg.OnRequest = func(in *Incoming) { hooked++ }
	c := w.connect()
	c.make("/a")
	c.get("/a", false)
	c.multi(opCreate("/first"), opCreate("/second"))
	c.auth("digest", "secret:password")
	is(t, "hook", hooked, 5)
	is(t, "creates", w.s.Count(wire.OpCreate), 1)
	var got []string
	for i, s := range w.s.Seen() {
		is(t, "number", s.Number, uint64(i)+1)
		got = append(got, fmt.Sprint(s.Op, " ", s.Path))
	}
	is(t, "seen", strings.Join(got, ", "), "createSession , create /a, getData /a, multi /first, auth ")
	for range 2 * seenKept {
		c.do(wire.OpPing, nil, nil)
	}
	seen := w.s.Seen()
	is(t, "bounded", len(seen), seenKept)
	is(t, "the last", seen[seenKept-1].Number, 5+2*seenKept)
	is(t, "the first", seen[0].Number, 6+seenKept)
	c.do(wire.OpExists, &proto.ExistsRequest{Path: "/" + strings.Repeat("x", 1000)}, nil)
	is(t, "long paths are cut", len(w.s.Seen()[seenKept-1].Path), seenPath)
	for op := wire.Op(1000); op < 1010; op++ {
		w.connect().ask(op, nil)
	}
	is(t, "unknown operations are not counted", w.s.Count(1000), 0)
}

func TestInspection(t *testing.T) {
	w := newWorld(t, Config{})
	a, b := w.connect(), w.connectFor(20e9)
	a.create("/a", "value", 0)
	a.create("/a/e", "", wire.FlagEphemeral)
	b.create("/0", "", wire.FlagEphemeral)
	n, ok := w.s.State().Node("/a")
	is(t, "node", ok, true)
	is(t, "data", string(n.Data), "value")
	n.Data[0] = 'X'
	v, _, _ := a.get("/a", false)
	is(t, "it is a copy", v, "value")
	_, ok = w.s.State().Node("/nope")
	is(t, "missing", ok, false)
	var paths []string
	for _, n := range w.s.State().Nodes("/") {
		paths = append(paths, n.Path)
	}
	is(t, "nodes", strings.Join(paths, " "), "/ /0 /a /a/e /zookeeper /zookeeper/config /zookeeper/quota")
	is(t, "subtree", len(w.s.State().Nodes("/a")), 2)
	is(t, "missing subtree", len(w.s.State().Nodes("/b")), 0)
	sessions := w.s.State().Sessions()
	is(t, "sessions", len(sessions), 2)
	is(t, "first", sessions[0].ID, a.session)
	is(t, "ephemerals", fmt.Sprint(sessions[0].Ephemerals, sessions[1].Ephemerals), "[/a/e] [/0]")
	is(t, "timeout", sessions[1].Timeout, 20e9)
	b.addWatch("/a", wire.ModePersistent)
	a.exists("/a", true)
	is(t, "watches", fmt.Sprint(w.s.Watches()), fmt.Sprint([]WatchInfo{
		{Session: a.session, Conn: 1, Path: "/a", Standard: true},
		{Session: b.session, Conn: 2, Path: "/a", Persistent: true},
		{Session: b.session, Conn: 2, Path: "/a", Child: true, Persistent: true},
	}))
	conns := w.s.Conns()
	is(t, "connections", len(conns), 2)
	is(t, "session", conns[1].Session(), b.session)
	is(t, "remote", conns[1].Remote().String(), "127.0.0.1:40002")
}
