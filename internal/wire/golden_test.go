package wire

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// The files in testdata/golden are conversations between ZooKeeper's own client and server, frame by frame. README.md
// there says how they are made. Neither side of them is ours.

// frame is one line of a conversation, without its length.
type frame struct {
	step     string
	conn     string
	toServer bool
	b        []byte
}

var goldenVersions = []string{"3.8.0", "3.9.2", "3.9.5"}

func golden(t testing.TB, version string) []frame {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "golden", version+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var frames []frame
	var step string
	for s := bufio.NewScanner(f); s.Scan(); {
		line := s.Text()
		if strings.HasPrefix(line, "#") {
			continue
		}
		if name, ok := strings.CutPrefix(line, "= "); ok {
			step = name
			continue
		}
		mark, text, _ := strings.Cut(line, " ")
		b, err := hex.DecodeString(text)
		if err != nil || mark == "" || step == "" {
			t.Fatalf("%s: line %q: %v", version, line, err)
		}
		conn, direction := mark[:len(mark)-1], mark[len(mark)-1]
		frames = append(frames, frame{step, conn, direction == '>', b})
	}
	return frames
}

// message is a frame, understood.
type message struct {
	step string
	conn string
	op   Op
	xid  int32
	zxid int64  // replies and events
	code Code   // replies
	body Record // nil if there is none
}

// understand reads a conversation and insists that what it understood has the same bytes when written again.
func understand(t testing.TB, frames []frame) []message {
	t.Helper()
	var messages []message
	pending := map[string]map[int32]Op{} // by connection; nil until its handshake is complete
	for _, f := range frames {
		m := message{step: f.step, conn: f.conn}
		rest := f.b
		switch {
		case pending[f.conn] == nil && f.toServer:
			m.op = OpCreateSession
			m.body = m.op.NewRequest()
		case pending[f.conn] == nil:
			pending[f.conn] = map[int32]Op{}
			m.op = OpCreateSession
			m.body = m.op.NewResponse()
		case f.toServer:
			h, body, err := ReadRequestHeader(f.b)
			if err != nil {
				t.Fatalf("%s: %v", f.step, err)
			}
			m.op, m.xid, rest = Op(h.Type), h.Xid, body
			pending[f.conn][m.xid] = m.op
			if f.step != "raw malformed" {
				m.body = m.op.NewRequest()
			}
		default:
			h, body, err := ReadReplyHeader(f.b)
			if err != nil {
				t.Fatalf("%s: %v", f.step, err)
			}
			m.xid, m.zxid, m.code, rest = h.Xid, h.Zxid, Code(h.Err), body
			if h.Xid != XidWatch {
				var ok bool
				if m.op, ok = pending[f.conn][h.Xid]; !ok {
					t.Fatalf("%s: a reply to nothing: %x", f.step, f.b)
				}
			}
			// The one body behind an error.
			if m.code == OK || m.op == OpMultiRead && m.code == CodeMarshallingError {
				m.body = m.op.NewResponse()
			}
		}
		if m.body != nil {
			d := NewDecoder(rest)
			if err := d.Decode(m.body); err != nil {
				t.Fatalf("%s: %v: %v in %x", f.step, m.op, err, f.b)
			}
			rest = d.Rest()
		}
		if len(rest) != 0 {
			t.Fatalf("%s: %v: %x not understood at the end of %x", f.step, m.op, rest, f.b)
		}
		if again := rewrite(t, f, m); !bytes.Equal(again, f.b) {
			t.Fatalf("%s: %v: read\n%x, wrote\n%x", f.step, m.op, f.b, again)
		}
		messages = append(messages, m)
	}
	return messages
}

// rewrite makes the frame of a message with the functions that clients and servers use.
func rewrite(t testing.TB, f frame, m message) []byte {
	t.Helper()
	var e Encoder
	var err error
	switch {
	case m.op == OpCreateSession:
		err = e.AppendFrame(m.body)
	case f.toServer:
		err = e.AppendRequest(m.xid, m.op, m.body, DefaultMaxRequest)
	case m.xid == XidWatch:
		err = e.AppendEvent(m.zxid, m.body.(*proto.WatcherEvent))
	default:
		err = e.AppendReply(m.xid, m.zxid, m.code, m.body)
	}
	if err != nil {
		t.Fatalf("%s: %v", m.step, err)
	}
	b, n, err := Split(e.B, 0)
	if err != nil || n != len(e.B) {
		t.Fatalf("%s: %d of %d bytes: %v", m.step, n, len(e.B), err)
	}
	return b
}

func TestGoldenRoundTrip(t *testing.T) {
	for _, v := range goldenVersions {
		t.Run(v, func(t *testing.T) {
			messages := understand(t, golden(t, v))
			if len(messages) < 100 {
				t.Errorf("only %d messages", len(messages))
			}
		})
	}
}

// Every operation that a client may send is there, and every kind of reply.
func TestGoldenCoversOps(t *testing.T) {
	for _, v := range goldenVersions {
		requests, replies := map[Op]bool{}, map[Op]bool{}
		frames := golden(t, v)
		for i, m := range understand(t, frames) {
			if frames[i].toServer {
				requests[m.op] = true
			} else if m.code == OK {
				replies[m.op] = true
			}
		}
		for o := range ops {
			switch o {
			case OpNotification, OpError: // not requests
			case OpCheck: // only within a multi
			default:
				if !requests[o] {
					t.Errorf("%s: no %v request", v, o)
				}
			}
			switch o {
			case OpCheck, OpError:
			case OpReconfig, OpDeleteContainer: // refused by a standalone server; by itself
			default:
				if !replies[o] {
					t.Errorf("%s: no %v reply", v, o)
				}
			}
		}
	}
}
