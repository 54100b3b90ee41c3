package wire

import (
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/go-zookeeper/jute/lib/go/jute"
)

const endMark = "ffffffff" + "01" + "ffffffff"

var multiWrites = []Op{OpCreate, OpCreate2, OpCreateContainer, OpCreateTTL, OpDelete, OpSetData, OpCheck}
var multiReads = []Op{OpGetData, OpGetChildren}

func filledRequest(ops ...Op) *MultiRequest {
	m := new(MultiRequest)
	f := &filler{elems: 2}
	for _, op := range ops {
		m.Ops = append(m.Ops, MultiOp{op, f.fill(op.NewRequest())})
	}
	return m
}

func filledResponse(types ...Op) *MultiResponse {
	m := new(MultiResponse)
	f := &filler{elems: 2}
	for i, op := range types {
		r := MultiResult{Type: op}
		if op == OpError {
			r.Code = Code(-i)
		} else if r.Record = op.NewResponse(); r.Record != nil {
			f.fill(r.Record)
		}
		m.Results = append(m.Results, r)
	}
	return m
}

func TestMultiRequestBytes(t *testing.T) {
	m := &MultiRequest{Ops: []MultiOp{
		{OpCheck, &proto.CheckVersionRequest{Path: "/a", Version: 7}},
		{OpDelete, &proto.DeleteRequest{Path: "/b", Version: AnyVersion}},
	}}
	want := "0000000d" + "00" + "ffffffff" + "000000022f61" + "00000007" +
		"00000002" + "00" + "ffffffff" + "000000022f62" + "ffffffff" + endMark
	if got := hex.EncodeToString(mustAppend(t, m)); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	if got := hex.EncodeToString(mustAppend(t, new(MultiRequest))); got != endMark {
		t.Errorf("empty: %s", got)
	}
}

func TestMultiResponseBytes(t *testing.T) {
	good := &MultiResponse{Results: []MultiResult{
		{Type: OpCheck},
		{Type: OpCreate, Record: &proto.CreateResponse{Path: "/a"}},
	}}
	for _, c := range []struct {
		name string
		m    *MultiResponse
		want string
	}{
		{"empty", new(MultiResponse), endMark},
		{"success", good, "0000000d" + "00" + "00000000" + "00000001" + "00" + "00000000" + "000000022f61" + endMark},
		{"failure", FailMulti(3, 1, CodeBadVersion), "ffffffff" + "00" + "00000000" + "00000000" +
			"ffffffff" + "00" + "ffffff99" + "ffffff99" + "ffffffff" + "00" + "fffffffe" + "fffffffe" + endMark},
	} {
		if got := hex.EncodeToString(mustAppend(t, c.m)); got != c.want {
			t.Errorf("%s: %s, want\n%s", c.name, got, c.want)
		}
	}
}

func TestMultiRoundTrip(t *testing.T) {
	for _, m := range []*MultiRequest{
		{}, filledRequest(multiWrites...), filledRequest(multiReads...), filledRequest(OpCreate, OpGetData),
	} {
		back := new(MultiRequest)
		if err := Decode(mustAppend(t, m), back); err != nil || !reflect.DeepEqual(back, m) {
			t.Errorf("request: read %+v, %v; wrote %+v", back, err, m)
		}
	}
	for _, m := range []*MultiResponse{
		{}, filledResponse(multiWrites...), filledResponse(multiReads...), FailMulti(4, 2, CodeNoNode),
		filledResponse(OpGetData, OpError, OpGetChildren, OpError),
	} {
		back := new(MultiResponse)
		if err := Decode(mustAppend(t, m), back); err != nil || !reflect.DeepEqual(back, m) {
			t.Errorf("response: read %+v, %v; wrote %+v", back, err, m)
		}
	}
}

