// Package zktest is for tests of code that uses ZooKeeper.
//
//   - [Server] is a ZooKeeper in this process: it starts in microseconds, speaks the real protocol in
//     memory and on TCP, and can be told to expire sessions, cut connections and intercept requests.
//   - [NewCluster] makes an ensemble of them, with a leader, followers that lag, and servers to kill, pause and cut off.
//   - [Check] runs a test in many simulated worlds: ensembles, networks, processes with real clients, and
//     every fault, in virtual time, each world following from a seed. See docs/simulation.md.
//   - [StartZooKeeper] runs a real one, of one or more servers, and can kill, pause and restart them.
//
// None is for production: they keep nothing, or are thrown away with the test.
//
// # In a bubble
//
// A Server and its clients also live in a bubble of [testing/synctest], as they are: no build tag, no
// option. There an hour takes milliseconds, and a test can wait until everything has come to rest:
//
//	synctest.Test(t, func(t *testing.T) {
//		srv := zktest.NewServer(t)
//		cl := srv.Client(t)
//		go announce(t.Context(), cl, "/workers/1") // your code, with its goroutines, timers and channels
//
//		time.Sleep(time.Hour)       // the session lives on heartbeats
//		srv.Expire(cl.Session().ID) // your code makes its node again
//		time.Sleep(time.Minute)
//		st, err := cl.Exists(t.Context(), "/workers/1").Wait()
//		…
//	})
//
// The rules are those of bubbles:
//
//  1. Whatever the test uses is made inside, not in TestMain nor for a package variable: server,
//     clients, handlers, contexts.
//  2. Connections are in memory: [Server.Client], or a handler whose Dialer is [Server.Dial]; the same of a Cluster. Time
//     stands still while anybody waits for a socket, so [Server.Addr] is of no use there, and names of
//     hosts are not looked up.
//  3. It all must have ended when the test's function returns and its cleanups have run. What NewServer
//     and Client made is closed by them; what [Start] and zk.Connect made, the test closes. A goroutine
//     that is left fails the test.
//  4. A client that is connected sends heartbeats for ever, so a test in which nothing else happens any
//     more is no deadlock to the bubble: it goes on, at full speed. A context with a timeout, whose clock is
//     the bubble's, ends it at once: context.WithTimeout(t.Context(), time.Hour).
//  5. Who runs first at one instant is left open, as on real machines. A test that is to take the same
//     course every time, by a seed, is one for [Check].
package zktest
