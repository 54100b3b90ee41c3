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
// Most scripts are random, and have a number, which is all that they are drawn from. A server has one script at a time,
// so that zxids can be compared, but there are several servers. Some are set up to refuse what they usually do not
// (settings_test.go), so that every code is met that a server sends; codes_test.go accounts for all of them. The tests
// print how often each operation was answered with which code, and each kind of watch with success.
//
// The usual scripts are the same every time. The environment asks for others:
//
//	GAZOO_DIFF_SCRIPTS=10000    that many new ones: make differential SCRIPTS=10000, which takes half an hour
//	GAZOO_DIFF_FIRST=4711       those from this number on: how a failure is played again
//	GAZOO_DIFF_VERSIONS=3.8.4,3.4.14   releases to compare with, as `make zookeeper` fetched them
package differential
