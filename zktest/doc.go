// Package zktest is for tests of code that uses ZooKeeper.
//
//   - [Server] is a ZooKeeper in this process: it starts in microseconds, speaks the real protocol in
//     memory and on TCP, and can be told to expire sessions, cut connections and intercept requests.
//   - [StartZooKeeper] runs a real one, of one or more servers, and can kill, pause and restart them.
//
// Neither is for production: the one keeps nothing on disk, the other is thrown away with the test.
package zktest
