package wire

import (
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

const benchPath = "/service/workers/worker-0000000017"

func getDataReply(tb testing.TB) []byte {
	var e Encoder
	r := proto.GetDataResponse{Data: make([]byte, 100), Stat: stat(1, 2, 3, 4, 5, 6, 100, 8)}
	if err := e.AppendReply(17, 1<<32, OK, &r); err != nil {
		tb.Fatal(err)
	}
	return e.B
}

func encodeGetData(tb testing.TB, e *Encoder, r *proto.GetDataRequest) {
	e.Reset()
	if err := e.AppendRequest(17, OpGetData, r, DefaultMaxRequest); err != nil {
		tb.Fatal(err)
	}
}

func decodeGetData(tb testing.TB, d *Decoder, b []byte, r *proto.GetDataResponse) {
	frame, _, err := Split(b, 0)
	if err != nil {
		tb.Fatal(err)
	}
	h, body, err := ReadReplyHeader(frame)
	if err != nil || h.Err != 0 {
		tb.Fatal(err)
	}
	d.Reset(body)
	if err := d.Decode(r); err != nil {
		tb.Fatal(err)
	}
}

// The whole frame of a getData request.
func BenchmarkEncodeGetData(b *testing.B) {
	e, r := new(Encoder), &proto.GetDataRequest{Path: benchPath, Watch: true}
	b.ReportAllocs()
	for b.Loop() {
		encodeGetData(b, e, r)
	}
}

// From the frame to the record, 100 bytes of data.
func BenchmarkDecodeGetData(b *testing.B) {
	d, reply, r := new(Decoder), getDataReply(b), new(proto.GetDataResponse)
	b.ReportAllocs()
	for b.Loop() {
		decodeGetData(b, d, reply, r)
	}
}

func BenchmarkDecodeGetDataAlias(b *testing.B) {
	d, reply, r := &Decoder{Alias: true}, getDataReply(b), new(proto.GetDataResponse)
	b.ReportAllocs()
	for b.Loop() {
		decodeGetData(b, d, reply, r)
	}
}

func BenchmarkEncodeCreate(b *testing.B) {
	e, r := new(Encoder), &proto.CreateRequest{Path: benchPath, Data: make([]byte, 100), Acl: open}
	b.ReportAllocs()
	for b.Loop() {
		e.Reset()
		if err := e.AppendRequest(17, OpCreate, r, DefaultMaxRequest); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeChildren(b *testing.B) {
	r := &proto.GetChildrenResponse{Children: make([]string, 1000)}
	for i := range r.Children {
		r.Children[i] = "worker-0000000017"
	}
	d, wire := new(Decoder), mustAppend(b, r)
	b.ReportAllocs()
	b.SetBytes(int64(len(wire)))
	for b.Loop() {
		d.Reset(wire)
		if err := d.Decode(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidatePath(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if err := ValidatePath(benchPath, false); err != nil {
			b.Fatal(err)
		}
	}
}

// What the benchmarks report, kept true by a test.
func TestAllocations(t *testing.T) {
	e, q := new(Encoder), &proto.GetDataRequest{Path: benchPath, Watch: true}
	encodeGetData(t, e, q) // the buffer grows once
	if n := testing.AllocsPerRun(100, func() { encodeGetData(t, e, q) }); n != 0 {
		t.Errorf("encoding a getData request: %v allocations", n)
	}
	d, reply, r := new(Decoder), getDataReply(t), new(proto.GetDataResponse)
	if n := testing.AllocsPerRun(100, func() { decodeGetData(t, d, reply, r) }); n != 1 {
		t.Errorf("decoding a getData reply: %v allocations, one for the data", n)
	}
	d.Alias = true
	if n := testing.AllocsPerRun(100, func() { decodeGetData(t, d, reply, r) }); n != 0 {
		t.Errorf("decoding a getData reply without a copy: %v allocations", n)
	}
}
