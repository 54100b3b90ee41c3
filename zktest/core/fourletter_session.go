package core

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// The four-letter words about connections, sessions and watches: cons, dump, wchs, wchc, wchp.

var lastOpNames = map[wire.Op]string{
	wire.OpCreateSession: "SESS", wire.OpPing: "PING", wire.OpCreate: "CREA", wire.OpCreate2: "CREA", wire.OpDelete: "DELE",
	wire.OpExists: "EXIS", wire.OpGetData: "GETD", wire.OpSetData: "SETD", wire.OpGetACL: "GETA", wire.OpSetACL: "SETA",
	wire.OpGetChildren: "GETC", wire.OpGetChildren2: "GETC", wire.OpSync: "SYNC", wire.OpMulti: "MULT", wire.OpSetWatches: "SETW",
	wire.OpSetWatches2: "STW2", wire.OpAddWatch: "ADDW", wire.OpCloseSession: "CLOS",
}

func (f *Front) wordCons(b *strings.Builder) {
	for _, c := range f.conns {
		b.WriteString(c.line())
		if c.session != 0 {
			name := lastOpNames[c.lastOp]
			if name == "" {
				name = "NA"
			}
			fmt.Fprintf(b, ",sid=0x%x,lop=%s,est=%d,to=%d,lcxid=0x%x,lzxid=0x%x,lresp=0,llat=0,minlat=0,avglat=0,maxlat=0",
				uint64(c.session), name, c.opened.UnixMilli(), c.timeout, uint32(c.lastXid), uint64(c.lastZxid))
		}
		b.WriteString(")\n")
	}
	b.WriteString("\n")
}

// line is the beginning of what stat and cons say of a connection.
func (c *Conn) line() string {
	interest := 0 // to read, which the connection that asks no longer has
	if c.session != 0 {
		interest = 1
	}
	return fmt.Sprintf(" /%s[%d](queued=%d,recved=%d,sent=%d", c.remote, interest, len(c.queue)-c.head, c.received, c.sent)
}

func (f *Front) wordDump(b *strings.Builder) {
	sessions := f.state.Sessions()
	fmt.Fprintf(b, "SessionTracker dump:\nSession Sets (%d)/(%d):\n", len(sessions), len(sessions))
	for _, s := range sessions {
		fmt.Fprintf(b, "\t0x%x\t%dms\n", uint64(s.ID), s.Timeout.Milliseconds())
	}
	fmt.Fprintf(b, "ephemeral nodes dump:\nSessions with Ephemerals (%d):\n", len(f.state.tree.ephemerals))
	for _, s := range sessions {
		if len(s.Ephemerals) == 0 {
			continue
		}
		fmt.Fprintf(b, "0x%x:\n", uint64(s.ID))
		for _, path := range s.Ephemerals {
			fmt.Fprintf(b, "\t%s\n", path)
		}
	}
	b.WriteString("Connections dump:\nConnections Sets (1)/(" + fmt.Sprint(len(f.conns)) + "):\n")
	for _, c := range f.conns {
		fmt.Fprintf(b, "\tip: /%s sessionId: 0x%x\n", c.remote, uint64(c.session))
	}
}

// wordWchs, like wchc and wchp, is about the data table only, as in ZooKeeper.
func (f *Front) wordWchs(b *strings.Builder) {
	watchers := 0
	for _, c := range f.conns {
		if len(c.watchedPaths()) > 0 {
			watchers++
		}
	}
	fmt.Fprintf(b, "%d connections watching %d paths\nTotal watches:%d\n", watchers, len(f.data.paths), len(f.data.index))
}

// wordWchc lists the watched paths of each session.
func (f *Front) wordWchc(b *strings.Builder) {
	for _, c := range f.conns {
		paths := c.watchedPaths()
		if len(paths) == 0 {
			continue
		}
		fmt.Fprintf(b, "0x%x\n", uint64(c.session))
		for _, path := range paths {
			fmt.Fprintf(b, "\t%s\n", path)
		}
	}
	b.WriteString("\n")
}

// wordWchp lists the sessions that watch each path.
func (f *Front) wordWchp(b *strings.Builder) {
	var lines []string
	for _, c := range f.conns {
		for _, path := range c.watchedPaths() {
			lines = append(lines, fmt.Sprintf("%s\x00\t0x%x", path, uint64(c.session)))
		}
	}
	slices.Sort(lines)
	last := ""
	for _, line := range lines {
		path, session, _ := strings.Cut(line, "\x00")
		if path != last {
			b.WriteString(path + "\n")
			last = path
		}
		b.WriteString(session + "\n")
	}
	b.WriteString("\n")
}

// watchedPaths are those of the data table, sorted.
func (c *Conn) watchedPaths() (paths []string) {
	for _, w := range c.watches {
		if w.table == c.front.data {
			paths = append(paths, w.path)
		}
	}
	slices.Sort(paths)
	return paths
}
