package witness_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/internal/witness"
)

// small builds a history of two clients, ann and ben, on the nodes /a, /b and /a/x, by hand.
type small struct{ h witness.History }

const (
	ann, ben    = 0, 1
	a, b, x     = 0, 1, 2
	one, two    = 1, 2
	aList, none = 0, 1
)

func newSmall() *small {
	return &small{witness.History{
		Clients: []string{"ann", "ben"}, Paths: []string{"/a", "/b", "/a/x"},
		Values: []string{"", "one", "two"}, Lists: [][]string{{"x"}, {}},
	}}
}

// add appends an operation that is called and answered after all that is there.
func (s *small) add(op witness.Op) *witness.Op {
	at := witness.Moment(len(s.h.Ops)+1) * 1000
	op.Call, op.Return = at, at+500
	if op.Outcome == 0 {
		op.Outcome = witness.OK
	}
	if op.Kind != witness.Set && op.Kind != witness.Delete || op.Expected == 0 {
		op.Expected = -1
	}
	s.h.Ops = append(s.h.Ops, op)
	return &s.h.Ops[len(s.h.Ops)-1]
}

func (s *small) create(client, path int32, z int64) *witness.Op {
	return s.add(witness.Op{Kind: witness.Create, Client: client, Path: path, Value: one, Czxid: z, Mzxid: z, Pzxid: z, Seen: z})
}

func (s *small) set(client, path int32, c, z int64, version int32) *witness.Op {
	return s.add(witness.Op{Kind: witness.Set, Client: client, Path: path, Value: two, Czxid: c, Mzxid: z, Pzxid: c, Version: version, Seen: z})
}

func (s *small) get(client, path int32, c, z int64, version, value int32) *witness.Op {
	return s.add(witness.Op{Kind: witness.Get, Client: client, Path: path, Value: value, Czxid: c, Mzxid: z, Pzxid: c, Version: version, Seen: z})
}

func (s *small) delete(client, path int32, after, seen int64) *witness.Op {
	return s.add(witness.Op{Kind: witness.Delete, Client: client, Path: path, After: after, Seen: seen})
}

func (s *small) list(client int32, names int32, c, pzxid int64) *witness.Op {
	return s.add(witness.Op{Kind: witness.Children, Client: client, Path: a, List: names, Czxid: c, Mzxid: c, Pzxid: pzxid, Seen: pzxid})
}

func (s *small) refused(client int32, kind witness.Kind, path int32, why witness.Refusal, after, seen int64) *witness.Op {
	return s.add(witness.Op{Kind: kind, Client: client, Path: path, Outcome: witness.Failed, Refusal: why, After: after, Seen: seen})
}

