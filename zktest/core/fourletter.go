package core

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// Four-letter words: four bytes in place of a handshake, answered with text, then the connection closes.

var fourLetterWords map[string]func(*Front, *strings.Builder)

func init() { // a literal would be an initialization cycle: stat looks at connections, connections at this table
	fourLetterWords = map[string]func(*Front, *strings.Builder){
		"conf": (*Front).wordConf,
		"cons": (*Front).wordCons,
		"crst": (*Front).wordCrst,
		"dirs": func(_ *Front, b *strings.Builder) { b.WriteString("datadir_size: 0\nlogdir_size: 0\n") },
		"dump": (*Front).wordDump,
		"envi": (*Front).wordEnvi,
		"isro": (*Front).wordIsro,
		"mntr": (*Front).wordMntr,
		"ruok": func(_ *Front, b *strings.Builder) { b.WriteString("imok") },
		"srst": (*Front).wordSrst,
		"srvr": func(f *Front, b *strings.Builder) { f.summary(b, false) },
		"stat": func(f *Front, b *strings.Builder) { f.summary(b, true) },
		"wchc": (*Front).wordWchc,
		"wchp": (*Front).wordWchp,
		"wchs": (*Front).wordWchs,
	}
}

func (c *Conn) fourLetter(_ time.Time, word string) {
	f := c.front
	var b strings.Builder
	switch {
	case !f.allowsWord(word):
		fmt.Fprintf(&b, "%s is not executed because it is not in the whitelist.\n", word)
	case f.serving || word == "ruok" || word == "isro" || word == "envi":
		fourLetterWords[word](f, &b)
	default:
		b.WriteString(notServing)
	}
	c.out.B = append(c.out.B, b.String()...)
	c.cut("four-letter word")
}

const notServing = "This ZooKeeper instance is not currently serving requests\n"

func (f *Front) allowsWord(word string) bool {
	return word == "srvr" || word == "isro" && f.cfg.ReadOnlyMode ||
		slices.Contains(f.cfg.Whitelist, word) || slices.Contains(f.cfg.Whitelist, "*")
}

// buildDate is when this server was built, as far as clients can tell that look for the date in its version line.
const buildDate = "07/07/2022 09:00 GMT"

func (f *Front) versionText() string {
	return fmt.Sprintf("%s-gazoo, built on %s", f.cfg.Version, buildDate)
}

func (f *Front) mode() string {
	if f.readOnly {
		return "read-only"
	}
	if m, ok := f.up.(interface{ Mode() string }); ok {
		return m.Mode()
	}
	return "standalone"
}

// summary is srvr, and with clients stat.
func (f *Front) summary(b *strings.Builder, clients bool) {
	fmt.Fprintf(b, "Zookeeper version: %s\n", f.versionText())
	if f.readOnly {
		b.WriteString("READ-ONLY mode; serving only read-only clients\n")
	}
	if clients {
		b.WriteString("Clients:\n")
		for _, c := range f.conns {
			b.WriteString(c.line() + ")\n")
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "Latency min/avg/max: 0/0.0/0\nReceived: %d\nSent: %d\nConnections: %d\nOutstanding: %d\n",
		f.received, f.sent, len(f.conns), f.outstanding())
	fmt.Fprintf(b, "Zxid: 0x%x\nMode: %s\nNode count: %d\n", f.state.zxid, f.mode(), f.state.tree.count())
	if f.mode() == "leader" {
		b.WriteString("Proposal sizes last/min/max: -1/-1/-1\n")
	}
}

func (f *Front) outstanding() (n int) {
	for _, c := range f.conns {
		n += len(c.queue) - c.head
	}
	return n
}

func (f *Front) wordIsro(b *strings.Builder) {
	switch {
	case !f.serving:
		b.WriteString("null")
	case f.readOnly:
		b.WriteString("ro")
	default:
		b.WriteString("rw")
	}
}

func (f *Front) wordConf(b *strings.Builder) {
	cfg := &f.cfg
	fmt.Fprintf(b, "clientPort=%d\nsecureClientPort=-1\ndataDir=\ndataDirSize=0\ndataLogDir=\ndataLogSize=0\n", cfg.ClientPort)
	fmt.Fprintf(b, "tickTime=%d\nmaxClientCnxns=%d\nminSessionTimeout=%d\nmaxSessionTimeout=%d\n", cfg.TickTime.Milliseconds(),
		cfg.MaxConnsPerAddr, cfg.MinSessionTimeout.Milliseconds(), cfg.MaxSessionTimeout.Milliseconds())
	fmt.Fprintf(b, "clientPortListenBacklog=-1\nserverId=%d\n", cfg.ServerID)
}

func (f *Front) wordEnvi(b *strings.Builder) {
	fmt.Fprintf(b, "Environment:\nzookeeper.version=%s\nhost.name=localhost\n", f.versionText())
}

func (f *Front) wordMntr(b *strings.Builder) {
	data, child := len(f.data.index), len(f.child.index)
	for _, line := range []struct {
		key   string
		value any
	}{
		{"version", f.versionText()},
		{"server_state", f.mode()},
		{"avg_latency", "0.0"}, {"max_latency", 0}, {"min_latency", 0},
		{"packets_received", f.received}, {"packets_sent", f.sent},
		{"num_alive_connections", len(f.conns)},
		{"outstanding_requests", f.outstanding()},
		{"znode_count", f.state.tree.count()},
		{"watch_count", data + child},
		{"ephemerals_count", f.state.tree.ephemeral},
		{"approximate_data_size", f.state.tree.bytes},
	} {
		fmt.Fprintf(b, "zk_%s\t%v\n", line.key, line.value)
	}
}

func (f *Front) wordSrst(b *strings.Builder) {
	f.received, f.sent = 0, 0
	b.WriteString("Server stats reset.\n")
}

func (f *Front) wordCrst(b *strings.Builder) {
	for _, c := range f.conns {
		c.received, c.sent, c.lastOp, c.lastXid, c.lastZxid = 0, 0, wire.OpNotification, 0, 0
	}
	b.WriteString("Connection stats reset.\n")
}
