// Package differential has tests only: they play the same scripts to the server of package core and to a real ZooKeeper,
// and every answer must be the same.
//
//	script --play--> real server ---> transcript \
//	   |                                          compare: the first step that differs is reported, with the script
//	   +-----play--> package core --> transcript /         shrunk to what makes it differ
//
// A script is a list of steps over a few connections: requests (several at once, too), handshakes of every sort, cuts,
// ends of sessions. Steps are taken one after the other, so that both servers see one order; what one step sends is
// pipelined. A transcript is what came back, frame by frame on each connection, and what is in the tree at the end. What
// two runs cannot share (zxids, session ids, times, orders that ZooKeeper leaves open) is made comparable in one place,
// normal_test.go; what is known to differ stands in one table, explained_test.go.
//
// Scripts are random. The environment says how many are played:
//
//	GAZOO_DIFF_SCRIPTS=10000    a long campaign: go test -timeout 0 -run TestRealDifferential ./zktest/differential
//	GAZOO_DIFF_VERSIONS=3.8.4,3.4.14   releases to compare in TestRealDifferentialVersions, as `make zookeeper` fetched them
//
// A failure prints the seed, for -rapid.seed.
package differential
