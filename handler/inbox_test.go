package handler

import "testing"

// read plays one read of n bytes, of which the sink leaves rest.
func (in *inbox) read(t *testing.T, n, rest int) {
	t.Helper()
	space := in.space()
	if len(space) == 0 {
		t.Fatal("no space to read into")
	}
	n = min(n, len(space))
	in.add(n)
	in.use(max(in.n-rest, 0))
}

func TestInboxFollowsTheReads(t *testing.T) {
	var in inbox
	in.read(t, 100, 0)
	if len(in.buf) != atRest {
		t.Fatalf("at rest the buffer has %d bytes", len(in.buf))
	}
	for range 20 {
		in.read(t, 1<<30, 0) // a burst fills every read
	}
	if len(in.buf) != fullRead {
		t.Fatalf("in a burst the buffer has %d bytes", len(in.buf))
	}
	for range calmAfter - 1 {
		in.read(t, 100, 0)
	}
	in.read(t, fullRead/2, 0) // not calm yet
	if len(in.buf) != fullRead {
		t.Fatalf("a few small reads shrank the buffer to %d bytes", len(in.buf))
	}
	for range calmAfter {
		in.read(t, 100, 0)
	}
	if len(in.buf) != atRest {
		t.Fatalf("after the burst the buffer has %d bytes", len(in.buf))
	}
}

func TestInboxLargeFrame(t *testing.T) {
	var in inbox
	const frame = 3 << 20
	for in.n < frame { // the sink uses nothing before the frame is complete
		in.read(t, 1<<30, frame)
	}
	if len(in.buf) < frame || len(in.buf) > 2*frame {
		t.Fatalf("for a frame of %d bytes the buffer has %d", frame, len(in.buf))
	}
	in.use(in.n)
	if len(in.buf) != fullRead {
		t.Fatalf("after the frame the buffer has %d bytes", len(in.buf))
	}
	for range calmAfter {
		in.read(t, 100, 0)
	}
	if len(in.buf) != atRest {
		t.Fatalf("later the buffer has %d bytes", len(in.buf))
	}
}

func TestInboxKeepsWhatIsLeft(t *testing.T) {
	var in inbox
	next := byte(0)
	shown := byte(0)
	for i := range 10_000 {
		space := in.space()
		n := min(len(space), 1+i*7919%9000)
		for j := range n {
			space[j] = next
			next++
		}
		in.add(n)
		used := in.n * (i % 4) / 3
		if i%50 == 0 {
			used = in.n
		}
		for j, b := range in.bytes() {
			if b != shown+byte(j) {
				t.Fatalf("read %d: byte %d is wrong", i, j)
			}
		}
		in.use(used)
		shown += byte(used)
	}
}

func TestInboxRefusesNonsense(t *testing.T) {
	for _, used := range []int{-1, 11} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a sink used %d of 10 bytes", used)
				}
			}()
			var in inbox
			in.space()
			in.add(10)
			in.use(used)
		}()
	}
}

func TestPow2(t *testing.T) {
	for n, want := range map[int]int{0: 1, 1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 4096: 4096, 4097: 8192} {
		if got := pow2(n); got != want {
			t.Errorf("pow2(%d) = %d, not %d", n, got, want)
		}
	}
}
