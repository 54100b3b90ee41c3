package differential

import (
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// Where each code of the protocol is met. Together with what settings are for, these are all codes; a test checks that.

// usualCodes are met by the usual scripts.
var usualCodes = []wire.Code{
	wire.OK, wire.CodeRuntimeInconsistency, wire.CodeMarshallingError, wire.CodeUnimplemented, wire.CodeBadArguments,
	wire.CodeNoNode, wire.CodeNoAuth, wire.CodeBadVersion, wire.CodeNoChildrenForEphemerals, wire.CodeNodeExists,
	wire.CodeNotEmpty, wire.CodeInvalidACL, wire.CodeAuthFailed, wire.CodeNoWatcher,
}

// lateCodes answer requests behind a closeSession, if anything does: see explained. They are counted, not compared.
var lateCodes = []wire.Code{wire.CodeSessionExpired, wire.CodeUnknownSession}

// reconfigCodes are met by TestRealDifferentialReconfig, and so are others that are usual.
var reconfigCodes = []wire.Code{wire.CodeNewConfigNoQuorum}

// many scripts meet those, too.
const many = 1000

// unmetCodes are met nowhere.
var unmetCodes = []struct {
	code wire.Code
	why  string
}{
	{wire.CodeSystemError, "marks a range, no server sends it"},
	{wire.CodeDataInconsistency, "no server sends it"},
	{wire.CodeAPIError, "marks a range, no server sends it"},
	{wire.CodeConnectionLoss, "clients make it"},
	{wire.CodeOperationTimeout, "clients make it"},
	{wire.CodeInvalidState, "clients make it"},
	{wire.CodeSSLConnectionError, "clients make it"},
	{wire.CodeInvalidCallback, "clients make it"},
	{wire.CodeClosing, "clients make it"},
	{wire.CodeNothing, "clients make it"},
	{wire.CodeRequestTimeout, "clients make it"},
	{wire.CodeReconfigInProgress, "takes a request that comes while the change before it is under way, which nobody can time"},
	{wire.CodeSessionMoved, "takes a session that is used on two servers at the same moment; from 3.6 on the connection closes instead"},
	{wire.CodeEphemeralOnLocalSession, "takes an ensemble with local sessions that may not be upgraded, which package core has on a read-only server only"},
}

func TestEveryCodeIsAccountedFor(t *testing.T) {
	all := slices.Concat(usualCodes, lateCodes, reconfigCodes)
	for _, s := range settings {
		all = append(all, s.codes...)
	}
	for _, c := range unmetCodes {
		all = append(all, c.code)
	}
	for code := wire.OK; code > -1000; code-- {
		times := 0
		for _, c := range all {
			if c == code {
				times++
			}
		}
		if code.Known() && times == 0 {
			t.Errorf("%s: nothing is said of where it is met, or why it is not", code.String())
		}
		if times > 1 || times == 1 && !code.Known() {
			t.Errorf("%s is listed %d times", code.String(), times)
		}
	}
}

// requireCodes fails the test for codes that were not met, and for those that cannot be.
func (c coverage) requireCodes(t *testing.T, p *profile, scripts int) {
	t.Helper()
	met := usualCodes
	if scripts >= many {
		met = slices.Concat(usualCodes, lateCodes)
	}
	for _, code := range met {
		if c.of(code) == 0 && (code != wire.CodeNoWatcher && code != wire.CodeUnknownSession || p.version.AtLeast(v(3, 5, 0))) {
			t.Errorf("nothing was answered %s", code.String())
		}
	}
	for _, u := range unmetCodes {
		if n := c.of(u.code); n > 0 && u.code != wire.CodeSessionMoved {
			t.Errorf("%d answers %s: %s", n, u.code.String(), u.why)
		}
	}
}
