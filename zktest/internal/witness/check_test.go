package witness_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/internal/witness"
)

// toy makes histories that ZooKeeper may produce: clients that lag behind, and writes whose answers are lost.
type toy struct {
	*rand.Rand
	h     witness.History
	zxid  int64
	nodes []toyNode
	views []int64 // what each client has seen
	at    witness.Moment
}

type toyNode struct {
	past []toyState // by zxid; czxid 0: there is no node
}

type toyState struct {
	zxid, czxid int64
	version     int32
	value       int32
}

func newToy(seed uint64, clients, paths int) *toy {
	y := &toy{Rand: rand.New(rand.NewPCG(seed, 1)), nodes: make([]toyNode, paths), views: make([]int64, clients)}
	for i := range clients {
		y.h.Clients = append(y.h.Clients, fmt.Sprint("client", i))
	}
	for i := range paths {
		y.h.Paths = append(y.h.Paths, fmt.Sprint("/n", i))
	}
	return y
}

// step adds one operation: at most one per client is under way, and every client has its turn.
func (y *toy) step(client int, unknown float64) {
	p := y.IntN(len(y.nodes))
	n := &y.nodes[p]
	op := witness.Op{Client: int32(client), Path: int32(p), Expected: -1, Outcome: witness.OK, After: y.views[client]}
	y.at += 10
	op.Call, op.Return = y.at, y.at+witness.Moment(10*y.IntN(len(y.views))+5)
	now := toyState{}
	if len(n.past) > 0 {
		now = n.past[len(n.past)-1]
	}
	switch kind := y.IntN(10); {
	case kind < 5:
		op.Kind = witness.Get
		y.read(n, &op)
	case now.czxid == 0:
		op.Kind = witness.Create
		op.Value = y.write()
		now = toyState{y.zxid, y.zxid, 0, op.Value}
		y.apply(n, now, &op, unknown)
	case kind < 9:
		op.Kind = witness.Set
		op.Value = y.write()
		if y.IntN(2) == 0 {
			op.Expected = now.version
		}
		now = toyState{y.zxid, now.czxid, now.version + 1, op.Value}
		y.apply(n, now, &op, unknown)
	default:
		op.Kind = witness.Delete
		y.write()
		y.apply(n, toyState{zxid: y.zxid}, &op, unknown)
	}
	y.h.Ops = append(y.h.Ops, op)
}

func (y *toy) write() int32 {
	y.zxid++
	y.h.Values = append(y.h.Values, fmt.Sprint("v", y.zxid))
	return int32(len(y.h.Values) - 1)
}

func (y *toy) apply(n *toyNode, s toyState, op *witness.Op, unknown float64) {
	if y.Float64() < unknown {
		op.Outcome = witness.Unknown
		if y.IntN(2) == 0 {
			return // it was not done
		}
	} else {
		op.Seen = y.zxid
		op.Czxid, op.Mzxid, op.Version = s.czxid, s.zxid, s.version
		y.views[op.Client] = y.zxid
	}
	n.past = append(n.past, s)
}

// read answers by a state between what the client has seen and now.
func (y *toy) read(n *toyNode, op *witness.Op) {
	seen := &y.views[op.Client]
	*seen = max(*seen, y.zxid-int64(y.IntN(20)))
	op.Seen = *seen
	var s toyState
	for i := len(n.past) - 1; i >= 0; i-- {
		if n.past[i].zxid <= *seen {
			s = n.past[i]
			break
		}
	}
	if s.czxid == 0 {
		op.Outcome, op.Refusal = witness.Failed, witness.NoNode
		return
	}
	op.Czxid, op.Mzxid, op.Version, op.Value = s.czxid, s.zxid, s.version, s.value
}

func legal(seed uint64, clients, paths, ops int, unknown float64) *witness.History {
	y := newToy(seed, clients, paths)
	y.h.Values = append(y.h.Values, "")
	for i := range ops {
		y.step(i%clients, unknown)
	}
	return &y.h
}

