// Package locks tests that the locks of gazoo, Kazoo and go-zookeeper exclude each other on one path of one zkserver.
package locks
