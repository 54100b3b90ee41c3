package core

import (
	"net/netip"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// benchmark sends one frame again and again.
func benchmark(b *testing.B, frame []byte) {
	s := New(Config{}, epoch)
	c := s.Open(epoch, netip.AddrPort{})
	c.Received(epoch, connectFrame(newSession(0)))
	var out []byte
	var woken []*Conn
	b.ReportAllocs()
	for b.Loop() {
		c.Received(epoch, frame)
		woken = s.Woken(woken[:0])
		out = c.Pull(out[:0])
	}
}

func BenchmarkPing(b *testing.B) { benchmark(b, requestFrame(1, wire.OpPing, nil)) }

func BenchmarkGetData(b *testing.B) {
	benchmark(b, requestFrame(1, wire.OpGetData, &proto.GetDataRequest{Path: "/zookeeper"}))
}

func BenchmarkSetData(b *testing.B) {
	benchmark(b, requestFrame(1, wire.OpSetData, &proto.SetDataRequest{Path: "/", Version: -1}))
}

func BenchmarkCreateDelete(b *testing.B) {
	f := requestFrame(1, wire.OpCreate, createRequest("/a", "x", 0))
	benchmark(b, append(f, requestFrame(2, wire.OpDelete, &proto.DeleteRequest{Path: "/a", Version: -1})...))
}
