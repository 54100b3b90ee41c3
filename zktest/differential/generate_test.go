package differential

import (
	"math"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"pgregory.net/rapid"
)

// A profile is what scripts may contain on a kind of host.
type profile struct {
	version wire.Version
	// alone: the script has the server for itself, and may use and spoil what all scripts share: the root, /zookeeper.
	alone   bool
	servers int
	held    map[string]int // requests that were not sent, by difference.what

	quotas     bool // there are quotas, and writes do not overtake what those count
	identities bool // connections are of no use without an identity
	readOnly   bool // nothing is ever written
}

// foundations generates a first step that makes the nodes that most requests are about.
func (p *profile) foundations() *rapid.Generator[script] {
	create := rapid.Custom(func(t *rapid.T) request {
		r := &proto.CreateRequest{Acl: openACL, Flags: pick(t, []int32{0, 0, 0, 1})}
		if below(t, 4) == 3 {
			r.Acl = pick(t, privateACLs)
		}
		return request{Op: wire.OpCreate, Record: r}
	})
	return rapid.Custom(func(t *rapid.T) script {
		var requests []request
		for _, path := range []string{"~/a", "~/b", "~/a/x", "~/a/y", "~/a/x/1"} {
			if coin.Draw(t, "made") || coin.Draw(t, "after all") {
				r := create.Draw(t, "create")
				r.Record.(*proto.CreateRequest).Path = path
				requests = append(requests, r)
			}
		}
		var s script
		if len(requests) > 0 && !p.readOnly {
			s = script{{Requests: requests}}
		}
		if p.quotas {
			for _, path := range []string{"/a", "/b", "/a/x", ""} {
				if coin.Draw(t, "quota") {
					s = append(s, step{Requests: quota(path, pick(t, limits))})
				}
			}
		}
		return s
	})
}

func (p *profile) steps() *rapid.Generator[step] {
	requests := p.requests()
	burst := rapid.SliceOfN(requests, 1, 5)
	dials := p.dials()
	return rapid.Custom(func(t *rapid.T) step {
		st := step{Slot: below(t, slots)}
		if p.identities && below(t, 4) == 1 {
			return step{Slot: st.Slot, Requests: []request{authenticate("bob:pw")}}
		}
		switch n := below(t, 100); {
		case n < 54:
			st.Requests = []request{requests.Draw(t, "request")}
		case n < 60:
			st.Requests = p.separate(p.watching(t))
		case n < 80:
			st.Requests = p.separate(burst.Draw(t, "burst"))
		case n < 89:
			d := dials.Draw(t, "dial")
			st.Dial = &d
		case n < 92: // cut
		case n < 95:
			st.Requests = []request{{Op: wire.OpCloseSession}}
			st.Requests = p.separate(append(st.Requests, rapid.SliceOfN(p.reads(), 0, 2).Draw(t, "behind")...))
		case n < 99:
			st.Requests = []request{p.lonely().Draw(t, "lonely")}
		default:
			st.Raw = pick(t, rawBytes)
		}
		return st
	})
}

// rawBytes is frames that end a connection: empty, too long, negative, too short for a header.
var rawBytes = [][]byte{
	{0, 0, 0, 0},
	{0, 0x10, 0, 0, 1, 2, 3, 4},
	{0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4},
	{0x7f, 0xff, 0xff, 0xff},
	{0, 0, 0, 3, 0, 0, 1},
	{0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0},
}

func (p *profile) dials() *rapid.Generator[dial] {
	return rapid.Custom(func(t *rapid.T) dial {
		d := dial{
			Server:   below(t, p.servers),
			Resume:   below(t, 4) > 0,
			Of:       below(t, slots),
			Stay:     below(t, 3) == 1,
			Timeout:  pick(t, []int32{30_000, 60_000, longTimeout, math.MaxInt32, 41_234}),
			ReadOnly: readOnlyKind(below(t, int(readOnlyKinds))),
		}
		d.End = below(t, 5) == 1
		switch below(t, 20) {
		case 1, 2:
			d.Password = passwordKind(below(t, int(passwordKinds)))
			if d.Password == nullPassword && !p.version.AtLeast(v(3, 6, 0)) {
				d.Password = wrongPassword // see explained
			}
		case 3, 4, 5, 6:
			d.Zxid = zxids().Draw(t, "zxid")
		case 7:
			d.Unknown = true
		case 8:
			d.Protocol = pick(t, []int32{1, -1, 7})
		case 9:
			d.Mangle = mangles().Draw(t, "mangle")
		}
		return d
	})
}

// zxids generates zxids around the begin of the script and around now.
func zxids() *rapid.Generator[zxid] {
	return rapid.Custom(func(t *rapid.T) zxid {
		switch below(t, 4) {
		case 0:
			return zxid{fromZero, pick(t, []int64{0, -1, math.MaxInt64, math.MinInt64})}
		case 1:
			return zxid{fromBase, int64(below(t, 60))}
		}
		return zxid{fromLast, int64(below(t, 16)) - 12}
	})
}

func mangles() *rapid.Generator[mangle] {
	// What is added may end up in a path: it is ASCII, see explained, and no digit, or it could be the root of another script.
	ascii := rapid.Custom(func(t *rapid.T) byte {
		if b := rapid.ByteRange(0, 0x7f).Draw(t, "byte"); b < '0' || b > '9' {
			return b
		}
		return '-'
	})
	add := rapid.SliceOfN(ascii, 0, 5)
	return rapid.Custom(func(t *rapid.T) mangle { return mangle{Cut: below(t, 61), Add: add.Draw(t, "add")} })
}
