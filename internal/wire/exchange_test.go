package wire

import (
	"errors"
	"reflect"
	"testing"

	"github.com/go-zookeeper/jute/lib/go/jute"
)

// Every operation from end to end, the way a client and a server use this package: the client frames a request, the
// server cuts it out, reads it by its number and answers, the client reads the answer by the number it sent.
func TestExchange(t *testing.T) {
	var toServer, toClient Encoder
	sent, answered := map[int32]Record{}, map[int32]Record{}
	opOf := map[int32]Op{}
	f := &filler{elems: 2}

	xid := int32(0)
	for o := range ops {
		if o == OpCreateSession || o == OpNotification || o == OpError {
			continue
		}
		xid = NextXid(xid)
		opOf[xid] = o
		body := o.NewRequest()
		switch o {
		case OpMulti:
			body = filledRequest(multiWrites...)
		case OpMultiRead:
			body = filledRequest(multiReads...)
		}
		if body != nil {
			f.fillUnlessMulti(body)
		}
		sent[xid] = body
		if err := toServer.AppendRequest(xid, o, body, DefaultMaxRequest); err != nil {
			t.Fatal(err)
		}
	}

	for b := toServer.B; len(b) > 0; {
		frame, n, err := Split(b, DefaultMaxRequest)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		b = b[n:]
		h, body, err := ReadRequestHeader(frame)
		if err != nil || Op(h.Type) != opOf[h.Xid] {
			t.Fatalf("%+v %v", h, err)
		}
		got := Op(h.Type).NewRequest()
		if got != nil {
			if err := Decode(body, got); err != nil {
				t.Fatalf("%v: %v", Op(h.Type), err)
			}
		} else if len(body) != 0 {
			t.Fatalf("%v: a body where none belongs: %x", Op(h.Type), body)
		}
		if !reflect.DeepEqual(got, sent[h.Xid]) {
			t.Fatalf("%v: the server read %+v, the client wrote %+v", Op(h.Type), got, sent[h.Xid])
		}
		if m, ok := got.(*MultiRequest); ok && !m.Fits(Op(h.Type)) {
			t.Fatalf("%v does not take its own operations", Op(h.Type))
		}
		answer := Op(h.Type).NewResponse()
		switch Op(h.Type) {
		case OpMulti:
			answer = filledResponse(multiWrites...)
		case OpMultiRead:
			answer = filledResponse(OpGetData, OpError)
		}
		if answer != nil {
			f.fillUnlessMulti(answer)
		}
		answered[h.Xid] = answer
		if err := toClient.AppendReply(h.Xid, int64(h.Xid)*10, OK, answer); err != nil {
			t.Fatal(err)
		}
	}

	replies := 0
	for b := toClient.B; len(b) > 0; replies++ {
		frame, n, err := Split(b, DefaultMaxReply)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		b = b[n:]
		h, body, err := ReadReplyHeader(frame)
		if err != nil || h.Err != 0 || h.Zxid != int64(h.Xid)*10 {
			t.Fatalf("%+v %v", h, err)
		}
		got := opOf[h.Xid].NewResponse()
		if got != nil {
			if err := Decode(body, got); err != nil {
				t.Fatalf("%v: %v", opOf[h.Xid], err)
			}
		}
		if !reflect.DeepEqual(got, answered[h.Xid]) {
			t.Fatalf("%v: the client read %+v, the server wrote %+v", opOf[h.Xid], got, answered[h.Xid])
		}
	}
	if replies != len(opOf) {
		t.Fatalf("%d replies to %d requests", replies, len(opOf))
	}
}

func (f *filler) fillUnlessMulti(r Record) {
	switch r.(type) {
	case *MultiRequest, *MultiResponse: // these are lists of records of any type
	default:
		f.fill(r)
	}
}

// Wherever a recorded message ends early, reading it says so.
func TestGoldenTruncated(t *testing.T) {
	for _, v := range goldenVersions {
		frames := golden(t, v)
		for i, m := range understand(t, frames) {
			if m.body == nil {
				continue
			}
			b := frames[i].b
			header := RequestHeaderLen
			if m.op == OpCreateSession {
				header = 0
			} else if !frames[i].toServer {
				header = ReplyHeaderLen
			}
			end := len(b)
			switch r := m.body.(type) {
			case *ConnectRequest:
				if r.HasReadOnly {
					end-- // without its last byte it is another good one
				}
			case *ConnectResponse:
				if r.HasReadOnly {
					end--
				}
			}
			for n := header; n < end; n++ {
				back := reflect.New(reflect.TypeOf(m.body).Elem()).Interface().(Record)
				if err := Decode(b[header:n], back); !errors.Is(err, ErrTruncated) {
					t.Fatalf("%s: %s: %v: %d of %d bytes: %v", v, m.step, m.op, n, len(b), err)
				}
			}
		}
	}
}

// A multi with a part that cannot be written is not written.
func TestMultiOfWhatCannotBeWritten(t *testing.T) {
	bad := struct {
		halfWritten
		jute.RecordReader
	}{}
	for _, body := range []Record{
		&MultiRequest{Ops: []MultiOp{{OpDelete, bad}}},
		&MultiResponse{Results: []MultiResult{{Type: OpCreate, Record: bad}}},
	} {
		e := Encoder{B: []byte("before")}
		if err := e.AppendRequest(1, OpMulti, body, 0); !errors.Is(err, errWrite) || string(e.B) != "before" {
			t.Errorf("%T: %v, left %q", body, err, e.B)
		}
	}
}
