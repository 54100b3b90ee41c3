package recipes

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/future"
)

// A parent's sequence numbers run out after 2^31-1 creations: servers from 3.6 on then give the last
// one again and again, older ones turn negative. Numbers decide only while all are below orderedBelow;
// beyond, or when two are equal, the zxids of the creations decide, which never repeat.
const (
	orderedBelow = 1<<31 - 1<<20
	// resetAbove: after a release with such a number, the parent is deleted if it is empty, and counts
	// from zero again.
	resetAbove = 1 << 30
)

// A kind is what somebody contends for, told by what stands before the number in the name of his node.
type kind struct {
	kazoo, curator string
	shared         bool // with others that are shared: a read lock
}

// The kinds of contenders.
var (
	exclusiveKind = kind{kazoo: "__lock__", curator: "-lock-"}
	writeKind     = kind{kazoo: "__lock__", curator: "-__WRIT__"}
	readKind      = kind{kazoo: "__rlock__", curator: "-__READ__", shared: true}
	electionKind  = kind{kazoo: "__lock__", curator: "-latch-"}
)

// kinds are all of them: whoever contends is recognized by everybody, in whatever style his node is named.
var kinds = []kind{exclusiveKind, writeKind, readKind, electionKind}

// prefix is the name of a contender's node up to the number. guid has 32 hexadecimal digits.
func (k kind) prefix(style NameStyle, guid string) string {
	if style == KazooNames {
		return guid + k.kazoo
	}
	return "_c_" + strings.Join([]string{guid[:8], guid[8:12], guid[12:16], guid[16:20], guid[20:]}, "-") + k.curator
}

// A contender is a node that takes part.
type contender struct {
	name   string
	seq    int64
	zxid   int64 // of its creation; 0 if it did not matter
	shared bool
}

// ordered reports whether the number decides.
func (c contender) ordered() bool { return c.seq >= 0 && c.seq < orderedBelow }

// parseContender reads a name: <anything><marker><number>, where others are markers of exclusive contenders beside
// those of the kinds. ok is false for a foreign node.
func parseContender(name string, others []string) (c contender, ok bool) {
	i := len(name)
	for i > 0 && name[i-1] >= '0' && name[i-1] <= '9' {
		i--
	}
	// Ten characters, or a sign and ten digits: below zero there may be nine.
	if len(name)-i == 9 && i > 0 && name[i-1] == '-' {
		i--
	}
	if len(name)-i != 10 {
		return c, false
	}
	before, number := name[:i], name[i:]
	// A number that has turned negative has a sign, which a marker may end in as well.
	known := func(before string) bool {
		for _, k := range kinds {
			if strings.HasSuffix(before, k.kazoo) || strings.HasSuffix(before, k.curator) {
				c.shared = k.shared
				return true
			}
		}
		return slices.ContainsFunc(others, func(marker string) bool { return strings.HasSuffix(before, marker) })
	}
	if !known(before) {
		var negative bool
		if before, negative = strings.CutSuffix(before, "-"); !negative || !known(before) {
			return c, false
		}
		number = "-" + number
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil {
		return c, false
	}
	c.name, c.seq = name, n
	return c, true
}

// contenders parses and orders a list of children. exact is false when the numbers do not decide.
func contenders(names, others []string) (cs []contender, exact bool) {
	cs, exact = make([]contender, 0, len(names)), true
	for _, name := range names {
		if c, ok := parseContender(name, others); ok {
			cs = append(cs, c)
			exact = exact && c.ordered()
		}
	}
	slices.SortFunc(cs, func(a, b contender) int {
		return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.name, b.name))
	})
	for i := 1; i < len(cs); i++ {
		exact = exact && cs[i].seq != cs[i-1].seq
	}
	return cs, exact
}

// blocker returns who must be gone before own may go on: the next before it that does not share with it. found is false
// if own is not in the queue.
func blocker(queue []contender, own string) (before contender, blocked, found bool) {
	i := slices.IndexFunc(queue, func(c contender) bool { return c.name == own })
	if i < 0 {
		return before, false, false
	}
	for j := i - 1; j >= 0; j-- {
		if !(queue[i].shared && queue[j].shared) {
			return queue[j], true, true
		}
	}
	return before, false, true
}

// inOrder puts contenders in the order in which their nodes were created, for when the numbers do not tell. Those that
// are gone meanwhile are left out.
func inOrder(co *future.Co, at *attempt, cs []contender) ([]contender, error) {
	stats, err := future.Await(co, future.All(each(cs, func(c contender) *statFuture {
		return at.view.Exists(at.ctx, at.r.path+"/"+c.name)
	})...))
	if err != nil {
		return nil, err
	}
	there := cs[:0]
	for i, st := range stats {
		if st != nil {
			cs[i].zxid = st.Czxid
			there = append(there, cs[i])
		}
	}
	// Stable: those of one transaction have one zxid, and are in order.
	slices.SortStableFunc(there, func(a, b contender) int { return cmp.Compare(a.zxid, b.zxid) })
	return there, nil
}