// Reading replaces what was there.
func TestMultiIsReadAnew(t *testing.T) {
	q, r := filledRequest(multiWrites...), FailMulti(4, 2, CodeNoNode)
	if err := Decode(mustAppend(t, filledRequest(OpDelete)), q); err != nil || len(q.Ops) != 1 {
		t.Errorf("%+v %v", q, err)
	}
	r.Want = 1
	if err := Decode(mustAppend(t, filledResponse(OpDelete)), r); err != nil || len(r.Results) != 1 || r.Want != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestMultiTruncated(t *testing.T) {
	request := filledRequest(append(multiWrites, multiReads...)...)
	response := filledResponse(append(append(multiWrites, multiReads...), OpError)...)
	for _, c := range []struct{ r, back Record }{{request, new(MultiRequest)}, {response, new(MultiResponse)}} {
		b := mustAppend(t, c.r)
		for n := range b {
			if err := Decode(b[:n], c.back); !errors.Is(err, ErrTruncated) {
				t.Fatalf("%T: %d of %d bytes: %v", c.r, n, len(b), err)
			}
		}
	}
}

// Before 3.7.2 and 3.8.2 create2 comes back as create; createContainer and createTTL come back as create2. The types of a
// response say how to read it, whatever was asked.
func TestMultiResultsGoByTheirType(t *testing.T) {
	b, _ := hex.DecodeString("00000001" + "00" + "00000000" + "000000022f61" +
		"0000000f" + "00" + "00000000" + "000000022f62" + strings.Repeat("00", 68) + endMark)
	m := MultiResponse{Want: 2}
	if err := Decode(b, &m); err != nil {
		t.Fatal(err)
	}
	if r, ok := m.Results[0].Record.(*proto.CreateResponse); !ok || r.Path != "/a" || m.Results[0].Type != OpCreate {
		t.Errorf("%+v", m.Results[0])
	}
	if r, ok := m.Results[1].Record.(*proto.Create2Response); !ok || r.Path != "/b" || m.Results[1].Type != OpCreate2 {
		t.Errorf("%+v", m.Results[1])
	}
	if _, _, ok := m.Failed(); ok {
		t.Error("a success counts as failed")
	}
}

func TestMalformedMulti(t *testing.T) {
	part := func(op string, err string, body string) string { return op + "00" + err + body }
	ok, null := "00000000", "ffffffff"
	for _, c := range []struct {
		name string
		hex  string
		back Record
		want error
	}{
		{"request: setACL", part("00000007", null, "000000022f61"), new(MultiRequest), ErrMulti},
		{"request: multi in multi", part("0000000e", null, endMark), new(MultiRequest), ErrMulti},
		{"request: unknown", part("000003e7", null, ""), new(MultiRequest), ErrMulti},
		{"request: error", part("ffffffff", null, ok), new(MultiRequest), ErrMulti},
		{"request: no end", part("00000002", null, "000000022f61"+null), new(MultiRequest), ErrTruncated},
		{"response: setACL", part("00000007", ok, ""), new(MultiResponse), ErrMulti},
		{"response: unknown", part("000003e7", ok, ""), new(MultiResponse), ErrMulti},
		{"response: good and bad", part("00000002", "ffffff9b", ""), new(MultiResponse), ErrMulti},
		{"response: one too many", part("00000002", ok, "") + part("00000002", ok, ""), &MultiResponse{Want: 1}, ErrMulti},
		{"response: as many as wanted", part("00000002", ok, ""), &MultiResponse{Want: 1}, nil},
		{"response: fewer than wanted", part("00000002", ok, ""), &MultiResponse{Want: 2}, nil},
		{"response: the end is marked by done alone", "0000000001" + ok, new(MultiResponse), nil},
	} {
		b, err := hex.DecodeString(c.hex + endMark)
		if err != nil {
			t.Fatal(err)
		}
		if c.want == ErrTruncated {
			b = b[:len(b)-len(endMark)/2]
		}
		err = Decode(b, c.back)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v is not malformed", c.name, err)
		}
	}
}

// The code in the body counts, as it does for ZooKeeper's own clients.
func TestMultiErrorGoesByItsBody(t *testing.T) {
	b, _ := hex.DecodeString("ffffffff" + "00" + "00000000" + "ffffff9b" + endMark)
	var m MultiResponse
	if err := Decode(b, &m); err != nil || m.Results[0].Code != CodeNoNode {
		t.Errorf("%+v %v", m.Results, err)
	}
}

