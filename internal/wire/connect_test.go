package wire

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/go-zookeeper/jute/lib/go/jute"
)

var passwd = []byte("0123456789abcdef")

func request(readOnly, has bool) *ConnectRequest {
	return &ConnectRequest{
		ConnectRequest: proto.ConnectRequest{LastZxidSeen: 2, TimeOut: 3, SessionId: 4, Passwd: passwd},
		ReadOnly:       readOnly, HasReadOnly: has,
	}
}

func response(readOnly, has bool) *ConnectResponse {
	return &ConnectResponse{
		ConnectResponse: proto.ConnectResponse{TimeOut: 3, SessionId: 4, Passwd: passwd},
		ReadOnly:        readOnly, HasReadOnly: has,
	}
}

func TestHandshakeWithAndWithoutReadOnly(t *testing.T) {
	for _, c := range []struct {
		r    Record
		back Record
		size int
	}{
		{request(false, false), new(ConnectRequest), 44},
		{request(false, true), new(ConnectRequest), 45},
		{request(true, true), new(ConnectRequest), 45},
		{response(false, false), new(ConnectResponse), 36},
		{response(false, true), new(ConnectResponse), 37},
		{response(true, true), new(ConnectResponse), 37},
	} {
		b := mustAppend(t, c.r)
		if len(b) != c.size {
			t.Errorf("%v: %d bytes, want %d", c.r, len(b), c.size)
		}
		if err := Decode(b, c.back); err != nil || !reflect.DeepEqual(c.back, c.r) {
			t.Errorf("%v: read %+v, %v", c.r, c.back, err)
		}
		whole := 36 // without the byte
		if c.size > 40 {
			whole = 44
		}
		for n := range whole {
			if err := Decode(b[:n], c.back); !errors.Is(err, ErrTruncated) {
				t.Errorf("%v: %d of %d bytes: %v", c.r, n, len(b), err)
			}
		}
	}
}

// What was in the record before must not stay when the byte is missing.
func TestMissingReadOnlyIsReset(t *testing.T) {
	r := response(true, true)
	if err := Decode(mustAppend(t, response(false, false)), r); err != nil || r.ReadOnly || r.HasReadOnly {
		t.Errorf("%+v %v", r, err)
	}
	q := request(true, true)
	if err := Decode(mustAppend(t, request(false, false)), q); err != nil || q.ReadOnly || q.HasReadOnly {
		t.Errorf("%+v %v", q, err)
	}
}

func TestReadOnlyIsNotSentUnasked(t *testing.T) {
	if n := len(mustAppend(t, response(true, false))); n != 36 {
		t.Errorf("%d bytes", n)
	}
}

func TestDecodeConnectResponse(t *testing.T) {
	header := func(xid int32, code Code) []byte {
		return mustAppend(t, &proto.ReplyHeader{Xid: xid, Zxid: 5, Err: int32(code)})
	}
	for _, c := range []struct {
		name  string
		frame []byte
		want  error
	}{
		{"with the byte", mustAppend(t, response(true, true)), nil},
		{"without", mustAppend(t, response(false, false)), nil},
		{"a bare header", header(0, CodeNotReadOnly), CodeNotReadOnly},
		{"a bare header with a code of tomorrow", header(0, -999), Code(-999)},
		{"a bare header that says OK", header(0, OK), ErrTruncated},
		{"a header of something else", header(1, CodeNoNode), ErrTruncated},
		{"cut", mustAppend(t, response(false, false))[:35], ErrTruncated},
		{"nothing", nil, ErrTruncated},
	} {
		r, err := DecodeConnectResponse(c.frame)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err == nil && (r.SessionId != 4 || r.TimeOut != 3 || string(r.Passwd) != string(passwd)) {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

func TestExpired(t *testing.T) {
	for timeout, want := range map[int32]bool{-1: true, 0: true, 1: false, 4000: false} {
		r := ConnectResponse{ConnectResponse: proto.ConnectResponse{TimeOut: timeout}}
		if r.Expired() != want {
			t.Errorf("timeout %d: expired %t", timeout, r.Expired())
		}
	}
}

func TestPasswordsAreNotShown(t *testing.T) {
	for _, r := range []any{request(true, true), response(true, true)} {
		for _, s := range []string{fmt.Sprint(r), fmt.Sprintf("%+v", r)} {
			if strings.Contains(s, "48 49 50") || strings.Contains(s, "0123") || !strings.Contains(s, "session 0x4") {
				t.Errorf("%s", s)
			}
		}
	}
}

// A decoder that is not ours cannot say how much is left.
func TestForeignDecoder(t *testing.T) {
	var r ConnectResponse
	foreign := struct{ jute.Decoder }{NewDecoder(mustAppend(t, response(true, true)))}
	if err := r.Read(foreign); err != nil || r.HasReadOnly || r.SessionId != 4 {
		t.Errorf("%+v %v", r, err)
	}
}
