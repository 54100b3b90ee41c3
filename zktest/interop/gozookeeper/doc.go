// Package gozookeeper tests that github.com/go-zookeeper/zk works on zkserver.
package gozookeeper
