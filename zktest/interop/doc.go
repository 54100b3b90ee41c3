// Package interop holds the tests that other ZooKeeper clients work, unchanged, on the in-process server: each package
// below it is one client against `zkserver` over TCP, but for turns, together and curator, whose server is a real one. It is a
// module of its own, so that no other client becomes a dependency of gazoo.
//
//	gozookeeper   github.com/go-zookeeper/zk
//	kazoo         Kazoo, the client for Python: scripts of ours, and its own test-suite
//	gazoo         gazoo itself, as a control
//	locks         the locks of these three, on one path
//	curator       locks, elections, a barrier and a counter of gazoo and Curator, on one path of a real server, connections cut
//	turns         locks, semaphores and elections of gazoo and several releases of Kazoo, on one path, connections cut
//	together      queues, barriers, counters, leases, parties and partitioners of these, likewise
//
// What has to be installed is named by the test that lacks it. Without it a test is skipped, and fails instead where CI=true or
// GAZOO_INTEROP is set to anything:
//
//	GAZOO_INTEROP=1      nothing is skipped
//	GAZOO_INTEROP=full   and all that takes minutes runs: each test on a real ZooKeeper too, Kazoo's whole suite
package interop