func TestFailed(t *testing.T) {
	for _, c := range []struct {
		m     *MultiResponse
		index int
		code  Code
		ok    bool
	}{
		{new(MultiResponse), 0, OK, false},
		{filledResponse(OpDelete, OpCheck), 0, OK, false},
		{FailMulti(3, 0, CodeNoNode), 0, CodeNoNode, true},
		{FailMulti(3, 2, CodeNotEmpty), 2, CodeNotEmpty, true},
	} {
		if i, code, ok := c.m.Failed(); i != c.index || code != c.code || ok != c.ok {
			t.Errorf("%+v: %d %v %t", c.m.Results, i, code, ok)
		}
	}
	for i, want := range []Code{OK, CodeNodeExists, CodeRuntimeInconsistency, CodeRuntimeInconsistency} {
		r := FailMulti(4, 1, CodeNodeExists).Results[i]
		if r.Code != want || r.Type != OpError || r.Record != nil {
			t.Errorf("result %d: %+v", i, r)
		}
	}
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		m           *MultiRequest
		write, read bool
	}{
		{new(MultiRequest), true, true},
		{filledRequest(multiWrites...), true, false},
		{filledRequest(multiReads...), false, true},
		{filledRequest(OpDelete, OpGetData), false, false},
	} {
		if w, r := c.m.Fits(OpMulti), c.m.Fits(OpMultiRead); w != c.write || r != c.read {
			t.Errorf("%+v: multi %t, multiRead %t", c.m, w, r)
		}
		if c.m.Fits(OpCreate) {
			t.Error("a create is no multi")
		}
	}
}

// A multi is many small records; what it costs is bounded all the same.
func TestMultiMemory(t *testing.T) {
	const size = 1 << 20
	fill := func(part string) []byte {
		p, _ := hex.DecodeString(part)
		var b []byte
		for len(b) < size {
			b = append(b, p...)
		}
		return b
	}
	for _, c := range []struct {
		name string
		part string
		back func() Record
	}{
		{"deletes", "00000002" + "00" + "ffffffff" + "00000000" + "00000000", rec[MultiRequest]},
		{"getChildren", "00000008" + "00" + "ffffffff" + "00000000" + "00", rec[MultiRequest]},
		{"creates", "00000001" + "00" + "ffffffff" + "00000000" + "ffffffff" + "ffffffff" + "00000000", rec[MultiRequest]},
		{"done deletes", "00000002" + "00" + "00000000", rec[MultiResponse]},
		{"children", "00000008" + "00" + "00000000" + "ffffffff", rec[MultiResponse]},
		{"errors", "ffffffff" + "00" + "00000000" + "00000000", rec[MultiResponse]},
	} {
		b := fill(c.part)
		limit := bound(multiFactor, len(b))
		if got := allocated(limit, func() { _ = Decode(b, c.back()) }); got > limit {
			t.Errorf("%s: %d bytes allocated for %d", c.name, got, len(b))
		}
	}
	b := fill("00000002" + "00" + "00000000")
	m := MultiResponse{Want: 10}
	if got := allocated(4096, func() { _ = Decode(b, &m) }); got > 4096 {
		t.Errorf("%d bytes allocated for 10 results wanted", got)
	}
}

// Through any other implementation of jute's interfaces the framing is the same.
func TestMultiForeignCodec(t *testing.T) {
	m := filledRequest(multiWrites...)
	var e Encoder
	if err := m.Write(struct{ jute.Encoder }{&e}); err != nil {
		t.Fatal(err)
	}
	back := new(MultiRequest)
	if err := back.Read(struct{ jute.Decoder }{NewDecoder(e.B)}); err != nil || !reflect.DeepEqual(back, m) {
		t.Errorf("%+v %v", back, err)
	}
	bad := struct{ jute.Decoder }{NewDecoder([]byte{0, 0, 0, 7, 0, 0, 0, 0, 0})}
	if err := back.Read(bad); !errors.Is(err, ErrMulti) {
		t.Errorf("%v", err)
	}
}
