// Package data holds the records that other records are made of: ACL, Id, Stat, ClientInfo.
//
// Everything but this file is generated from zookeeper.jute; change that file and run go generate in its folder.
package data
