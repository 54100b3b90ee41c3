package differential

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// coverage counts replies of the real server by operation and code; those of the parts of a multi are its own, and it
// is OK if they all are. What answers requests behind a closeSession is counted as its. kinds counts what was answered OK,
// by kind of watch.
type coverage struct {
	ops   map[wire.Op]map[wire.Code]int
	kinds map[string]int
}

func newCoverage() coverage {
	return coverage{ops: make(map[wire.Op]map[wire.Code]int), kinds: make(map[string]int)}
}

func (c coverage) note(op wire.Op, code wire.Code) {
	if c.ops[op] == nil {
		c.ops[op] = make(map[wire.Code]int)
	}
	c.ops[op][code]++
}

// of returns how many replies had the code.
func (c coverage) of(code wire.Code) (n int) {
	for _, codes := range c.ops {
		n += codes[code]
	}
	return n
}

func (c coverage) add(other coverage) {
	for op, codes := range other.ops {
		for code, n := range codes {
			c.note(op, code)
			c.ops[op][code] += n - 1
		}
	}
	for kind, n := range other.kinds {
		c.kinds[kind] += n
	}
}

// reply counts a reply with all that it says.
func (c coverage) reply(r *request, e *entry) {
	op := r.Op
	if e.Code == wire.OK {
		for _, kind := range kindsOf(r.Record) {
			c.kinds[kind]++
		}
	}
	m, ok := e.Body.(*wire.MultiResponse)
	if !ok || e.Code != wire.OK {
		c.note(op, e.Code)
		return
	}
	if _, _, failed := m.Failed(); !failed {
		c.note(op, wire.OK)
	}
	for _, r := range m.Results {
		if r.Code != wire.OK {
			c.note(op, r.Code)
		}
	}
}

// kindsOf names the kinds of watches that a request is about.
func kindsOf(r wire.Record) (kinds []string) {
	is := func(set bool, op wire.Op, kind string) {
		if set {
			kinds = append(kinds, op.String()+" "+kind)
		}
	}
	switch r := r.(type) {
	case *proto.GetDataRequest:
		is(r.Watch, wire.OpGetData, "watch")
	case *proto.ExistsRequest:
		is(r.Watch, wire.OpExists, "watch")
	case *proto.GetChildrenRequest:
		is(r.Watch, wire.OpGetChildren, "watch")
	case *proto.GetChildren2Request:
		is(r.Watch, wire.OpGetChildren2, "watch")
	case *proto.AddWatchRequest:
		is(true, wire.OpAddWatch, wire.WatchMode(r.Mode).String())
	case *proto.CheckWatchesRequest:
		is(true, wire.OpCheckWatches, wire.WatcherType(r.Type).String())
	case *proto.RemoveWatchesRequest:
		is(true, wire.OpRemoveWatches, wire.WatcherType(r.Type).String())
	case *proto.SetWatches:
		is(len(r.DataWatches) > 0, wire.OpSetWatches, "data")
		is(len(r.ExistWatches) > 0, wire.OpSetWatches, "exist")
		is(len(r.ChildWatches) > 0, wire.OpSetWatches, "child")
	case *proto.SetWatches2:
		is(len(r.DataWatches) > 0, wire.OpSetWatches2, "data")
		is(len(r.ExistWatches) > 0, wire.OpSetWatches2, "exist")
		is(len(r.ChildWatches) > 0, wire.OpSetWatches2, "child")
		is(len(r.PersistentWatches) > 0, wire.OpSetWatches2, wire.ModePersistent.String())
		is(len(r.PersistentRecursiveWatches) > 0, wire.OpSetWatches2, wire.ModePersistentRecursive.String())
	}
	return kinds
}

// everyKind is each kind of watch, all of which of which must have been met.
var everyKind = slices.Concat(
	kindsOf(&proto.GetDataRequest{Watch: true}), kindsOf(&proto.ExistsRequest{Watch: true}),
	kindsOf(&proto.GetChildrenRequest{Watch: true}), kindsOf(&proto.GetChildren2Request{Watch: true}),
	kindsOf(&proto.AddWatchRequest{Mode: int32(wire.ModePersistent)}), kindsOf(&proto.AddWatchRequest{Mode: int32(wire.ModePersistentRecursive)}),
	kindsOf(&proto.SetWatches{DataWatches: somePath, ExistWatches: somePath, ChildWatches: somePath}),
	kindsOf(&proto.SetWatches2{DataWatches: somePath, ExistWatches: somePath, ChildWatches: somePath,
		PersistentWatches: somePath, PersistentRecursiveWatches: somePath}),
	ofEveryType(func(t int32) wire.Record { return &proto.CheckWatchesRequest{Type: t} }),
	ofEveryType(func(t int32) wire.Record { return &proto.RemoveWatchesRequest{Type: t} }),
)

var somePath = []string{"~/a"}

