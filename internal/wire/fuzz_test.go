package wire

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

// The targets start from the recorded conversations, and from each record filled by the tests.

// FuzzFrames cuts a stream into frames, whole and in pieces, and wants the same frames.
func FuzzFrames(f *testing.F) {
	for _, v := range goldenVersions {
		var e Encoder
		for _, g := range golden(f, v)[:20] {
			mark := e.BeginFrame()
			e.B = append(e.B, g.b...)
			if err := e.EndFrame(mark, 0); err != nil {
				f.Fatal(err)
			}
		}
		f.Add(e.B, uint16(7), 1000)
	}
	f.Add([]byte{0, 0, 0, 0}, uint16(1), 0)
	f.Add([]byte{0x80, 0, 0, 0}, uint16(1), -1)
	f.Fuzz(func(t *testing.T, stream []byte, chunk uint16, max int) {
		limit := max
		if limit <= 0 {
			limit = DefaultMaxReply
		}
		// split takes all frames off b.
		split := func(b []byte) (frames [][]byte, used int, err error) {
			for {
				frame, n, err := Split(b[used:], max)
				if err != nil {
					if !errors.Is(err, ErrFrame) || n != 0 || frame != nil {
						t.Fatalf("%v with %d bytes", err, n)
					}
					return frames, used, err
				}
				if n == 0 {
					return frames, used, nil
				}
				if len(frame) == 0 || len(frame) > limit || n != len(frame)+4 || cap(frame) != len(frame) {
					t.Fatalf("a frame of %d bytes, capacity %d, took %d; the limit is %d", len(frame), cap(frame), n, max)
				}
				frames = append(frames, frame)
				used += n
			}
		}
		whole, wholeUsed, wholeErr := split(stream)

		var e Encoder
		for _, frame := range whole {
			mark := e.BeginFrame()
			e.B = append(e.B, frame...)
			if err := e.EndFrame(mark, limit); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(e.B, stream[:wholeUsed]) {
			t.Fatalf("framed again: %x, was %x", e.B, stream[:wholeUsed])
		}

		var pieces [][]byte
		var pieceErr error
		for from, to := 0, 0; to < len(stream) && pieceErr == nil; {
			to = min(to+int(chunk)+1, len(stream))
			var frames [][]byte
			var used int
			frames, used, pieceErr = split(stream[from:to])
			pieces = append(pieces, frames...)
			from += used
		}
		if (pieceErr == nil) != (wholeErr == nil) || !reflect.DeepEqual(pieces, whole) {
			t.Fatalf("in pieces: %x %v, whole: %x %v", pieces, pieceErr, whole, wholeErr)
		}
	})
}

// checkDecode decodes, and wants: no panic, no more memory than allowed, only errors of this package, and a record that
// stays the same from the first reading on.
func checkDecode(t *testing.T, b []byte, newRecord func() Record, factor int) {
	limit := bound(factor, len(b)) + 1<<16 // the fuzzer allocates too
	var r Record
	var err error
	if got := allocated(limit, func() { r = newRecord(); err = Decode(b, r) }); got > limit {
		t.Fatalf("%s: %d bytes allocated for %d (%v)", typeName(r), got, len(b), err)
	}
	if err != nil {
		var de *DecodeError
		if !errors.As(err, &de) || !errors.Is(err, ErrMalformed) || de.Offset < 0 || de.Offset > len(b) || de.Error() == "" {
			t.Fatalf("%s: %#v", typeName(r), err)
		}
		return
	}
	d := NewDecoder(b)
	d.Alias = true
	aliased := newRecord()
	if err := d.Decode(aliased); err != nil || !reflect.DeepEqual(aliased, r) {
		t.Fatalf("%s: %v aliased: %+v, copied: %+v", typeName(r), err, aliased, r)
	}
	first := mustAppend(t, r)
	again := newRecord()
	if err := Decode(first, again); err != nil || !reflect.DeepEqual(again, r) {
		t.Fatalf("%s: %v read again: %+v, first: %+v", typeName(r), err, again, r)
	}
	if second := mustAppend(t, again); !bytes.Equal(second, first) {
		t.Fatalf("%s: %x written again, first: %x", typeName(r), second, first)
	}
}

// FuzzDecoders reads every record; the first byte chooses which.
func FuzzDecoders(f *testing.F) {
	makers := append(records[:len(records):len(records)], rec[ConnectRequest], rec[ConnectResponse])
	for i, empty := range makers {
		r := empty()
		if i < len(records) {
			(&filler{elems: 2}).fill(r)
		}
		f.Add(append([]byte{byte(i)}, mustAppend(f, r)...))
	}
	f.Add(append([]byte{byte(len(records))}, mustAppend(f, request(true, true))...))
	f.Add(append([]byte{byte(len(records) + 1)}, mustAppend(f, response(true, true))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		checkDecode(t, b[1:], makers[int(b[0])%len(makers)], recordFactor)
	})
}

// FuzzMulti reads multis, requests and responses, with and without a number of results that were asked for.
func FuzzMulti(f *testing.F) {
	f.Add(mustAppend(f, filledRequest(append(multiWrites, multiReads...)...)), 0)
	f.Add(mustAppend(f, filledResponse(append(append(multiWrites, multiReads...), OpError)...)), 3)
	f.Add(mustAppend(f, FailMulti(3, 1, CodeNoNode)), 3)
	for _, v := range goldenVersions {
		for _, m := range understand(f, golden(f, v)) {
			if m.body != nil && (m.op == OpMulti || m.op == OpMultiRead) {
				f.Add(mustAppend(f, m.body), 0)
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, want int) {
		checkDecode(t, b, rec[MultiRequest], multiFactor)
		checkDecode(t, b, rec[MultiResponse], multiFactor)
		r := MultiResponse{Want: want % 1000}
		if err := Decode(b, &r); err == nil && r.Want > 0 && len(r.Results) > r.Want {
			t.Fatalf("%d results, %d wanted", len(r.Results), r.Want)
		}
		r.Failed()
		q := new(MultiRequest)
		if Decode(b, q) == nil && len(q.Ops) > 0 && q.Fits(OpMulti) && q.Fits(OpMultiRead) {
			t.Fatalf("%+v fits everywhere", q.Ops)
		}
	})
}

// FuzzHandshake reads the first frame of a server.
func FuzzHandshake(f *testing.F) {
	for _, v := range goldenVersions {
		for _, g := range golden(f, v)[:2] {
			f.Add(g.b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeConnectResponse(b)
		var code Code
		switch {
		case err == nil:
			if r.HasReadOnly && len(b) < 21 {
				t.Fatalf("%+v in %d bytes", r, len(b))
			}
		case errors.As(err, &code):
			if len(b) != ReplyHeaderLen || code == OK {
				t.Fatalf("%v in %d bytes", code, len(b))
			}
		case !errors.Is(err, ErrMalformed):
			t.Fatal(err)
		}
	})
}

// FuzzPaths compares the rule for paths with the server's, written another way, and takes paths in and out of a chroot.
func FuzzPaths(f *testing.F) {
	for _, p := range paths {
		f.Add(p.path, "/app")
	}
	f.Fuzz(func(t *testing.T, path, root string) {
		checkPath(t, path)
		chroot, err := ParseChroot(root)
		if err != nil || ValidatePath(path, false) != nil {
			return
		}
		full := chroot.Join(path, false)
		if err := ValidatePath(full, false); err != nil {
			t.Fatalf("%q under %q: %v", path, chroot, err)
		}
		if back, ok := chroot.Strip(full); !ok || back != path {
			t.Fatalf("%q under %q is %q, and back %q", path, chroot, full, back)
		}
	})
}
