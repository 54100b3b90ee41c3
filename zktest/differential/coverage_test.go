package differential

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// coverage counts replies of the real server by operation and code; those of the parts of a multi are its own, and it
// is OK if they all are. What answers requests behind a closeSession is counted as its.
type coverage map[wire.Op]map[wire.Code]int

func (c coverage) note(op wire.Op, code wire.Code) {
	if c[op] == nil {
		c[op] = make(map[wire.Code]int)
	}
	c[op][code]++
}

// of returns how many replies had the code.
func (c coverage) of(code wire.Code) (n int) {
	for _, codes := range c {
		n += codes[code]
	}
	return n
}

func (c coverage) add(other coverage) {
	for op, codes := range other {
		for code, n := range codes {
			c.note(op, code)
			c[op][code] += n - 1
		}
	}
}

// reply counts a reply with all that it says.
func (c coverage) reply(op wire.Op, e *entry) {
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

func (c coverage) String() string {
	var b strings.Builder
	total := 0
	for _, op := range slices.SortedFunc(maps.Keys(c), func(a, b wire.Op) int { return cmp.Compare(a, b) }) {
		fmt.Fprintf(&b, "%22v:", op)
		for _, code := range slices.SortedFunc(maps.Keys(c[op]), func(a, b wire.Code) int { return cmp.Compare(b, a) }) {
			fmt.Fprintf(&b, " %s %d", code.String(), c[op][code])
			total += c[op][code]
		}
		b.WriteByte('\n')
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
		if p.sends(op) && c[op][wire.OK] == 0 {
			t.Errorf("%v never succeeded", op)
		}
	}
	for _, e := range expected {
		for _, code := range e.codes {
			if p.sends(e.op) && c[e.op][code] == 0 {
				t.Errorf("%v was never answered %s", e.op, code.String())
			}
		}
	}
}

// sends reports whether scripts have the operation in them.
func (p *profile) sends(op wire.Op) bool {
	return p.version.AtLeast(op.Since()) && !p.unsent(&request{Op: op})
}
