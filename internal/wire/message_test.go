package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/go-zookeeper/jute/lib/go/jute"
)

var errWrite = errors.New("this record cannot be written")

// halfWritten writes something and then fails.
type halfWritten struct{}

func (halfWritten) Write(e jute.Encoder) error { return errors.Join(e.WriteLong(1), errWrite) }

func TestMessages(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(e *Encoder) error
		want  string
	}{
		{"request", func(e *Encoder) error {
			return e.AppendRequest(7, OpGetData, &proto.GetDataRequest{Path: "/a", Watch: true}, 0)
		}, "0000000f" + "00000007" + "00000004" + "000000022f61" + "01"},
		{"ping", func(e *Encoder) error { return e.AppendRequest(XidPing, OpPing, nil, 8) },
			"00000008" + "fffffffe" + "0000000b"},
		{"close", func(e *Encoder) error { return e.AppendRequest(9, OpCloseSession, nil, 0) },
			"00000008" + "00000009" + "fffffff5"},
		{"reply", func(e *Encoder) error {
			return e.AppendReply(7, 0x0102030405060708, OK, &proto.SyncResponse{Path: "/a"})
		}, "00000016" + "00000007" + "0102030405060708" + "00000000" + "000000022f61"},
		{"failure", func(e *Encoder) error { return e.AppendReply(7, 9, CodeNoNode, nil) },
			"00000010" + "00000007" + "0000000000000009" + "ffffff9b"},
		{"event", func(e *Encoder) error {
			return e.AppendEvent(-1, &proto.WatcherEvent{
				Type: int32(EventNodeDeleted), State: int32(StateSyncConnected), Path: "/a"})
		}, "0000001e" + "ffffffff" + "ffffffffffffffff" + "00000000" + "00000002" + "00000003" + "000000022f61"},
		{"handshake", func(e *Encoder) error {
			return e.AppendFrame(&ConnectRequest{ConnectRequest: proto.ConnectRequest{TimeOut: 4000}, HasReadOnly: true})
		}, "0000001d" + "00000000" + "0000000000000000" + "00000fa0" + "0000000000000000" + "ffffffff" + "00"},
	} {
		e := Encoder{B: []byte("before")}
		if err := c.write(&e); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := hex.EncodeToString(e.B[6:]); got != c.want || string(e.B[:6]) != "before" {
			t.Errorf("%s:\n%s, want\n%s", c.name, got, c.want)
		}
	}
}

func TestFailedMessagesLeaveNothing(t *testing.T) {
	big := &proto.SyncRequest{Path: "/0123456789"} // 8 + 4 + 11 bytes
	for _, c := range []struct {
		name  string
		write func(e *Encoder) error
		want  error
	}{
		{"request too long", func(e *Encoder) error { return e.AppendRequest(1, OpSync, big, 22) }, ErrFrame},
		{"request that fails", func(e *Encoder) error { return e.AppendRequest(1, OpSync, halfWritten{}, 0) }, errWrite},
		{"reply that fails", func(e *Encoder) error { return e.AppendReply(1, 1, OK, halfWritten{}) }, errWrite},
		{"frame that fails", func(e *Encoder) error { return e.AppendFrame(halfWritten{}) }, errWrite},
		{"frame of nothing", func(e *Encoder) error { return e.AppendFrame(nil) }, ErrFrame},
	} {
		e := Encoder{B: []byte("before")}
		if err := c.write(&e); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v", c.name, err)
		}
		if string(e.B) != "before" {
			t.Errorf("%s: left %q", c.name, e.B)
		}
	}
	var e Encoder
	if err := e.AppendRequest(1, OpSync, big, 23); err != nil || len(e.B) != 27 {
		t.Errorf("a request of just the limit: %v", err)
	}
	before := []byte("before")
	if b, err := Append(before, halfWritten{}); !errors.Is(err, errWrite) || !bytes.Equal(b, before) {
		t.Errorf("Append: %q %v", b, err)
	}
}

// The headers read by hand agree with the generated records, on every prefix.
func TestHeaders(t *testing.T) {
	req := (&filler{}).fill(new(proto.RequestHeader)).(*proto.RequestHeader)
	b := append(mustAppend(t, req), "body"...)
	h, body, err := ReadRequestHeader(b)
	if err != nil || h != *req || string(body) != "body" {
		t.Fatalf("%+v %q %v", h, body, err)
	}
	rep := (&filler{}).fill(new(proto.ReplyHeader)).(*proto.ReplyHeader)
	c := append(mustAppend(t, rep), "body"...)
	g, body, err := ReadReplyHeader(c)
	if err != nil || g != *rep || string(body) != "body" {
		t.Fatalf("%+v %q %v", g, body, err)
	}
	for n := range RequestHeaderLen {
		if _, _, err := ReadRequestHeader(b[:n]); !errors.Is(err, ErrTruncated) || !errors.Is(err, ErrMalformed) {
			t.Errorf("%d bytes of a request: %v", n, err)
		}
	}
	for n := range ReplyHeaderLen {
		if _, _, err := ReadReplyHeader(c[:n]); !errors.Is(err, ErrTruncated) || !errors.Is(err, ErrMalformed) {
			t.Errorf("%d bytes of a reply: %v", n, err)
		}
	}
	if _, body, err := ReadReplyHeader(c[:ReplyHeaderLen]); err != nil || len(body) != 0 {
		t.Errorf("a reply without body: %q %v", body, err)
	}
}

func TestNextXid(t *testing.T) {
	for xid, want := range map[int32]int32{0: 1, 1: 2, 1<<31 - 2: 1<<31 - 1, 1<<31 - 1: 1, XidSetWatches: 1} {
		if got := NextXid(xid); got != want {
			t.Errorf("after %d comes %d, want %d", xid, got, want)
		}
	}
}
