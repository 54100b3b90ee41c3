package zktest_test

import (
	"testing"

	"github.com/gazoo-go/gazoo/zktest"
)

// What leaves the servers alone shares an ensemble of three, each in a chroot of its own.
func TestRealEnsemble(t *testing.T) {
	t.Parallel()
	ens := zktest.StartZooKeeper(t, 3, enforceQuota)
	t.Run("Harness", func(t *testing.T) { testHarness(t, ens) })
	for _, tt := range undisturbed {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, ens) })
	}
}

// undisturbed are the tests that leave the servers alone.
var undisturbed = []struct {
	name string
	run  func(*testing.T, servers)
}{
	{"Smoke", testSmoke},
	{"Order", testOrder},
	{"SyncThenGet", testSyncThenGet},
	{"LostConnections", testLostConnections},
	{"ExpiredSession", testExpiredSession},
	{"WatchesAcrossGaps", testWatchesAcrossGaps},
	{"GivenUpWatches", testGivenUpWatches},
	{"Degraded", testDegraded},
	{"ProtectedCreates", testProtectedCreates},
	{"Lock", testLock},
	{"LockAfterIdleness", testLockAfterIdleness},
	{"Codes", testCodes},
	{"Costly", testCostly},
}

// enforceQuota is for testCodes.
var enforceQuota = zktest.WithJVM("-Dzookeeper.enforceQuota=true")

// The same on one server, standalone, where it makes a difference.
func TestRealStandalone(t *testing.T) {
	t.Parallel()
	ens := zktest.StartZooKeeper(t, 1, enforceQuota)
	t.Run("Smoke", func(t *testing.T) { testSmoke(t, ens) })
	t.Run("Codes", func(t *testing.T) { testCodes(t, ens) })
}
