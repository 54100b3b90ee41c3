package record_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zktest/internal/picture"
	"github.com/gazoo-go/gazoo/zktest/internal/record"
)

// A wiretap shows frames to a recorder as a world would.
type wiretap struct {
	t    *testing.T
	r    *record.Recorder
	step uint64
}

func newWiretap(t *testing.T) *wiretap {
	w := &wiretap{t: t, r: record.New()}
	w.r.Lane("worker", picture.Client)
	w.r.Lane("server1", picture.Server)
	return w
}

func (w *wiretap) event(e handler.Event) {
	w.step++
	e.Step, e.Cause, e.At, e.Label = w.step, w.step-1, time.Duration(w.step)*time.Second, "c1"
	w.r.Observe(e)
}

func (w *wiretap) bytes(kind, node, peer string, b []byte) {
	w.event(handler.Event{Kind: kind, Node: node, Peer: peer, Data: b})
}

// frame is what put appends.
func (w *wiretap) frame(put func(*wire.Encoder) error) []byte {
	w.t.Helper()
	var e wire.Encoder
	if err := put(&e); err != nil {
		w.t.Fatal(err)
	}
	return e.B
}

// pass sends bytes and has them arrive.
func (w *wiretap) pass(from, to string, b []byte) {
	w.bytes(handler.KindSend, from, to, b)
	w.bytes(handler.KindArrival, to, from, b)
}

func (w *wiretap) connect() {
	w.t.Helper()
	w.pass("worker", "server1", w.frame(func(e *wire.Encoder) error { return e.AppendFrame(&wire.ConnectRequest{}) }))
	answer := &wire.ConnectResponse{}
	answer.SessionId, answer.TimeOut = 0x77, 4000
	w.pass("server1", "worker", w.frame(func(e *wire.Encoder) error { return e.AppendFrame(answer) }))
}

func (w *wiretap) request(xid int32, op wire.Op, rec wire.Record) []byte {
	w.t.Helper()
	return w.frame(func(e *wire.Encoder) error { return e.AppendRequest(xid, op, rec, 1<<20) })
}

func (w *wiretap) labels() (labels []string, run picture.Run) {
	run = w.r.Run(picture.Run{Name: "x"})
	for _, a := range run.Arrows {
		labels = append(labels, a.Label)
	}
	return labels, run
}

// Bytes become frames however they are cut, on both sides.
func TestFramesAreArrows(t *testing.T) {
	w := newWiretap(t)
	w.connect()
	asked := append(w.request(1, wire.OpGetData, &proto.GetDataRequest{Path: "/a"}), w.request(2, wire.OpPing, nil)...)
	w.bytes(handler.KindSend, "worker", "server1", asked[:7])
	w.bytes(handler.KindSend, "worker", "server1", asked[7:])
	for i := range asked {
		w.bytes(handler.KindArrival, "server1", "worker", asked[i:i+1])
	}
	w.pass("server1", "worker", w.frame(func(e *wire.Encoder) error { return e.AppendReply(1, 0x10, wire.CodeNoNode, nil) }))
	labels, run := w.labels()
	if got := strings.Join(labels, "; "); got != "connect; connected; getData /a; ping; getData: NONODE" {
		t.Errorf("arrows: %s", got)
	}
	get, ping, reply := run.Arrows[2], run.Arrows[3], run.Arrows[4]
	if get.Lost || get.Arrived <= get.Sent || get.ArrivedStep >= ping.ArrivedStep || get.Quiet || !ping.Quiet {
		t.Errorf("requests: %+v, %+v", get, ping)
	}
	if get.Unanswered || !ping.Unanswered || reply.Subject != "/a" || reply.Kind != picture.Reply {
		t.Errorf("answers: %+v, %+v, %+v", get, ping, reply)
	}
	if run.Name != "x" || len(run.Lanes) != 2 || run.Causes[3] != 2 {
		t.Errorf("run: %+v", run)
	}
}

