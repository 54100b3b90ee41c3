package session

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"pgregory.net/rapid"
)

// The queue against a list: whatever is abandoned in whatever order, the others keep order and bytes.
func TestQueueAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var model []*call
		live := func() (n int) {
			for _, c := range model {
				if c.state == reqQueued {
					n += int(c.size)
				}
			}
			return n
		}
		var xid int32
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				xid++
				size := rapid.SampledFrom([]int{0, 1, 100, 20 << 10, 70 << 10}).Draw(t, "size")
				c := &call{body: bytes.Repeat([]byte{byte(xid)}, size)}
				c.Request = Request{Op: wire.OpSetData, Call: c, xid: xid}
				if rapid.IntRange(0, 9).Draw(t, "special") == 0 {
					c.Epoch = 1
				}
				if err := q.push(&c.Request, 0); err != nil {
					t.Fatal(err)
				}
				model = append(model, c)
			},
			"abandon": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip()
				}
				for range rapid.IntRange(1, 5).Draw(t, "times") {
					if c := model[rapid.IntRange(0, len(model)-1).Draw(t, "which")]; c.state == reqQueued {
						q.abandon(&c.Request)
					}
				}
			},
			"shift": func(t *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(t, "times") {
					for len(model) > 0 && model[0].state == reqAbandoned {
						model = model[1:]
					}
					r := q.first()
					if len(model) == 0 {
						if r != nil {
							t.Fatalf("there is %d", r.xid)
						}
						return
					}
					if r != &model[0].Request {
						t.Fatalf("first is %v, want %d", r, model[0].xid)
					}
					b := q.shift([]byte("x"))
					model = model[1:]
					if b[0] != 'x' || len(b) != 1+int(r.size) || binary.BigEndian.Uint32(b[1:]) != uint32(len(b)-5) ||
						binary.BigEndian.Uint32(b[5:]) != uint32(r.xid) || !bytes.Equal(b[13:], r.Call.(*call).body) {
						t.Fatalf("wrong bytes for %d", r.xid)
					}
				}
			},
			"take all": func(t *rapid.T) {
				var live []*call
				plain := true
				for _, c := range model {
					if c.state == reqQueued {
						live = append(live, c)
						plain = plain && c.Epoch == 0
					}
				}
				if want := plain && q.reqs.n == len(live); q.plain() != want {
					t.Fatalf("plain: %t, want %t", !want, want)
				}
				if !q.plain() {
					t.Skip()
				}
				var l line
				b := q.takeAll(&l, 1, []byte("x"))[1:]
				for _, c := range live {
					if r, at := l.pop(); r != &c.Request || at != 1 {
						t.Fatalf("%v at %d, want %d", r, at, c.xid)
					}
					if len(b) < int(c.size) || binary.BigEndian.Uint32(b[4:]) != uint32(c.xid) || !bytes.Equal(b[12:c.size], c.body) {
						t.Fatalf("wrong bytes for %d", c.xid)
					}
					b = b[c.size:]
				}
				if r, _ := l.pop(); r != nil || len(b) > 0 || q.reqs.n > 0 {
					t.Fatalf("%v, %d bytes, and %d requests are left", r, len(b), q.reqs.n)
				}
				model = nil
			},
			"": func(t *rapid.T) {
				if got := q.bytes(); got != live() {
					t.Fatalf("%d bytes, want %d", got, live())
				}
				if len(q.enc.B) > 2*live()+2*compactBytes+(70<<10) {
					t.Fatalf("%d bytes kept for %d", len(q.enc.B), live())
				}
			},
		})
	})
}

// A queue that never runs empty takes no more memory than what waits in it.
func TestQueueNeverEmpty(t *testing.T) {
	var q queue
	push := func() {
		c := &call{body: make([]byte, 1000)}
		c.Request = Request{Op: wire.OpSetData, Call: c}
		q.push(&c.Request, 0)
	}
	push()
	for range 10000 {
		push()
		q.first()
		q.shift(nil)
	}
	if c := cap(q.enc.B); c > 1<<20 {
		t.Errorf("%d bytes for one request", c)
	}
}

// A long outage full of timeouts leaves nothing behind.
func TestAbandonedRequestsAreSwept(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MaxQueued = 1 << 30 }).start()
	keep := r.submit("keep", wire.OpSetData)
	for range 5000 {
		c := r.submit("x", wire.OpSetData, func(c *call) { c.body = make([]byte, 1000) })
		r.m.Cancel(&c.Request, context.Canceled)
	}
	if n, size := r.m.queue.reqs.n, cap(r.m.queue.enc.B); n > 200 || size > 1<<20 {
		t.Errorf("%d requests and %d bytes are kept", n, size)
	}
	r.see()
	r.connect(1)
	r.see()
	if got := r.wrote("setData#1"); string(got[0].body) != "keep" || keep.times != 0 {
		t.Errorf("%q", got[0].body)
	}
}

func TestRing(t *testing.T) {
	var q ring
	var model []*Request
	rnd := rand.New(rand.NewPCG(1, 1))
	for i := range int32(100000) {
		if rnd.IntN(10) < 5+int(i/10000)%3-1 {
			x := &Request{xid: i}
			q.push(x)
			model = append(model, x)
		} else if x := q.pop(); len(model) == 0 && x != nil {
			t.Fatal("something from nothing")
		} else if len(model) > 0 {
			if x != model[0] {
				t.Fatal("wrong order")
			}
			model = model[1:]
		}
		if q.n != len(model) {
			t.Fatalf("length %d, want %d", q.n, len(model))
		}
		if q.n > 0 {
			k := rnd.IntN(q.n)
			if q.at(k) != model[k] || q.find(model[k].xid) != k {
				t.Fatal("at or find is wrong")
			}
		}
	}
	if q.find(-5) != -1 {
		t.Error("found what is not there")
	}
}

// A line knows of each request when it was written, and keeps no marks of those that are answered.
func TestLine(t *testing.T) {
	var l line
	var model []*Request
	var times []time.Duration
	rnd := rand.New(rand.NewPCG(1, 2))
	at := time.Duration(0)
	for i := range int32(100000) {
		switch k := rnd.IntN(10); {
		case k < 2:
			x := &Request{xid: i}
			l.push(x, at)
			model, times = append(model, x), append(times, at)
		case k < 3:
			var q ring
			for range rnd.IntN(4) {
				x := &Request{xid: i}
				q.push(x)
				model, times = append(model, x), append(times, at)
			}
			l.take(&q, at)
		case k < 5:
			at++
		default:
			r, when := l.pop()
			if len(model) == 0 && r != nil || len(model) > 0 && (r != model[0] || when != times[0]) {
				t.Fatalf("%v at %d", r, when)
			}
			if len(model) > 0 {
				model, times = model[1:], times[1:]
			}
		}
		if l.n != len(model) || l.n > 0 && l.oldest() != times[0] {
			t.Fatalf("%d requests, want %d", l.n, len(model))
		}
	}
}

// A line that is never empty keeps no marks of what is answered, and an empty one none of a burst.
func TestLineKeepsNoMarks(t *testing.T) {
	var l line
	at := time.Duration(0)
	push := func() {
		at++
		l.push(&Request{}, at)
	}
	for range 20 {
		push()
	}
	for range 10000 {
		push()
		l.pop()
	}
	if n := cap(l.marks); n > 100 {
		t.Errorf("%d marks for 20 requests", n)
	}
	for range 10000 {
		push()
	}
	for l.n > 0 {
		l.pop()
	}
	if n := cap(l.marks); n > 4096 {
		t.Errorf("%d marks for nothing", n)
	}
}
