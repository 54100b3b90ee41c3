package wire

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		name  string
		b     string
		max   int
		frame string
		n     int
		bad   int64 // length of the FrameError
	}{
		{name: "nothing", b: ""},
		{name: "part of a length", b: "\x00\x00\x00"},
		{name: "a length", b: "\x00\x00\x00\x03"},
		{name: "part of a body", b: "\x00\x00\x00\x03ab"},
		{name: "a frame", b: "\x00\x00\x00\x03abc", frame: "abc", n: 7},
		{name: "a frame and more", b: "\x00\x00\x00\x03abc\x00\x00", frame: "abc", n: 7},
		{name: "as long as allowed", b: "\x00\x00\x00\x03abc", max: 3, frame: "abc", n: 7},
		{name: "a byte too long, length only", b: "\x00\x00\x00\x04", max: 3, bad: 4},
		{name: "a byte too long, complete", b: "\x00\x00\x00\x04abcd", max: 3, bad: 4},
		{name: "largest", b: "\x7f\xff\xff\xff", max: 0, bad: math.MaxInt32},
		{name: "default limit", b: "\x04\x00\x00\x00", max: 0},
		{name: "above the default limit", b: "\x04\x00\x00\x01", max: -1, bad: DefaultMaxReply + 1},
		{name: "negative", b: "\xff\xff\xff\xff", max: 3, bad: -1},
		{name: "most negative", b: "\x80\x00\x00\x00", max: 3, bad: math.MinInt32},
		{name: "four-letter word", b: "ruok", max: 3, bad: 0x72756f6b},
	} {
		frame, n, err := Split([]byte(c.b), c.max)
		if string(frame) != c.frame || n != c.n {
			t.Errorf("%s: %q, %d", c.name, frame, n)
		}
		var fe *FrameError
		if errors.As(err, &fe) != (c.bad != 0) || fe != nil && (fe.Length != c.bad || !errors.Is(err, ErrFrame)) {
			t.Errorf("%s: error %v", c.name, err)
		}
		if fe == nil && err != nil {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
	if _, _, err := Split([]byte{0, 0, 0, 0, 1}, 3); !errors.Is(err, ErrFrame) {
		t.Errorf("an empty frame: %v", err)
	}
}

func TestSplitSharesMemoryAndIsCapped(t *testing.T) {
	b := []byte("\x00\x00\x00\x02ab\x00\x00\x00\x01c")
	frame, n, err := Split(b, 0)
	if err != nil {
		t.Fatal(err)
	}
	b[4] = 'A'
	if string(frame) != "Ab" {
		t.Errorf("%q is a copy", frame)
	}
	_ = append(frame, 'x')
	if next, _, _ := Split(b[n:], 0); string(next) != "c" {
		t.Errorf("appending to a frame changed the next one to %q", next)
	}
}

func TestSplitAllocatesNothing(t *testing.T) {
	b := []byte("\x00\x00\x00\x02ab")
	if n := testing.AllocsPerRun(100, func() { _, _, _ = Split(b, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestEndFrame(t *testing.T) {
	for _, c := range []struct {
		name string
		body string
		max  int
		want string
	}{
		{"plain", "abc", 0, "\x00\x00\x00\x03abc"},
		{"as long as allowed", "abc", 3, "\x00\x00\x00\x03abc"},
		{"too long", "abcd", 3, ""},
		{"empty", "", 3, ""},
	} {
		e := Encoder{B: []byte("before")}
		mark := e.BeginFrame()
		e.B = append(e.B, c.body...)
		err := e.EndFrame(mark, c.max)
		if got := string(e.B); got != "before"+c.want {
			t.Errorf("%s: %q", c.name, got)
		}
		if errors.Is(err, ErrFrame) != (c.want == "") {
			t.Errorf("%s: error %v", c.name, err)
		}
		var fe *FrameError
		if errors.As(err, &fe) && (fe.Length != int64(len(c.body)) || fe.Max != c.max) {
			t.Errorf("%s: %+v", c.name, fe)
		}
	}
}

// Frames that gather in one Encoder come apart again, wherever the stream is cut.
func TestFramesInOneBuffer(t *testing.T) {
	var e Encoder
	var want [][]byte
	for i := 1; i < 40; i++ {
		body := bytes.Repeat([]byte{byte(i)}, i)
		want = append(want, body)
		mark := e.BeginFrame()
		e.B = append(e.B, body...)
		if err := e.EndFrame(mark, 0); err != nil {
			t.Fatal(err)
		}
	}
	for chunk := 1; chunk < 50; chunk++ {
		var buf []byte
		var got [][]byte
		for rest := e.B; len(rest) > 0; {
			n := min(chunk, len(rest))
			buf = append(buf, rest[:n]...)
			rest = rest[n:]
			for {
				frame, n, err := Split(buf, 0)
				if err != nil {
					t.Fatal(err)
				}
				if n == 0 {
					break
				}
				got = append(got, bytes.Clone(frame))
				buf = buf[n:]
			}
		}
		if len(buf) != 0 || len(got) != len(want) {
			t.Fatalf("chunks of %d: %d frames, %d bytes left", chunk, len(got), len(buf))
		}
		for i := range got {
			if !bytes.Equal(got[i], want[i]) {
				t.Fatalf("chunks of %d: frame %d is %x", chunk, i, got[i])
			}
		}
	}
}

func TestLimits(t *testing.T) {
	if DefaultMaxRequest != 1048575 || DefaultMaxReply != 67108864 {
		t.Errorf("%d %d", DefaultMaxRequest, DefaultMaxReply)
	}
}
