// Package proto holds the headers, requests and responses of the client protocol, one record a file.
//
// Everything but this file is generated from zookeeper.jute; change that file and run go generate in its folder.
package proto