func TestRules(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(s *small)
		want string // "" when there is nothing wrong
		ops  []int
	}{
		{"a later write is smaller", func(s *small) {
			s.create(ann, a, 5)
			s.create(ben, b, 4)
		}, "real time: /b was written with zxid 0x4, although a write with 0x5 had been answered before", []int{0, 1}},
		{"writes at the same time", func(s *small) {
			s.create(ann, a, 5)
			s.create(ben, b, 4).Call = s.h.Ops[0].Return - 1
		}, "", nil},
		{"an answer's zxid falls", func(s *small) {
			s.create(ann, a, 5)
			s.create(ben, b, 6)
			s.get(ben, a, 5, 5, 0, one).Zxid = 5
		}, "order: ben had seen zxid 0x6 and got an answer of zxid 0x5", []int{1, 2}},
		{"a client's own writes", func(s *small) {
			s.create(ann, a, 5)
			s.create(ann, b, 7).Return = 1_000_000 // its answer takes its time
			s.get(ben, b, 7, 7, 0, one)
			s.set(ben, a, 5, 6, 1)
		}, "order: ben had seen zxid 0x7 and then wrote with zxid 0x6", []int{2, 3}},
		{"read with another version", func(s *small) {
			s.create(ann, a, 5)
			s.get(ben, a, 5, 5, 1, one)
		}, "read: /a of zxid 0x5 has version 0, and was read with version 1", []int{0, 1}},
		{"read with another creation", func(s *small) {
			s.create(ann, a, 4)
			s.set(ann, a, 4, 5, 1)
			s.create(ann, b, 6)
			s.get(ben, a, 4, 5, 1, two)
			s.get(ben, a, 5, 5, 1, two)
		}, "read: /a of zxid 0x5 was created at zxid 0x4, and here at 0x5", []int{1, 4}},
		{"a version that nobody made", func(s *small) {
			s.create(ann, a, 4)
			s.set(ann, a, 4, 5, 2)
		}, "version: /a went from version 0 at zxid 0x4 to version 2 at zxid 0x5, but nobody wrote in between", []int{0, 1}},
		{"a version that was not known", func(s *small) {
			s.create(ann, a, 4)
			s.add(witness.Op{Kind: witness.Set, Client: ben, Path: a, Value: two, Outcome: witness.Unknown})
			s.set(ann, a, 4, 6, 2)
		}, "", nil},
		{"one unknown write seen twice", func(s *small) {
			s.create(ann, a, 4)
			s.add(witness.Op{Kind: witness.Set, Client: ben, Path: a, Value: two, Outcome: witness.Unknown})
			s.get(ann, a, 4, 5, 1, two)
			s.get(ann, a, 4, 7, 2, two)
		}, `read: /a had the data "two" from zxid 0x7 on, which is once more than it was written`, []int{3}},
		{"an unknown write seen before it was called", func(s *small) {
			s.create(ann, a, 4)
			s.create(ann, b, 9)
			s.add(witness.Op{Kind: witness.Set, Client: ben, Path: a, Value: two, Outcome: witness.Unknown})
			s.get(ben, a, 4, 5, 1, two)
		}, `read: /a had the data "two" from zxid 0x5 on, which is once more than it was written`, []int{3}},
		{"deleted before it was there", func(s *small) {
			s.delete(ann, a, 0, 4)
			s.create(ann, a, 5)
		}, "delete: /a was deleted by ann, but it was not there", []int{0}},
		{"deleted with another version", func(s *small) {
			s.create(ann, a, 4)
			s.delete(ann, a, 4, 5).Expected = 3
		}, "version: a delete of /a was conditional on version 3, and the node had version 0", []int{0, 1}},
		{"refused because it exists", func(s *small) {
			s.create(ann, a, 4)
			s.refused(ben, witness.Create, a, witness.NodeExists, 0, 5)
		}, "", nil},
		{"exists, but does not", func(s *small) {
			s.refused(ben, witness.Create, a, witness.NodeExists, 0, 3)
			s.create(ann, a, 4)
		}, "refusal: ben could not create /a because it existed, but nobody had created it", []int{0}},
		{"existed, but was deleted", func(s *small) {
			s.create(ann, a, 4)
			s.delete(ann, a, 4, 5)
			s.refused(ann, witness.Create, a, witness.NodeExists, 5, 6)
		}, "refusal: ann could not create /a because it existed, but it was gone before zxid 0x6", []int{1, 2}},
		{"refused its version", func(s *small) {
			s.create(ann, a, 4)
			s.set(ann, a, 4, 5, 1)
			s.refused(ben, witness.Set, a, witness.BadVersion, 0, 6).Expected = 1
		}, "refusal: ben was refused version 1 of /a, which was its version from zxid 0x5 on", []int{1, 2}},
		{"refused an old version", func(s *small) {
			s.create(ann, a, 4)
			s.set(ann, a, 4, 5, 1)
			s.refused(ben, witness.Set, a, witness.BadVersion, 0, 6).Expected = 7
		}, "", nil},
		{"an answered create is lost", func(s *small) {
			s.create(ann, a, 4)
			s.refused(ann, witness.Get, a, witness.NoNode, 4, 6)
		}, "lost: ann found no /a, which was created at zxid 0x4 and never deleted", []int{0, 1}},
		{"an ephemeral node is lost", func(s *small) {
			s.create(ann, a, 4).Owner = 77
			s.refused(ben, witness.Get, a, witness.NoNode, 4, 6)
		}, "", nil},
		{"an ephemeral node is lost, and its session lives", func(s *small) {
			s.create(ann, a, 4).Owner = 77
			s.create(ann, b, 9).Owner = 77
			s.refused(ben, witness.Get, a, witness.NoNode, 4, 6)
		}, "read: ben found no /a up to zxid 0x6, but it was there from zxid 0x4 to 0x9 at least", []int{0, 1, 2}},
		{"a list", func(s *small) {
			s.create(ann, a, 4)
			s.list(ben, none, 4, 4)
			s.create(ann, x, 5)
			s.list(ben, aList, 4, 5)
			s.list(ann, aList, 4, 5)
		}, "", nil},
		{"a list is old", func(s *small) {
			s.create(ann, a, 4)
			s.create(ann, x, 5)
			s.list(ann, none, 4, 4)
		}, "list: ann read the list of /a as of zxid 0x4, but had seen zxid 0x5, and \"x\" was created at zxid 0x5", []int{1, 2}},
		{"a list lacks something", func(s *small) {
			s.create(ann, a, 4)
			s.create(ann, x, 5)
			s.list(ann, none, 4, 6)
		}, "list: the list of /a as of zxid 0x6 lacks \"x\", which was there from zxid 0x5 to 0x5 at least", []int{1, 2}},
		{"a list has what is to come", func(s *small) {
			s.create(ann, a, 4)
			s.list(ann, aList, 4, 4)
			s.create(ann, x, 5)
		}, "list: the list of /a as of zxid 0x4 has \"x\", which was created later", []int{2, 1}},
		{"told in time", func(s *small) {
			s.create(ann, a, 4)
			s.get(ben, a, 4, 4, 0, one)
			s.set(ann, a, 4, 5, 1)
			s.add(witness.Op{Kind: witness.Event, Client: ben, Path: a, Watch: 1})
			s.get(ben, a, 4, 5, 1, two)
		}, "", nil},
		{"told too late", func(s *small) {
			s.create(ann, a, 4)
			s.get(ben, a, 4, 4, 0, one)
			s.set(ann, a, 4, 5, 1)
			s.get(ben, a, 4, 5, 1, two)
			s.add(witness.Op{Kind: witness.Event, Client: ben, Path: a, Watch: 1})
		}, "watch: ben saw zxid 0x5, but was not told yet that /a, which it watched, had changed at zxid 0x5", []int{1, 2, 3, 4}},
		{"never told, and saw something newer", func(s *small) {
			s.create(ann, a, 4)
			s.get(ben, a, 4, 4, 0, one)
			s.set(ann, a, 4, 5, 1)
			s.create(ben, b, 6)
			s.add(witness.Op{Kind: witness.Event, Client: ben, Path: a, Watch: 1}).Return = 0
		}, "watch: ben saw zxid 0x6, but was never told that /a, which it watched, had changed at zxid 0x5", []int{1, 2, 3, 4}},
		{"never told of a creation", func(s *small) {
			s.add(witness.Op{Kind: witness.Exists, Client: ben, Path: a, Seen: 3})
			s.create(ann, a, 4)
			s.create(ben, b, 6)
			s.add(witness.Op{Kind: witness.Event, Client: ben, Path: a, Watch: 0}).Return = 0
		}, "watch: ben saw zxid 0x6, but was never told that /a, which it watched, had changed at zxid 0x4", []int{0, 1, 2, 3}},
		{"half of a transaction", func(s *small) {
			s.create(ann, a, 3)
			s.create(ann, b, 4)
			for _, p := range []int32{a, b} {
				s.add(witness.Op{Kind: witness.Set, Client: ann, Path: p, Value: two, Outcome: witness.Unknown, Txn: 1})
			}
			s.get(ben, a, 3, 6, 1, two)
			s.set(ben, b, 4, 7, 1)
		}, "transaction: /a was changed at zxid 0x6, and /b was not, which a transaction was to do together", []int{2, 3, 4, 5}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSmall()
			tt.make(s)
			err := s.h.Check()
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var v *witness.Violation
			if !errors.As(err, &v) {
				t.Fatalf("got %v, want %s", err, tt.want)
			}
			if got := v.Rule + ": " + v.Sentence; got != tt.want || !slices.Equal(v.Ops, tt.ops) {
				t.Errorf("got  %s %v\nwant %s %v\n%v", got, v.Ops, tt.want, tt.ops, v)
			}
		})
	}
}