func ofEveryType(record func(int32) wire.Record) (kinds []string) {
	for t := wire.WatcherChildren; t.Valid(); t++ {
		kinds = append(kinds, kindsOf(record(int32(t)))...)
	}
	return kinds
}

// requireKinds fails the test for kinds of watches that the release knows and that were not met.
func (c coverage) requireKinds(t *testing.T, p *profile) {
	t.Helper()
	for _, kind := range everyKind {
		name, what, _ := strings.Cut(kind, " ")
		op, ok := opOf(name)
		switch {
		case !ok:
			t.Errorf("%q is no operation", name)
		case !p.sends(op) || c.kinds[kind] > 0:
		case (what == wire.WatcherPersistent.String() || what == wire.WatcherPersistentRecursive.String()) && !p.version.AtLeast(v(3, 9, 0)):
			// 3.5 knows no such watches, and up to 3.8 they are called by no type but ANY
		default:
			t.Errorf("%s never succeeded", kind)
		}
	}
}

func opOf(name string) (wire.Op, bool) {
	for _, op := range append(slices.Clone(ops), readOps...) {
		if op.String() == name {
			return op, true
		}
	}
	return 0, false
}

func (c coverage) String() string {
	var b strings.Builder
	total := 0
	for _, op := range slices.SortedFunc(maps.Keys(c.ops), func(a, b wire.Op) int { return cmp.Compare(a, b) }) {
		fmt.Fprintf(&b, "%22v:", op)
		for _, code := range slices.SortedFunc(maps.Keys(c.ops[op]), func(a, b wire.Code) int { return cmp.Compare(b, a) }) {
			fmt.Fprintf(&b, " %s %d", code.String(), c.ops[op][code])
			total += c.ops[op][code]
		}
		b.WriteByte('\n')
	}
	for _, kind := range slices.Sorted(maps.Keys(c.kinds)) {
		fmt.Fprintf(&b, "%40s: %d\n", kind, c.kinds[kind])
	}
	return fmt.Sprintf("%d replies:\n%s", total, &b)
}

// expected are codes that hundreds of scripts must have met, or they do not test what they are for. Of the operations
// that a server knows, each must have been met with OK, too.
var expected = []struct {
	op    wire.Op
	codes []wire.Code
}{
	{wire.OpCreate, []wire.Code{wire.CodeNodeExists, wire.CodeNoNode, wire.CodeBadArguments, wire.CodeNoChildrenForEphemerals,
		wire.CodeInvalidACL, wire.CodeNoAuth, wire.CodeMarshallingError}},
	{wire.OpDelete, []wire.Code{wire.CodeNoNode, wire.CodeBadVersion, wire.CodeNotEmpty, wire.CodeBadArguments}},
	{wire.OpSetData, []wire.Code{wire.CodeNoNode, wire.CodeBadVersion, wire.CodeBadArguments, wire.CodeNoAuth}},
	{wire.OpSetACL, []wire.Code{wire.CodeNoNode, wire.CodeBadVersion, wire.CodeInvalidACL}},
	{wire.OpMulti, []wire.Code{wire.CodeNodeExists, wire.CodeNoNode, wire.CodeBadVersion, wire.CodeNotEmpty, wire.CodeBadArguments,
		wire.CodeInvalidACL, wire.CodeRuntimeInconsistency, wire.CodeMarshallingError}},
	{wire.OpMultiRead, []wire.Code{wire.CodeNoNode, wire.CodeMarshallingError}},
	{wire.OpRemoveWatches, []wire.Code{wire.CodeNoWatcher, wire.CodeMarshallingError}},
	{wire.OpCheckWatches, []wire.Code{wire.CodeNoWatcher}},
	{wire.OpAddWatch, []wire.Code{wire.CodeMarshallingError}},
	{wire.OpAuth, []wire.Code{wire.CodeAuthFailed}},
	{99, []wire.Code{wire.CodeUnimplemented}},
}

// require fails the test for what was not met.
func (c coverage) require(t *testing.T, p *profile) {
	t.Helper()
	for _, op := range append(slices.Clone(ops), wire.OpAuth, wire.OpSASL, wire.OpCloseSession, wire.OpCreateSession, wire.OpNotification) {
		if op == wire.OpDeleteContainer && !p.version.AtLeast(v(3, 9, 0)) {
			continue // its record was not read right
		}
		if p.sends(op) && c.ops[op][wire.OK] == 0 {
			t.Errorf("%v never succeeded", op)
		}
	}
	for _, e := range expected {
		for _, code := range e.codes {
			if p.sends(e.op) && c.ops[e.op][code] == 0 {
				t.Errorf("%v was never answered %s", e.op, code.String())
			}
		}
	}
}

// sends reports whether scripts have the operation in them.
func (p *profile) sends(op wire.Op) bool {
	return p.version.AtLeast(op.Since()) && !p.unsent(&request{Op: op})
}
