// Package kazoo tests that Kazoo, the ZooKeeper client for Python, works on zkserver: with the scripts in testdata, and
// with Kazoo's own test-suite.
package kazoo