func TestLegalHistories(t *testing.T) {
	for seed := range uint64(200) {
		h := legal(seed, 1+int(seed%7), 1+int(seed%4), 2000, float64(seed%3)/20)
		if err := h.Check(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// A mistake is planted into a legal history, in the first operation that it fits.
func TestPlantedViolations(t *testing.T) {
	for _, tt := range []struct {
		name  string
		plant func(h *witness.History, i int) bool
		want  []string // one of these rules
		least float64  // so much of them is found at least
	}{
		{"lost update", func(h *witness.History, i int) bool {
			// The version of a set is that of the set before it.
			op := &h.Ops[i]
			if op.Kind != witness.Set || op.Outcome != witness.OK || op.Expected >= 0 {
				return false
			}
			op.Version--
			return true
		}, []string{"version", "read"}, 1},
		{"wrong data", func(h *witness.History, i int) bool {
			op := &h.Ops[i]
			if op.Kind != witness.Get || op.Outcome != witness.OK {
				return false
			}
			op.Value--
			return true
		}, []string{"read"}, 1},
		{"data that nobody wrote", func(h *witness.History, i int) bool {
			op := &h.Ops[i]
			if op.Kind != witness.Get || op.Outcome != witness.OK {
				return false
			}
			h.Values = append(h.Values, "from nowhere")
			op.Value = int32(len(h.Values) - 1)
			return true
		}, []string{"read"}, 1},
		{"a write is forgotten", func(h *witness.History, i int) bool {
			op := &h.Ops[i]
			if op.Kind != witness.Get || op.Outcome != witness.OK || op.Version == 0 {
				return false
			}
			for j := range h.Ops { // the write that it shows did not happen
				if w := &h.Ops[j]; w.Kind == witness.Set && w.Path == op.Path && w.Mzxid == op.Mzxid {
					h.Ops = slices.Delete(h.Ops, j, j+1)
					return true
				}
			}
			return false
		}, []string{"read"}, 1},
		{"an old state", func(h *witness.History, i int) bool {
			// The client reads what the node was before the client's own newest write.
			op := &h.Ops[i]
			if op.Kind != witness.Get || op.Outcome != witness.OK {
				return false
			}
			for j := i - 1; j >= 0; j-- {
				w := &h.Ops[j]
				if w.Path == op.Path && w.Kind == witness.Set && w.Outcome == witness.OK && w.Mzxid == op.Mzxid && w.Client == op.Client {
					for k := range j {
						if b := &h.Ops[k]; b.Path == op.Path && b.Czxid == op.Czxid && b.Version == w.Version-1 && b.Kind <= witness.Set {
							op.Mzxid, op.Version, op.Value = b.Mzxid, b.Version, b.Value
							return true
						}
					}
				}
			}
			return false
		}, []string{"stale"}, 1},
		{"order of answers", func(h *witness.History, i int) bool {
			// A write with a smaller zxid than one that was answered before it began.
			op := &h.Ops[i]
			for j := i - 1; j >= 0 && j > i-50; j-- {
				w := &h.Ops[j]
				if op.Kind == witness.Set && w.Kind == witness.Set && op.Outcome == witness.OK && w.Outcome == witness.OK && w.Return < op.Call && w.Path != op.Path && w.Client != op.Client {
					w.Mzxid = op.Mzxid + 1
					return true
				}
			}
			return false
		}, []string{"real time", "order", "version", "read", "stale", "create", "delete", "lost"}, 1},
		{"a created node is gone", func(h *witness.History, i int) bool {
			op := &h.Ops[i]
			if op.Kind != witness.Get || op.Outcome != witness.OK {
				return false
			}
			for j := i + 1; j < len(h.Ops); j++ {
				if w := &h.Ops[j]; w.Path == op.Path && w.Kind == witness.Delete {
					return false // it could have been this one
				}
			}
			op.Outcome, op.Refusal = witness.Failed, witness.NoNode
			return true
		}, []string{"lost", "read", "stale"}, 0.9},
		{"deleted twice", func(h *witness.History, i int) bool {
			op := h.Ops[i]
			if op.Kind != witness.Delete || op.Outcome != witness.OK {
				return false
			}
			h.Ops = slices.Insert(h.Ops, i, op)
			return true
		}, []string{"delete", "create"}, 0.9},
		{"created twice", func(h *witness.History, i int) bool {
			op := &h.Ops[i]
			if op.Kind != witness.Delete || op.Outcome != witness.OK {
				return false
			}
			for j := i + 1; j < len(h.Ops); j++ {
				if w := &h.Ops[j]; w.Path == op.Path && w.Kind == witness.Create {
					h.Ops = slices.Delete(h.Ops, i, i+1)
					return true
				}
			}
			return false
		}, []string{"create", "read", "lost", "stale"}, 0.8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			planted, found := 0, 0
			for seed := range uint64(60) {
				h := legal(seed, 4, 3, 300, 0)
				from := rand.New(rand.NewPCG(seed, 2)).IntN(200) + 50
				at := -1
				for i := from; i < len(h.Ops) && at < 0; i++ {
					if tt.plant(h, i) {
						at = i
					}
				}
				if at < 0 {
					continue
				}
				planted++
				err := h.Check()
				if err == nil {
					continue
				}
				found++
				var v *witness.Violation
				if !errors.As(err, &v) || !slices.Contains(tt.want, v.Rule) {
					t.Fatalf("seed %d: got %v, want a violation of one of %v", seed, err, tt.want)
				}
				if len(v.Ops) == 0 || len(v.Lines) != len(v.Ops) || strings.Contains(v.Sentence, "\n") {
					t.Fatalf("seed %d: the sentence names no operations: %+v", seed, v)
				}
				if found == 1 {
					t.Log(err)
				}
			}
			if planted == 0 || float64(found) < tt.least*float64(planted) {
				t.Errorf("found %d of %d", found, planted)
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, bb := range []struct {
		name    string
		paths   int
		unknown float64
	}{{"1 path", 1, 0}, {"100 paths", 100, 0}, {"1 in 20 unknown", 100, 0.05}} {
		h := legal(1, 20, bb.paths, 1_000_000, bb.unknown)
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				if err := h.Check(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
