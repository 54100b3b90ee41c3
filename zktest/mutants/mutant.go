package mutants

import (
	"fmt"
	"slices"
)

// Limit is within how many seeds every bug must be found.
const Limit = 20_000

// A Mutant is a bug that can be switched on.
type Mutant struct {
	// Name is what ZKMUTANT chooses it by.
	Name string
	// What it does wrong.
	What string
	// KnownAs is where a real client had it.
	KnownAs string
	// Breaks is what a run shows of it, in the words of the test: an invariant, or what never happens.
	Breaks string
	// Test finds it.
	Test Test
	// Worst is how many seeds it took, the worst of several starts, when the table was last brought up to date; 0 if it
	// has not been found yet.
	Worst int
	// Equivalent, if not empty, is why no run can show it.
	Equivalent string

	Patches []Patch
}

// A Test is one test function of a package of this module.
type Test struct{ Package, Name string }

// A Patch puts a text in place of one that occurs exactly once in a file.
type Patch struct{ File, Old, New string }

// All returns all bugs, in the order of the table.
func All() []Mutant {
	return slices.Concat(
		scenario,
		lock,
		protect,
		proof,
		connection,
		watching,
		subscribing,
		client,
		share,
		following,
		caching,
		leases,
		counting,
		barriers,
		presence,
		queue,
		retry,
		hosts,
		readOnly,
	)
}

// Named returns the bug of that name.
func Named(name string) (Mutant, error) {
	for _, m := range All() {
		if m.Name == name {
			return m, nil
		}
	}
	return Mutant{}, fmt.Errorf("there is no mutant %q", name)
}

// The tests that find them.
var (
	// lockTest is the standard scenario: workers that take turns at a lock, under every fault.
	lockTest = Test{"recipes", "TestSimLock"}
	// proofTest is one in which locks are held for long, and followers answer for long that have lost their leader.
	proofTest = Test{"recipes", "TestSimProof"}
	// resumeTest is one in which sessions are resumed again and again, while answers are late or nothing gets through.
	resumeTest = Test{"recipes", "TestSimResume"}
	// givenUpTest is one in which clients give sessions up that their servers still have.
	givenUpTest = Test{"recipes", "TestSimGivenUp"}
	// deletedTest is one in which somebody deletes the nodes of those who hold the lock.
	deletedTest = Test{"recipes", "TestSimLockDeleted"}
	// quietTest is a world in which nothing is wrong, and nothing may happen.
	quietTest = Test{"recipes", "TestSimQuiet"}
	// readWriteTest is one with readers and writers.
	readWriteTest = Test{"recipes", "TestSimReadWrite"}
	// semaphoreTest is one with two leases.
	semaphoreTest = Test{"recipes", "TestSimSemaphore"}
	// barrierTest is one in which somebody puts a barrier up and takes it away.
	barrierTest = Test{"recipes", "TestSimBarrier"}
	// doubleBarrierTest is one in which members of a double barrier come and go.
	doubleBarrierTest = Test{"recipes", "TestSimDoubleBarrier"}
	// counterTest is one in which several add to a counter.
	counterTest = Test{"recipes", "TestSimCounter"}
	// electionTest is one with candidates and an observer.
	electionTest = Test{"recipes", "TestSimElection"}
	// partyTest is one in which members join and leave.
	partyTest = Test{"recipes", "TestSimParty"}
	// partitionerTest is one with members who share a set.
	partitionerTest = Test{"recipes", "TestSimPartitioner"}
	// hostsTest is one in which servers come by names that fail and lists that are replaced, and lose their quorum.
	hostsTest = Test{"zktest", "TestSimHosts"}
	// readOnlyTest is one in which clients go on reading where servers have lost their quorum.
	readOnlyTest = Test{"zktest", "TestSimReadOnly"}
	// watchesTest is one with watches that follow a node.
	watchesTest = Test{"recipes", "TestSimWatches"}
	// leaseTest is one with a lease.
	leaseTest = Test{"recipes", "TestSimLease"}
	// multiLeaseTest is one with two leases for four.
	multiLeaseTest = Test{"recipes", "TestSimMultiLease"}
	// floatCounterTest is counterTest with floats.
	floatCounterTest = Test{"recipes", "TestSimFloatCounter"}
	// patientTest is one in which children come and go, and somebody waits until they do not.
	patientTest = Test{"recipes", "TestSimPatient"}
	// queueTest is one with producers and consumers of a queue.
	queueTest = Test{"recipes", "TestSimQueue"}
	// lockingQueueTest is one with those of a locking queue.
	lockingQueueTest = Test{"recipes", "TestSimLockingQueue"}
	// clientTest is what a client promises, under every fault.
	clientTest = Test{"zktest", "TestSimClient"}
	// retryTest is what views that retry promise, under every fault.
	retryTest = Test{"zktest", "TestSimRetry"}
	// subscribeTest is what subscriptions promise, under every fault.
	subscribeTest = Test{"zktest", "TestSimSubscribe"}
	// degradeTest is what they promise where one-shot watches stand for them, likewise.
	degradeTest = Test{"zktest", "TestSimDegrade"}
)