// What a request is about is found in every kind of record, and said of each part of a transaction.
func TestRequestsHavePaths(t *testing.T) {
	w := newWiretap(t)
	w.connect()
	w.pass("worker", "server1", w.request(1, wire.OpGetEphemerals, &proto.GetEphemeralsRequest{PrefixPath: "/lock/x"}))
	w.pass("worker", "server1", w.request(2, wire.OpMulti, &wire.MultiRequest{Ops: []wire.MultiOp{
		{Op: wire.OpCheck, Record: &proto.CheckVersionRequest{Path: "/lock/me", Version: -1}},
		{Op: wire.OpDelete, Record: &proto.DeleteRequest{Path: "/b"}},
	}}))
	_, run := w.labels()
	if a := run.Arrows[2]; a.Subject != "/lock/x" || a.Label != "getEphemerals /lock/x" {
		t.Errorf("%+v", a)
	}
	if a := run.Arrows[3]; a.Subject != "/lock/me" || !strings.Contains(a.Detail, "/b") || strings.Contains(a.Detail, "0xc0") {
		t.Errorf("%+v", a)
	}
}

// A write whose answer never came is followed through the servers, and other messages between them are routine.
func TestLostWritesAreFollowed(t *testing.T) {
	w := newWiretap(t)
	w.connect()
	w.bytes(handler.KindSend, "worker", "server1", w.request(1, wire.OpDelete, &proto.DeleteRequest{Path: "/lost"}))
	about := func(path string, session int64) record.Request {
		return record.Request{Op: wire.OpDelete, Session: session, Origin: [2]uint64{1, uint64(len(path))}, Path: path}
	}
	w.r.Message("server1", "server2", record.Peer{Type: "PROPOSAL", Zxid: 5, About: about("/lost", 0x77)})()
	w.r.Message("server1", "server2", record.Peer{Type: "PROPOSAL", Zxid: 6, About: about("/other", 0x78)})
	w.r.Message("server1", "server2", record.Peer{Type: "COMMIT", Zxid: 5, Vote: true})()
	labels, run := w.labels()
	if got := strings.Join(labels[2:], "; "); got != "delete /lost; PROPOSAL delete /lost; PROPOSAL delete /other; COMMIT delete /lost" {
		t.Errorf("arrows: %s", got)
	}
	for i, want := range []struct{ quiet, lost bool }{{false, true}, {false, false}, {true, true}, {false, false}} {
		if a := run.Arrows[2+i]; a.Quiet != want.quiet || a.Lost != want.lost {
			t.Errorf("%s: quiet %v, lost %v", a.Label, a.Quiet, a.Lost)
		}
	}
}

// States are looked at after every step, and become bars.
func TestStatesAreBars(t *testing.T) {
	w := newWiretap(t)
	session, role, believes := "connecting", "", true
	w.r.Session("worker", "worker1", func() string { return session })
	w.r.Role("server1", func() string { return role })
	w.r.Holds("worker", "the lock", 7, func() bool { return believes })
	w.event(handler.Event{Kind: handler.KindTask, Node: "worker"})
	session, role = "connected", "leading"
	w.event(handler.Event{Kind: handler.KindTask, Node: "worker"})
	believes = false
	w.event(handler.Event{Kind: handler.KindTask, Node: "worker"})
	believes = true // that is another belief
	w.r.Down("server1")
	w.r.Stop()
	w.r.Up("server1")
	_, run := w.labels()
	var got []string
	for _, b := range run.Bars {
		got = append(got, strings.TrimSpace(b.Lane+" "+b.State))
		if open := b.State == "connected" || b.State == "leading" || b.Kind == picture.Down; b.Open != open {
			t.Errorf("%s %s: open %v", b.Lane, b.State, b.Open)
		}
	}
	if text := strings.Join(got, "; "); text != "worker connecting; worker the lock; worker connected; server1 leading; server1" {
		t.Errorf("bars: %s", text)
	}
}

// Nobody needs to ask whether anything is recorded.
func TestNilRecorder(t *testing.T) {
	var r *record.Recorder
	r.Lane("a", picture.Client)
	r.Session("a", "a", func() string { t.Error("asked"); return "" })
	r.Role("a", func() string { t.Error("asked"); return "" })
	r.Holds("a", "l", 1, func() bool { t.Error("asked"); return true })
	r.Mark("a", picture.Note, "", "")
	r.Call("a", "b", "")
	r.Message("a", "b", record.Peer{})()
	r.Band("", nil, nil, false, "")()
	r.Down("a")
	r.Up("a")
	r.Stop()
	if r.Step() != 0 || r.Last() != "" {
		t.Error("a step of nothing")
	}
	about := picture.Run{Name: "x", Violation: picture.Violation{Sentence: "y"}}
	if run := r.Run(about); run.Name != "x" || run.Violation.Sentence != "y" || len(run.Arrows) > 0 {
		t.Errorf("%+v", run)
	}
}
