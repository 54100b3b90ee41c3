package differential

import (
	"math/bits"
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"pgregory.net/rapid"
)

// Few values, so that requests meet the same nodes.

// below draws a number from 0 to n-1, all of them as likely, unlike the generators of rapid, which prefer small ones and
// with them the beginnings of lists.
func below(t *rapid.T, n int) int {
	index := 0
	for range bits.Len(uint(n-1)) + 2 {
		index <<= 1
		if coin.Draw(t, "bit") {
			index++
		}
	}
	return index % n
}

var coin = rapid.Bool()

func pick[T any](t *rapid.T, list []T) T { return list[below(t, len(list))] }

// usual are paths that nodes have, those of sequential ones too.
var usual = []string{
	"~/a", "~/a", "~/a", "~/a", "~/a", "~/b", "~/b", "~/b", "~/a/x", "~/a/x", "~/a/x", "~/a/x", "~/a/y", "~/a/y", "~/b/x", "~/b/x", "~/a/x/1",
	"~", "~/a/s", "~/a/s0000000002", "~/a/s0000000003", "~/b/s0000000001", "~/a/x0000000002", "~/a/", "~/b/",
}

const configNode = "/zookeeper/config"

// edges are the first and last characters of the ranges that no path may have.
const edges = "\x1f\x7f\u009f\uf8ff\ufff0\uffff"

// strange are paths that are wrong or nearly so.
var strange = []string{
	"", "/", "a", "a/b", "/zookeeper", configNode, "/zookeeper/quota", "/zookeeper/a", "//", "/.", "~/", "~//", "~//a",
	"~/a//x", "~/.", "~/..", "~/a/.", "~/a/../b", "~/./a", "~/...", "~/.a", "~/a.", "~/a/ ", "~/\x00", "~/a\x00b", "~/\x01", "~/\x1f",
	"~/\x7f", "~/\u0085", "~/\u009f", "~/\u00a0", "~/é", "~/\ud7ff", "~/\ue000", "~/\uf8ff", "~/\uf900", "~/\uffef", "~/\ufff0",
	"~/\uffff", "~/\ufffd", "~/\U0001f600", "~/\xff", "~/\xc3", "~/a\xf0\x9f", "~/日本", "~/" + strings.Repeat("n", 300), "~x", "~/a/b/c/d",
}

func (p *profile) path(t *rapid.T) string {
	if below(t, 16) == 15 {
		path := pick(t, strange)
		switch {
		case path == configNode && (p.servers > 1 || p.readOnly):
		case !p.version.AtLeast(v(3, 5, 0)) && strings.ContainsAny(path, edges):
		default:
			return path
		}
	}
	if p.quotas && below(t, 20) == 1 {
		return quotaOfRoot + pick(t, []string{"/a", "/a", "/b", "/a/x", ""}) + pick(t, []string{"/zookeeper_stats", "/zookeeper_stats", "/zookeeper_limits", ""})
	}
	return pick(t, usual)
}

var longData = strings.Repeat("long", 300)

func nodeData(t *rapid.T) []byte {
	return pick(t, [][]byte{nil, {}, []byte("x"), []byte("data"), {0}, []byte(longData)})
}

func version(t *rapid.T) int32 {
	return pick(t, []int32{-1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 2, 3, 77, -2, 1<<31 - 1, -1 << 31})
}

func flags(t *rapid.T, op wire.Op) int32 {
	switch {
	case below(t, 10) == 1:
		return pick(t, []int32{4, 5, 6, 7, -1, 100})
	case op == wire.OpCreateTTL:
		return pick(t, []int32{5, 6})
	}
	return pick(t, []int32{0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3})
}

func acl(t *rapid.T) []data.ACL {
	switch n := below(t, 30); {
	case n < 21:
		return openACL
	case n < 25:
		return pick(t, privateACLs)
	case n == 25:
		return nil
	case n == 26:
		return []data.ACL{}
	}
	entry := rapid.Custom(func(t *rapid.T) data.ACL { return data.ACL{Perms: pick(t, perms), Id: pick(t, ids)} })
	return rapid.SliceOfN(entry, 1, 4).Draw(t, "acl")
}

// privateACLs leave something to some, and not everything to everybody.
var privateACLs = [][]data.ACL{
	{{Perms: wire.PermRead, Id: data.Id{Scheme: "world", Id: "anyone"}}},
	{{Perms: wire.PermAll &^ wire.PermRead, Id: data.Id{Scheme: "world", Id: "anyone"}}},
	{{Perms: wire.PermAll, Id: data.Id{Scheme: "digest", Id: "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="}}},
	{{Perms: wire.PermAll, Id: data.Id{Scheme: "digest", Id: "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="}}, {Perms: wire.PermRead, Id: data.Id{Scheme: "world", Id: "anyone"}}},
	{{Perms: wire.PermAll, Id: data.Id{Scheme: "auth"}}},
	{{Perms: wire.PermAll &^ wire.PermDelete, Id: data.Id{Scheme: "ip", Id: "127.0.0.1"}}},
}

var perms = []int32{31, 31, 31, 1, 2, 4, 8, 16, 3, 5, 15, 30, 25, 0, 63, -1, 32}

// ids of ACL entries: those of credentials, those of the connection's address, and odd ones.
var ids = []data.Id{
	{Scheme: "world", Id: "anyone"}, {Scheme: "world", Id: "anyone"}, {Scheme: "auth"}, {Scheme: "auth", Id: "ignored"},
	{Scheme: "digest", Id: "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="}, {Scheme: "digest", Id: "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="},
	{Scheme: "digest", Id: "alice:x"}, {Scheme: "digest", Id: "super:0bX78nEegDzJM3ju0iLBEJdWzjg="},
	{Scheme: "ip", Id: "127.0.0.1"}, {Scheme: "ip", Id: "127.0.0.0/8"}, {Scheme: "ip", Id: "10.0.0.0/8"}, {Scheme: "ip", Id: "127.0.0.1/0"},
	{Scheme: "ip", Id: "127.0.0.1/33"}, {Scheme: "ip", Id: "127.0.0.1/"}, {Scheme: "ip", Id: "127.0.0.1/-1"}, {Scheme: "ip", Id: "127.0.1"},
	{Scheme: "ip", Id: "127.0.00.01"}, {Scheme: "ip", Id: "::1"}, {Scheme: "ip", Id: "::/0"}, {Scheme: "ip", Id: "localhost"}, {Scheme: "ip"},
	{Scheme: "ip", Id: "1.2.3.4/8/8"}, {Scheme: "ip", Id: "256.0.0.1"}, {Scheme: "ip", Id: "+1.2.3.4"},
	{Scheme: "world", Id: "everyone"}, {Scheme: "world"}, {Scheme: "digest", Id: "bad"}, {Scheme: "digest", Id: "a:b:c"}, {Scheme: "digest"},
	{Scheme: "digest", Id: ":"}, {Scheme: "digest", Id: "::"}, {Scheme: "digest", Id: ":b"}, {Scheme: "digest", Id: "a:"}, {Scheme: "digest", Id: "a:b:"},
	{Scheme: "sasl", Id: "bob"}, {Scheme: "super"}, {Scheme: "super", Id: "x"}, {Scheme: "x509", Id: "CN=a"}, {Scheme: "nope", Id: "x"}, {},
}
