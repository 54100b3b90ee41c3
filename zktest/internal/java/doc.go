// Package java runs real ZooKeeper servers, one or an ensemble of them, for tests. It knows processes and files, not
// the client: package zktest builds on it.
//
// What is needed is a Java runtime and a ZooKeeper, which [Find] looks for where `make zookeeper` puts it, unless the
// environment names another. What is absent is an error that says what to run; nothing here skips a test.
//
// Addresses. Everything binds 127.0.0.1. Each server has a block of ten ports, laid out as Kazoo's harness does;
// a port of the block that the test process keeps open reserves the block against every other ensemble on the machine,
// and when a stranger takes a port in the last moment, [Start] starts over with other blocks.
//
// Ownership. An [Ensemble] owns its processes, proxies and directory until [Ensemble.Close], which ends them all.
// Each process leads a process group. When the test process dies by panic or signal, its servers die with it, on Linux:
// they are forked from one thread per ensemble that lives as long as they may, because the kernel ties their lives
// to the thread and not to the process. Elsewhere only Close ends them.
//
// Blocking. Methods that start, stop, kill, pause, ask or wait return when that has happened, and never later than a
// limit that their comments give, whatever their context says; the others do not block. All methods of [Ensemble] and
// [Server] may be called from any goroutine; calls that start or end the same server take turns.
//
// Durability. Servers run with forceSync=no: what was acknowledged survives kill -9, as the kernel has it, but not
// the loss of the machine.
package java
